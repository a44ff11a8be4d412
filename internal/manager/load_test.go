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
	acl := parse(t, "[inside]\ndeny=0.0.0.0/0\npermit=10.0.0.0/255.0.0.0\n[far]\ndeny=10.1.0.0/16\n")
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
[badthengood]
secret=a
permit=10.0.0.0/99
permit=127.0.0.1
[missingthengood]
secret=a
acl=missing
permit=127.0.0.1
[both]
secret=a
acl=inside
permit=0.0.0.0/0
[neither]
secret=a
acl=inside,far
[spaced]
secret=a
deny=0.0.0.0/0, !127.0.0.1
`), acl)
	if len(problems) != 4 {
		t.Errorf("problems %v, want four: the missing ACLs and the bad addresses", problems)
	}
	for _, c := range []struct {
		account, from string
		want          bool
	}{
		{"open", "192.0.2.1", true}, {"local", "127.0.0.1", true}, {"local", "127.0.0.2", false}, {"named", "10.1.2.3", true},
		{"named", "11.1.2.3", false}, {"nowhere", "127.0.0.1", false}, {"nowhere", "::1", false}, {"bad", "127.0.0.1", false},
		{"bad", "::1", false}, {"badthengood", "127.0.0.1", false}, {"missingthengood", "127.0.0.1", false}, {"both", "127.0.0.1", false},
		{"both", "10.1.2.3", true}, {"neither", "10.1.2.3", false}, {"neither", "10.2.2.3", true}, {"spaced", "127.0.0.1", true}, {"spaced", "127.0.0.2", false},
	} {
		if got := g.Accounts[c.account].ACL.Allows(netip.MustParseAddr(c.from)); got != c.want {
			t.Errorf("%s from %s: %v, want %v", c.account, c.from, got, c.want)
		}
	}
}

// An account whose secret was forgotten is no open door, neither with a password
// nor with a challenge.
func TestNoSecretLetsNobodyIn(t *testing.T) {
	g, problems := Load(parse(t, "[empty]\nsecret=\n[none]\nread=all\n[good]\nsecret=x\n"), nil)
	if len(problems) != 2 || problems[0].Line != 2 || problems[1].Line != 3 {
		t.Errorf("problems %v, want one for line 2 and one for line 3", problems)
	}
	for name, want := range map[string]bool{"empty": false, "none": false, "good": true} {
		a, secret := g.Accounts[name], map[bool]string{true: "x"}[want]
		if got := a.knows(secret); got != want {
			t.Errorf("%s with secret %q: %v, want %v", name, secret, got, want)
		}
		if got := a.answers("123", hexMD5("123"+secret)); got != want {
			t.Errorf("%s with a challenge: %v, want %v", name, got, want)
		}
	}
}

// A port that is none costs neither the interface nor its address.
func TestPortThatIsNone(t *testing.T) {
	for _, port := range []string{"x", "-1", "65536", "50 38"} {
		g, problems := Load(parse(t, "[general]\nenabled=yes\nport="+port+"\nbindaddr=127.0.0.1\n"), nil)
		if g.Address != "127.0.0.1:5038" || len(problems) != 1 {
			t.Errorf("port=%s: address %s, problems %v, want 127.0.0.1:5038 and one problem", port, g.Address, problems)
		}
	}
}
