package traffic

import (
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// registrarOf answers REGISTER with a challenge, and one with credentials as accept says.
func registrarOf(t *testing.T, accept func(authorization string) bool) *socket {
	t.Helper()
	s, err := listen(netip.MustParseAddrPort("127.0.0.1:0"), nowhere)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.close)
	s.serve(func(m message, from netip.AddrPort) {
		authorization := string(m.field("Authorization"))
		switch {
		case authorization == "":
			s.send(m.appendResponse(nil, "401 Unauthorized", "x",
				"WWW-Authenticate: Digest realm=\"testrealm@host.com\", nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", qop=\"auth\"\r\n", nil), from)
		case accept(authorization):
			s.send(m.appendResponse(nil, "200 OK", "x", "", nil), from)
		default:
			s.send(m.appendResponse(nil, "403 Forbidden", "x", "", nil), from)
		}
	}, func(time.Time) {})
	return s
}

func TestRegister(t *testing.T) {
	var asked atomic.Int32
	server := registrarOf(t, func(authorization string) bool {
		asked.Add(1)
		_, user, _ := strings.Cut(authorization, `username="`)
		user, _, _ = strings.Cut(user, `"`)
		uri := parameter([]byte(authorization), "uri")
		a1, a2 := digest(user+":testrealm@host.com:secret"), digest("REGISTER:"+uri)
		return parameter([]byte(authorization), "response") == digest(a1+":dcd98b7102dd2f0e8b11d0f600bfb0c093:00000001:0a4f113b:auth:"+a2)
	})
	r, err := NewRegistrar("secret", netip.MustParseAddrPort("127.0.0.1:0"), server.local)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if err := r.Register([]string{"one", "two"}, 1000, patience); err != nil {
		t.Error(err)
	}
	if n := asked.Load(); n != 2 {
		t.Errorf("%d requests with credentials came, want 2", n)
	}
	refused, err := NewRegistrar("wrong", netip.MustParseAddrPort("127.0.0.1:0"), server.local)
	if err != nil {
		t.Fatal(err)
	}
	defer refused.Close()
	if err := refused.Register([]string{"one"}, 1000, patience); err == nil || !strings.Contains(err.Error(), "403") {
		t.Errorf("with a wrong secret: %v, want 403", err)
	}
}

// The example of RFC 2617 §3.5.
func TestDigest(t *testing.T) {
	a1, a2 := digest("Mufasa:testrealm@host.com:Circle Of Life"), digest("GET:/dir/index.html")
	got := digest(a1 + ":dcd98b7102dd2f0e8b11d0f600bfb0c093:00000001:0a4f113b:auth:" + a2)
	if want := "6629fae49393a05397450978507c4ef1"; got != want {
		t.Errorf("digest %s, want %s", got, want)
	}
}
