package sip

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestDigestVectors computes the examples of RFC 2617 §3.5 and RFC 7616 §3.9.1,
// and others, computed with another implementation, of what these leave out.
func TestDigestVectors(t *testing.T) {
	mufasa := Secret{Username: "Mufasa", Password: "Circle of Life"}
	for _, test := range []struct {
		name        string
		challenge   Challenge
		secret      Secret
		method, uri string
		cnonce      string
		want        string
	}{
		{"RFC 2617", Challenge{Realm: "testrealm@host.com", Nonce: "dcd98b7102dd2f0e8b11d0f600bfb0c093", QOP: "auth,auth-int",
			Opaque: "5ccc069c403ebaf9f0171e9517f40e41"}, Secret{Username: "Mufasa", Password: "Circle Of Life"}, "GET", "/dir/index.html",
			"0a4f113b", "6629fae49393a05397450978507c4ef1"},
		{"RFC 2617 without qop", Challenge{Realm: "testrealm@host.com", Nonce: "dcd98b7102dd2f0e8b11d0f600bfb0c093"},
			Secret{Username: "Mufasa", Password: "Circle Of Life"}, "GET", "/dir/index.html", "", "670fd8c2df070c60b045671b8b24ff02"},
		{"RFC 7616, MD5", Challenge{Realm: "http-auth@example.org", Nonce: "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", QOP: "auth, auth-int",
			Algorithm: "MD5"}, mufasa, "GET", "/dir/index.html", "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
			"8ca523f5e9506fed4657c9700eebdbec"},
		{"RFC 7616, SHA-256", Challenge{Realm: "http-auth@example.org", Nonce: "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", QOP: "auth, auth-int",
			Algorithm: "SHA-256"}, mufasa, "GET", "/dir/index.html", "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
			"753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"},
		{"MD5-sess", Challenge{Realm: "testrealm@host.com", Nonce: "dcd98b7102dd2f0e8b11d0f600bfb0c093", QOP: "auth", Algorithm: "MD5-sess"},
			Secret{Username: "Mufasa", Password: "Circle Of Life"}, "GET", "/dir/index.html", "0a4f113b",
			"8e3825c57e897f5a0dec6c2d4e5059d0"},
		{"SHA-256-sess", Challenge{Realm: "testrealm@host.com", Nonce: "dcd98b7102dd2f0e8b11d0f600bfb0c093", QOP: "auth", Algorithm: "SHA-256-sess"},
			Secret{Username: "Mufasa", Password: "Circle Of Life"}, "GET", "/dir/index.html", "0a4f113b",
			"b8822e12417cb7750f4e2b8515f0dcf25b7dd26993e80bee1426201446a7f59b"},
		{"SHA-512-256", Challenge{Realm: "testrealm@host.com", Nonce: "dcd98b7102dd2f0e8b11d0f600bfb0c093", QOP: "auth", Algorithm: "SHA-512-256"},
			Secret{Username: "Mufasa", Password: "Circle Of Life"}, "GET", "/dir/index.html", "0a4f113b",
			"f23c08ec7334a881f8286e68450ddbd9f0cd91c41481f0e1433604da8113c6dc"},
		{"a kept digest", Challenge{Realm: "testrealm@host.com", Nonce: "dcd98b7102dd2f0e8b11d0f600bfb0c093", QOP: "auth"},
			Secret{Username: "Mufasa", MD5: "939E7578ED9E3C518A452ACEE763BCE9"}, "GET", "/dir/index.html", "0a4f113b",
			"6629fae49393a05397450978507c4ef1"},
	} {
		value, err := authorize(test.challenge, test.secret, test.method, test.uri, 1, test.cnonce)
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		c, ok := ParseCredentials(value)
		if !ok || c.Response != test.want {
			t.Errorf("%s: got %s, want response %s", test.name, value, test.want)
		}
		if !c.Check(test.secret, test.method) || c.Check(test.secret, "POST") {
			t.Errorf("%s: a server does not believe %s", test.name, value)
		}
	}
}

func TestHA1(t *testing.T) {
	for algorithm, want := range map[string]string{
		"":            "939e7578ed9e3c518a452acee763bce9",
		"MD5-sess":    "939e7578ed9e3c518a452acee763bce9",
		"SHA-256":     "3ba6cd94661c5ef34598040c868f13b8775df29109986be50ad35ae537dd3aa4",
		"SHA-512-256": "4f89a1c293dd533bc27546c1da0608df9efcaa6bd1c350edca70a01c8a823360",
	} {
		if got := HA1(algorithm, "Mufasa", "testrealm@host.com", "Circle Of Life"); got != want {
			t.Errorf("%s: got %s, want %s", algorithm, got, want)
		}
	}
}

