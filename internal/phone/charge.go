package phone

import (
	"fmt"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/sip"
)

// chargeType is the media type of advice of charge (ETSI TS 183 047 §4.7).
const chargeType = "application/vnd.etsi.aoc+xml"

// charges is what a call's far end is to be told about its price.
type charges struct{ setup, so, end *channel.Charge }

// charge takes what the far end is to be told: at once within a call, where it
// belongs to the setup or the call so far, else with what is sent next anyway.
func (s *session) charge(c *channel.Charge) {
	if !s.endpoint.SendAOC || c == nil {
		return
	}
	s.mu.Lock()
	talks := s.stage == up
	switch c.Kind {
	case 'S':
		s.charges.setup = c
	case 'D':
		s.charges.so = c
	case 'E':
		s.charges.end = c
	}
	s.mu.Unlock()
	if !talks || c.Kind == 'E' {
		return
	}
	if err := s.inCall(sip.Info, chargeType, chargeText(c)); err != nil {
		s.driver.log.Debug("a charge was not told", "channel", s.ch.Name(), "error", err)
	}
}

// chargeSetup adds what the call will cost to a response to its INVITE.
func (s *session) chargeSetup(r *sip.Message) {
	s.mu.Lock()
	c := s.charges.setup
	s.mu.Unlock()
	if c == nil {
		return
	}
	if len(r.Body) == 0 {
		r.SetBody("multipart/mixed;boundary="+chargeBoundary, []byte(part(chargeType, chargeText(c))+"--"+chargeBoundary+"--\r\n"))
		return
	}
	body := part(r.Get("Content-Type"), string(r.Body)) + part(chargeType, chargeText(c)) + "--" + chargeBoundary + "--\r\n"
	r.SetBody("multipart/mixed;boundary="+chargeBoundary, []byte(body))
}

// chargeBoundary is between the parts of a body; no description has it as a line.
const chargeBoundary = "octothorpe-charge"

func part(kind, body string) string {
	return fmt.Sprintf("--%s\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s\r\n", chargeBoundary, kind, len(body), body)
}

// chargeEnd adds what the call has cost to a BYE or to the answer to one.
func (s *session) chargeEnd(m *sip.Message) {
	s.mu.Lock()
	c := s.charges.end
	if so := s.charges.so; c == nil && so != nil {
		last := *so
		last.Subtotal = false
		c = &last
	}
	s.mu.Unlock()
	if c != nil {
		m.SetBody(chargeType, []byte(chargeText(c)))
	}
}
