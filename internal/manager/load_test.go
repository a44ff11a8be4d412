package manager

import (
	"net/netip"
	"testing"

	"github.com/octothorpe/octothorpe/internal/config"
)

func parse(t *testing.T, text string) *config.File {
	t.Helper()
	f, err := config.Parse("test.conf", []byte(text), config.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestRulesDecideWhoMayLogIn(t *testing.T) {
	acl := parse(t, "[inside]\ndeny=0.0.0.0/0\npermit=10.0.0.0/255.0.0.0\n")
	g, problems := Load(parse(t, `[general]
enabled=yes
[open]
secret=a
[local]
secret=a
deny=0.0.0.0/0.0.0.0
permit=127.0.0.1/255.255.255.255
[named]
secret=a
acl=inside
[nowhere]
secret=a
acl=missing
[bad]
secret=a
permit=1.2.3
`), acl)
	if len(problems) != 2 {
		t.Errorf("problems %v, want two: the missing ACL and the bad address", problems)
	}
	for _, c := range []struct {
		account, from string
		want          bool
	}{
		{"open", "192.0.2.1", true}, {"local", "127.0.0.1", true}, {"local", "127.0.0.2", false}, {"named", "10.1.2.3", true},
		{"named", "11.1.2.3", false}, {"nowhere", "127.0.0.1", false}, {"nowhere", "::1", false}, {"bad", "127.0.0.1", false},
	} {
		if got := g.Accounts[c.account].allows(netip.MustParseAddr(c.from)); got != c.want {
			t.Errorf("%s from %s: %v, want %v", c.account, c.from, got, c.want)
		}
	}
}