func TestDigestBothWays(t *testing.T) {
	for _, algorithm := range []string{"", "MD5", "md5-sess", "SHA-256", "SHA-256-sess", "SHA-512-256", "SHA-512-256-sess"} {
		for _, qop := range []string{"", "auth", "auth-int,auth"} {
			challenge, ok := ParseChallenge(Challenge{Realm: `a "b" \c`, Nonce: "n", Opaque: "o", Algorithm: algorithm, QOP: qop, Stale: true}.String())
			if !ok || challenge.Realm != `a "b" \c` || challenge.QOP != qop || !challenge.Stale || challenge.Algorithm != algorithm {
				t.Fatalf("challenge %q with qop %q is read as %+v", algorithm, qop, challenge)
			}
			secret := Secret{Username: "ann", Password: "secret"}
			value, err := Authorize(challenge, secret, Register, "sip:pbx", 7)
			if err != nil {
				t.Fatal(err)
			}
			c, ok := ParseCredentials(value)
			if !ok || !c.Check(secret, Register) {
				t.Errorf("%q, qop %q: %s is not believed", algorithm, qop, value)
			}
			if qop != "" && c.NC != 7 {
				t.Errorf("%q: nc is %d, want 7", algorithm, c.NC)
			}
			kept := Secret{Username: "ann", MD5: HA1("MD5", "ann", c.Realm, "secret"), SHA256: HA1("SHA-256", "ann", c.Realm, "secret"),
				SHA512256: HA1("SHA-512-256", "ann", c.Realm, "secret")}
			if !c.Check(kept, Register) {
				t.Errorf("%q, qop %q: not believed with kept digests", algorithm, qop)
			}
			for what, wrong := range map[string]Secret{"password": {Username: "ann", Password: "Secret"}, "user": {Username: "bob", Password: "secret"}} {
				if c.Check(wrong, Register) {
					t.Errorf("%q, qop %q: a wrong %s is believed", algorithm, qop, what)
				}
			}
		}
	}
}

func TestDigestRefusals(t *testing.T) {
	secret := Secret{Username: "ann", Password: "x"}
	for _, c := range []Challenge{{Algorithm: "AKAv1-MD5"}, {QOP: "auth-int"}} {
		if v, err := Authorize(c, secret, Invite, "sip:a", 1); err == nil {
			t.Errorf("%+v is answered with %s", c, v)
		}
	}
	for _, value := range []string{"", "Digest", "Basic YTpi", "Digestrealm=x"} {
		if c, ok := ParseCredentials(value); ok {
			t.Errorf("%q is read as %+v", value, c)
		}
	}
	value, err := Authorize(Challenge{Realm: "r", Nonce: "n", QOP: "auth"}, secret, Invite, "sip:a", 1)
	if err != nil {
		t.Fatal(err)
	}
	for what, change := range map[string][2]string{"no nc": {", nc=00000001", ""}, "no cnonce": {"cnonce=", "x="}, "auth-int": {"qop=auth", "qop=auth-int"},
		"another URI": {"sip:a", "sip:b"}, "another nonce": {`nonce="n"`, `nonce="m"`}, "another count": {"nc=00000001", "nc=00000002"}} {
		c, ok := ParseCredentials(strings.Replace(value, change[0], change[1], 1))
		if ok && c.Check(secret, Invite) {
			t.Errorf("%s: believed", what)
		}
	}
}

// Who chooses an algorithm whose digest is not kept does not get in with the
// empty password.
func TestDigestOfAnotherAlgorithmThanTheKeptOne(t *testing.T) {
	kept := map[string]Secret{
		"MD5":         {Username: "ann", MD5: HA1("MD5", "ann", "r", "wonderland")},
		"SHA-256":     {Username: "ann", SHA256: HA1("SHA-256", "ann", "r", "wonderland")},
		"SHA-512-256": {Username: "ann", SHA512256: HA1("SHA-512-256", "ann", "r", "wonderland")},
	}
	for has, secret := range kept {
		for _, algorithm := range []string{"", "MD5", "MD5-sess", "SHA-256", "SHA-256-sess", "SHA-512-256"} {
			for _, password := range []string{"", "wonderland"} {
				value, err := Authorize(Challenge{Realm: "r", Nonce: "n", QOP: "auth", Algorithm: algorithm},
					Secret{Username: "ann", Password: password}, Invite, "sip:a", 1)
				if err != nil {
					t.Fatal(err)
				}
				c, ok := ParseCredentials(value)
				name := strings.TrimSuffix(algorithm, "-sess")
				want := password != "" && (name == has || name == "" && has == "MD5")
				if got := ok && c.Check(secret, Invite); got != want {
					t.Errorf("%s is kept, %q with password %q: believed is %t, want %t", has, algorithm, password, got, want)
				}
			}
		}
	}
}

func TestSelectChallenge(t *testing.T) {
	m := &Message{Status: 401}
	m.Add("WWW-Authenticate", `Digest realm="a", nonce="1", algorithm=AKAv1-MD5`)
	m.Add("WWW-Authenticate", `Basic realm="a"`)
	m.Add("WWW-Authenticate", `Digest realm="a", nonce="2", algorithm=SHA-256, qop="auth-int"`)
	m.Add("WWW-Authenticate", `Digest realm="a", nonce="3", algorithm=SHA-256, qop="auth-int, auth"`)
	m.Add("WWW-Authenticate", `Digest realm="a", nonce="4"`)
	if c, ok := SelectChallenge(m.Challenges("www-authenticate")); !ok || c.Nonce != "3" {
		t.Errorf("got %+v, want nonce 3", c)
	}
	if c, ok := SelectChallenge(m.Challenges("WWW-Authenticate")[:2]); ok {
		t.Errorf("got %+v, want none", c)
	}
}

