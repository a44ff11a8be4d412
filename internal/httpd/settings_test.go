package httpd

import (
	"testing"

	"github.com/octothorpe/octothorpe/internal/config"
)

// Where HTTP is served, as on Asterisk 22: nowhere without an address, or the
// figures would be open to everybody.
func TestWhereHTTPIsServed(t *testing.T) {
	for _, c := range []struct {
		text, address string
		problems      int
	}{
		{"[general]\nenabled=yes\nbindaddr=127.0.0.1\n", "127.0.0.1:8088", 0},
		{"[general]\nenabled=yes\nbindaddr=::1\nbindport=80\n", "[::1]:80", 0},
		{"[general]\nenabled=yes\nbindaddr=127.0.0.1\nbindport=70000\n", "127.0.0.1:8088", 1},
		{"[general]\nenabled=perhaps\nbindaddr=127.0.0.1\n", "", 1},
		{"[general]\nenabled=yes\n", "", 1},
		{"[general]\nenabled=yes\nbindaddr=\n", "", 1},
		{"[general]\nenabled=yes\nbindaddr=999.1.1.1\n", "", 1},
		{"[general]\nenabled=yes\nbindaddr=[::1]\n", "[::1]:8088", 0},
		{"[general]\nenabled=yes\nbindaddr=pbx.example.com\n", "pbx.example.com:8088", 0},
		{"[general]\nbindaddr=127.0.0.1\n", "", 0},
		{"", "", 0},
	} {
		f, err := config.Parse("http.conf", []byte(c.text), config.Options{})
		if err != nil {
			t.Fatal(err)
		}
		h, problems := Load(f, nil)
		if h.Address != c.address || len(problems) != c.problems {
			t.Errorf("%q: serves %q, %v; want %q and %d problems", c.text, h.Address, problems, c.address, c.problems)
		}
	}
}
