package phone

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

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
		if r == nil {
			return errNotEstablished // it was cancelled just now
		}
		if s.driver.technology == PJSIP {
			r.Add("Server", s.model.Global.UserAgent)
		}
		r.Add("Contact", choose(s.driver.technology == SIP, "Transfer ", "")+"<"+uri+">")
		r.Headers = append(r.Headers, s.refusalReason(0)...)
		if s.driver.technology == SIP {
			host, _ := tx.Source().Transport.Sent(tx.Source().Remote)
			s.divertedFrom(r, host)
		}
		if s.driver.technology == PJSIP {
			r.Add("Supported", strings.TrimPrefix(historyToo, ", "))
			host, _ := tx.Source().Transport.Sent(tx.Source().Remote)
			s.tellDiverted(r, host)
		}
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
// or in sip.conf a number, which is one of who called us.
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
		return "", fmt.Errorf("%q is neither a URI nor an endpoint", to)
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
	s.dressRefer(m, dialog, uri)
	result := make(chan int, 2)
	s.mu.Lock()
	s.referral = result
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		s.referral = nil
		s.mu.Unlock()
	}()
	o := sip.RequestOptions{}
	if s.driver.technology == SIP {
		o.Prepare = func(m *sip.Message, way sip.Source) {
			m.Add("Referred-By", "<"+way.Transport.ContactURI(dialogUser(dialog), way.Remote).String()+">")
		}
	}
	err := s.ask(dialog, m, o, func(r *sip.Message, err error) {
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

// dressRefer gives a REFER what either driver says in it.
func (s *session) dressRefer(m *sip.Message, dialog *sip.Dialog, uri string) {
	if s.driver.technology == SIP {
		m.Add("Date", date(time.Now()))
		m.Add("Refer-To", "<"+uri+">")
		m.Add("Allow", allowSIP)
		m.Add("Supported", s.endpoint.supported())
		if s.endpoint.Peer.ReferHeaders {
			s.addSIPHeaders(m)
		}
		return
	}
	m.Add("Event", "refer")
	m.Add("Expires", "600")
	m.Add("Supported", s.model.extensions())
	m.Add("Accept", "message/sipfrag;version=2.0")
	m.Add("Allow-Events", allowEvents)
	m.Add("Refer-To", uri)
	if from, err := sip.ParseAddress(dialog.Local()); err == nil {
		m.Add("Referred-By", "<"+from.URI.String()+">")
	}
}

// dialogUser is the user of our URI in a dialog.
func dialogUser(dialog *sip.Dialog) string {
	from, _ := sip.ParseAddress(dialog.Local()) // we wrote it
	return from.URI.User
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
