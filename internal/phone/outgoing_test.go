package phone

import (
	"testing"

	"github.com/octothorpe/octothorpe/sip"
)

// A registrar that refuses our credentials with a new nonce has refused them, unless it
// calls the old one stale; chan_sip tries again.
func TestRefusedCredentials(t *testing.T) {
	refused := func(r *sip.Message, challenge string) *sip.Message {
		a := sip.NewResponse(r, 401, "", "x")
		a.Add("WWW-Authenticate", "Digest "+challenge)
		return a
	}
	for _, test := range []struct {
		technology, method, challenge string
		again                         bool
	}{
		{PJSIP, sip.Register, `realm="here", nonce="two"`, false},
		{PJSIP, sip.Register, `realm="here", nonce="two", stale=true`, true},
		{PJSIP, sip.Register, `realm="there", nonce="two"`, true},
		{PJSIP, sip.Options, `realm="here", nonce="two"`, true},
		{SIP, sip.Register, `realm="here", nonce="two"`, true},
		{SIP, sip.Register, `realm="here", nonce="one"`, false},
	} {
		d := New(Config{Model: newModel(test.technology)})
		auths := []*Auth{{Name: "a", Type: "userpass", Username: "me", Password: "secret", AlgorithmsUAC: []string{"MD5"}}}
		r, err := sip.Parse([]byte(test.method + " sip:127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bKa\r\nFrom: <sip:me@127.0.0.1>;tag=a\r\n" +
			"To: <sip:me@127.0.0.1>\r\nCall-ID: a\r\nCSeq: 1 " + test.method + "\r\nContent-Length: 0\r\n\r\n"))
		if err != nil {
			t.Fatal(err)
		}
		first := d.authorize(r, refused(r, `realm="here", nonce="one"`), auths)
		if first == nil {
			t.Fatalf("%s %s: the first challenge is not answered", test.technology, test.method)
		}
		if got := d.authorize(first, refused(first, test.challenge), auths); (got != nil) != test.again {
			t.Errorf("%s %s, then %s: tries again %v, want %v", test.technology, test.method, test.challenge, got != nil, test.again)
		}
	}
}