func TestNonceLife(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		key := []byte("a key that two servers share")
		n := NewNoncesWithKey(30*time.Second, key)
		nonce := n.New()
		check := func(what, nonce string, wantOK, wantStale bool) {
			t.Helper()
			if ok, stale := n.Valid(nonce); ok != wantOK || stale != wantStale {
				t.Errorf("%s: got valid %v, stale %v, want %v, %v", what, ok, stale, wantOK, wantStale)
			}
		}
		check("fresh", nonce, true, false)
		check("another", n.New(), true, false)
		check("changed", nonce[1:]+nonce[:1], false, false)
		check("short", nonce[:40], false, false)
		check("not hexadecimal", strings.Repeat("z", len(nonce)), false, false)
		check("of another key", NewNonces(time.Minute).New(), false, false)
		check("of the same key", NewNoncesWithKey(time.Minute, key).New(), true, false)
		time.Sleep(29 * time.Second)
		check("after 29 s", nonce, true, false)
		time.Sleep(time.Second)
		check("after 30 s", nonce, false, true)
	})
}

func TestNonceCounts(t *testing.T) {
	n := NewNonces(time.Minute)
	nonce := n.New()
	for _, test := range []struct {
		count uint32
		want  bool
	}{{1, true}, {1, false}, {3, true}, {2, true}, {2, false}, {3, false}, {100, true}, {36, false}, {37, true}, {37, false}, {99, true}, {0, false}, {1 << 31, true}, {100, false}} {
		if got := n.Use(nonce, test.count); got != test.want {
			t.Errorf("count %d: got %v, want %v", test.count, got, test.want)
		}
	}
	once := n.New()
	for i, want := range []bool{true, false} {
		if got := n.Use(once, 0); got != want {
			t.Errorf("use %d without a count: got %v, want %v", i, got, want)
		}
	}
	if n.Use(once, 5) {
		t.Error("a nonce that was used up is taken again")
	}
	if n.Use("someone else's", 1) {
		t.Error("a foreign nonce is taken")
	}
}

// TestNonceMemory shows that the table stays bounded and forgets nothing that
// could be replayed.
func TestNonceMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := NewNonces(time.Hour)
		n.most = 10
		var all []string
		for range 100 {
			time.Sleep(time.Second)
			nonce := n.New()
			if !n.Use(nonce, 1) {
				t.Fatal("a fresh nonce is refused")
			}
			if size := len(n.used) + len(n.older); size > 20 {
				t.Fatalf("%d nonces are kept, want at most 20", size)
			}
			all = append(all, nonce)
		}
		for i, nonce := range all {
			if n.Use(nonce, 1) {
				t.Errorf("nonce %d could be replayed", i)
			}
		}
		if last := all[len(all)-1]; !n.Use(last, 2) {
			t.Error("a nonce in use is refused")
		}
	})
}

func BenchmarkDigestServer(b *testing.B) {
	n := NewNonces(time.Hour)
	secret := Secret{Username: "ann", Password: "secret"}
	value, err := Authorize(Challenge{Realm: "pbx", Nonce: n.New(), QOP: "auth", Algorithm: "MD5"}, secret, Register, "sip:pbx", 1)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		c, _ := ParseCredentials(value)
		if ok, _ := n.Valid(c.Nonce); !ok || !c.Check(secret, Register) {
			b.Fatal("refused")
		}
	}
}

func TestWithCredentials(t *testing.T) {
	secret := Secret{Username: "alice", Password: "wonderland"}
	request := ours(Register)
	request.Add("Proxy-Authorization", "Digest old")
	refusal := NewResponse(request, 407, "", "x")
	if _, err := request.WithCredentials(refusal, secret); err == nil {
		t.Error("a refusal without a challenge was answered")
	}
	refusal.Add("WWW-Authenticate", `Digest realm="other",nonce="o"`)
	refusal.Add("Proxy-Authenticate", `Digest realm="r",nonce="a",algorithm=TIGER`)
	if _, err := request.WithCredentials(refusal, secret); err == nil {
		t.Error("an unknown algorithm was answered")
	}
	refusal.Add("Proxy-Authenticate", `Digest realm="r",nonce="b",algorithm=SHA-256,qop="auth"`)
	again, err := request.WithCredentials(refusal, secret)
	if err != nil {
		t.Fatal(err)
	}
	if again.CSeq.Number != request.CSeq.Number+1 || len(again.All("Proxy-Authorization")) != 1 || len(again.All("Authorization")) != 0 {
		t.Errorf("the request is\n%s", again)
	}
	c, ok := ParseCredentials(again.Get("Proxy-Authorization"))
	if !ok || c.Nonce != "b" || c.NC != 1 || !c.Check(secret, Register) {
		t.Errorf("credentials %+v", c)
	}
	if request.Get("Proxy-Authorization") != "Digest old" {
		t.Error("the first request was changed")
	}
}
