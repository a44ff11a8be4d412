package phone

import (
	"testing"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/sip"
)

// A request within a call may have been answered before its turn comes: our BYE, which
// crossed it, has refused it, or it has waited for too long. Then there is nothing to say.
func TestRequestsThatWereAnsweredBefore(t *testing.T) {
	d, legs := exchanging(t, PJSIP, faxOfPhones)
	_, c, _ := taken(t, d, legs)
	s := c.Leg().(*session)
	s.charges.so = &channel.Charge{Kind: 'D'}
	dialog := s.dialog
	answered := func(method, body string) (*sip.ServerTransaction, *sip.Message) {
		t.Helper()
		type asked struct {
			tx *sip.ServerTransaction
			r  *sip.Message
		}
		came := make(chan asked, 1)
		other := sip.NewStack(sip.Config{Handler: func(tx *sip.ServerTransaction, r *sip.Message) {
			_ = tx.Respond(tx.Response(487, ""))
			came <- asked{tx, r}
		}})
		t.Cleanup(func() { _ = other.Close() })
		way, err := other.Listen("udp", "127.0.0.1:0", sip.ListenOptions{})
		if err != nil {
			t.Fatal(err)
		}
		target, err := sip.ParseURI("sip:" + way.Local().String())
		if err != nil {
			t.Fatal(err)
		}
		m := sip.NewInvite(method, target, sip.Address{URI: target}, sip.Address{URI: target}, 1)
		m.Add("Contact", "<"+target.String()+">")
		m.SetBody("application/sdp", []byte(body))
		if _, err := d.stack.Request(t.Context(), m, sip.RequestOptions{}); err != nil {
			t.Fatal(err)
		}
		a := within(t, came)
		return a.tx, a.r
	}
	for _, gone := range []bool{false, true} {
		s.mu.Lock()
		s.gone = gone
		s.mu.Unlock()
		for _, test := range []struct{ method, body string }{
			{sip.Invite, offer}, {sip.Invite, ""}, {sip.Update, offer}, {sip.Update, ""}, {sip.Options, ""}, {sip.Info, ""},
			{sip.Prack, ""}, {sip.Refer, ""}, {sip.Notify, ""}, {sip.MessageM, "text"}, {sip.Bye, ""},
		} {
			tx, r := answered(test.method, test.body)
			if panicked := c.Registry().Contain(test.method, func() { s.within(dialog, tx, r) }); panicked {
				t.Errorf("%s with %d bytes panics, gone %v", test.method, len(test.body), gone)
			}
		}
	}
}
