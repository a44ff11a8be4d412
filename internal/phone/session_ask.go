package phone

import (
	"errors"

	"github.com/octothorpe/octothorpe/sip"
)

// maxProofs is how often a request is repeated with credentials: a nonce may have
// grown old, and some servers change it without a word.
const maxProofs = 3

var errNotEstablished = errors.New("the call is not established")

// ask sends a request within the call and answers challenges with the endpoint's
// credentials. done, which may be nil, is called once with the final response, or
// with an error where none came; not where ask returns an error.
func (s *session) ask(dialog *sip.Dialog, m *sip.Message, o sip.RequestOptions, done func(r *sip.Message, err error)) error {
	if done == nil {
		done = func(*sip.Message, error) {}
	}
	return s.askAgain(dialog, m, o, done, 0)
}

func (s *session) askAgain(dialog *sip.Dialog, m *sip.Message, o sip.RequestOptions, done func(*sip.Message, error), proofs int) error {
	options := o
	options.OnResponse = func(_ *sip.ClientTransaction, r *sip.Message, err error) {
		switch {
		case err != nil:
			done(nil, err)
		case r.Status < 200:
		case (r.Status == 401 || r.Status == 407) && proofs < maxProofs:
			next := s.driver.authorize(m, r, s.model.outboundAuths(s.endpoint))
			if next == nil {
				done(r, nil)
				return
			}
			if err := s.askAgain(dialog, dialog.Renumber(next), o, done, proofs+1); err != nil {
				done(r, nil) // the call has ended meanwhile
			}
		default:
			done(r, nil)
		}
	}
	_, err := dialog.Request(s.driver.ctx, m, options)
	return err
}

// inCall sends a request within the call, whose answer does not matter.
func (s *session) inCall(method, kind, body string) error {
	s.mu.Lock()
	dialog := s.dialog
	s.mu.Unlock()
	if dialog == nil {
		return errNotEstablished
	}
	m := dialog.NewRequest(method)
	m.SetBody(kind, []byte(body))
	return s.ask(dialog, m, s.withContact(dialog, method), nil)
}

// withContact has chan_sip's INFO say our Contact, too.
func (s *session) withContact(dialog *sip.Dialog, method string) sip.RequestOptions {
	if s.driver.technology != SIP || method != sip.Info {
		return sip.RequestOptions{}
	}
	return sip.RequestOptions{Prepare: func(m *sip.Message, way sip.Source) { m.Add("Contact", dialog.Contact(way)) }}
}

// bye ends the dialog.
func (s *session) bye(dialog *sip.Dialog, headers ...sip.Header) {
	if dialog.State() == sip.DialogEnded {
		return
	}
	s.abandon()
	m := dialog.NewRequest(sip.Bye)
	m.Headers = append(m.Headers, headers...)
	s.chargeEnd(m)
	if err := s.ask(dialog, m, sip.RequestOptions{}, nil); err != nil {
		s.driver.log.Debug("a BYE was not sent", "channel", s.ch.Name(), "error", err)
	}
}
