package exchange

import (
	"bufio"
	"net"
	"net/http"
	"testing"
	"time"
)

// More clients of HTTP than http.conf has room for are closed at once, as on
// Asterisk 22, and counted; who goes makes room.
func TestHTTPHasRoomForSoMany(t *testing.T) {
	k := prepareTrial(t, "[house]\n")
	k.write("http.conf", "[general]\nenabled=yes\nbindaddr="+loopback+"\nbindport=0\nsessionlimit=2\nsession_keep_alive=60000\n")
	if err := k.Start(); err != nil {
		t.Fatal(err)
	}
	defer k.end()
	ask := func() (net.Conn, bool) {
		c, err := net.Dial("tcp", k.httpAddress())
		if err != nil {
			t.Fatal(err)
		}
		_ = c.SetDeadline(time.Now().Add(patient))
		_, _ = c.Write([]byte("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")) // it may be closed already
		r, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err == nil {
			_ = r.Body.Close()
		}
		return c, err == nil && r.StatusCode == http.StatusOK
	}
	one, ok := ask()
	two, fine := ask()
	if !ok || !fine {
		t.Fatal("there is no room for two")
	}
	three, ok := ask()
	if ok || k.http.Refused() != 1 {
		t.Errorf("there is room for three; %d refused", k.http.Refused())
	}
	for _, c := range []net.Conn{one, three} {
		_ = c.Close()
	}
	k.eventually("room for another", func() bool {
		c, ok := ask()
		_ = c.Close()
		return ok
	})
	_ = two.Close()
}

// http.conf can be read again: HTTP moves, ends and comes back; what can't be read
// or had changes nothing.
func TestHTTPFollowsAReload(t *testing.T) {
	k := prepareTrial(t, "[house]\n")
	at := func(port string) string {
		return "[general]\nenabled=yes\nbindaddr=" + loopback + "\nbindport=" + port + "\n"
	}
	k.write("http.conf", at("0"))
	if err := k.Start(); err != nil {
		t.Fatal(err)
	}
	defer k.end()
	served := func() string {
		where, ok := k.http.Address()
		if !ok {
			return ""
		}
		r, err := http.Get("http://" + where.String() + "/metrics") //nolint:noctx // of this machine
		if err != nil {
			t.Fatal(err)
		}
		_ = r.Body.Close()
		return where.String()
	}
	first := served()
	busy, err := net.Listen("tcp", loopback+":0")
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close() //nolint:errcheck // of a test
	_, taken, _ := net.SplitHostPort(busy.Addr().String())
	for _, c := range []struct{ text, words string }{
		{at("0"), "Module 'http' reloaded successfully.\n"},
		{"[[[ nonsense\n", "The module 'http' reported a reload failure\n"},
		{at(taken), "The module 'http' reported a reload failure\n"},
	} {
		k.write("http.conf", c.text)
		if got := k.execute("module reload http"); got != c.words || served() != first {
			t.Errorf("after %q: %q, served at %s, want %q and %s", c.text, got, served(), c.words, first)
		}
	}
	k.write("http.conf", at("0")+"sessionlimit=3\n")
	if got := k.execute("module reload http"); served() == first || served() == "" {
		t.Errorf("%q: served at %q, want a new server", got, served())
	}
	k.write("http.conf", "[general]\nenabled=no\n")
	if k.execute("module reload http"); served() != "" {
		t.Errorf("disabled, and served at %s", served())
	}
	k.write("http.conf", at("0"))
	if k.execute("core reload"); served() == "" {
		t.Error("enabled again, and not served")
	}
}

// httpAddress is where HTTP is served.
func (k *trial) httpAddress() string {
	at, _ := k.http.Address()
	return at.String()
}
