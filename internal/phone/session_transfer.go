package phone

import (
	"bytes"
	"context"
	"strconv"
	"strings"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/sip"
)

// Transfer implements channel.Transferrer: by 302 before the answer, by REFER after,
// which is through when its far end says how it went (RFC 3515 §2.4.4).
func (s *session) Transfer(ctx context.Context, to string) error {
	uri, err := s.transferURI(to)
	if err != nil {
		return err
	}
	s.mu.Lock()
	tx, dialog := s.invite, s.dialog
	s.mu.Unlock()
	if tx != nil {
		r := s.answer(302, "")
		r.Add("Contact", choose(s.driver.technology == SIP, "Transfer ", "")+"<"+uri+">")
		s.mu.Lock()
		s.invite, s.stage = nil, over
		s.mu.Unlock()
		return tx.Respond(r)
	}
	if dialog == nil {
		return errNotEstablished
	}
	return s.sendRefer(ctx, dialog, uri)
}

// transferURI is where a far end is to call: a URI as it is, an endpoint's contact,
// or a number, which is one of who called us.
func (s *session) transferURI(to string) (string, error) {
	if isSIPURI(to) {
		return to, nil
	}
	d := s.driver
	if d.technology == PJSIP {
		if e := d.Model().Endpoint(to); e != nil {
			found, err := d.firstContact(d.Model(), e, e.AORs)
			return found.uri.String(), err
		}
	}
	s.mu.Lock()
	request := s.request
	s.mu.Unlock()
	if !strings.Contains(to, "@") && request != nil {
		to += "@" + request.URI.Host
	}
	return "sip:" + to, nil
}

// sendRefer asks the far end to call elsewhere and waits for what comes of it.
func (s *session) sendRefer(ctx context.Context, dialog *sip.Dialog, uri string) error {
	m := dialog.NewRequest(sip.Refer)
	m.Add("Refer-To", choose(s.driver.technology == PJSIP, uri, "<"+uri+">"))
	result := make(chan int, 2)
	s.mu.Lock()
	s.referral = result
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		s.referral = nil
		s.mu.Unlock()
	}()
	err := s.ask(dialog, m, sip.RequestOptions{}, func(r *sip.Message, err error) {
		switch {
		case err != nil:
			result <- 500
		case r.Status >= 300 || s.driver.technology == SIP:
			result <- r.Status
		}
	})
	if err != nil {
		return err
	}
	select {
	case status := <-result:
		if status >= 300 {
			return &channel.TransferError{Status: status}
		}
		return nil
	case <-ctx.Done(): // by the end of the call, too
		return context.Cause(ctx)
	}
}

// referTold takes a NOTIFY of a REFER of ours.
func (s *session) referTold(r *sip.Message) {
	event, _, _ := strings.Cut(r.Get("Event"), ";")
	if !strings.EqualFold(strings.TrimSpace(event), "refer") {
		return
	}
	status := fragmentStatus(r.Body)
	ended := strings.HasPrefix(strings.ToLower(r.Get("Subscription-State")), "terminated")
	if status < 200 && !ended {
		return
	}
	if status < 200 {
		status = 200 // it tells no more, and told of no failure
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.referral != nil {
		select {
		case s.referral <- status:
		default: // it was told before
		}
	}
}

// fragmentStatus is the status of a message/sipfrag (RFC 3420), or 0.
func fragmentStatus(body []byte) int {
	line, _, _ := bytes.Cut(bytes.TrimSpace(body), []byte("\n"))
	fields := bytes.Fields(line)
	if len(fields) < 2 || !bytes.HasPrefix(fields[0], []byte("SIP/")) {
		return 0
	}
	n, _ := strconv.Atoi(string(fields[1]))
	return n
}
