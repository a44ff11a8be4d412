package exchange

import (
	"net/netip"
	"testing"

	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/phone"
	"github.com/octothorpe/octothorpe/internal/rtp"
)

// Phones may name the rules of acl.conf; those that can't be read let nobody in.
func TestPhonesUseTheRulesOfACLConf(t *testing.T) {
	parse := func(name, text string) *config.File {
		f, err := config.Parse(name, []byte(text), config.Options{})
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	acl := parse("acl.conf", "[office]\ndeny=0.0.0.0/0\npermit=10.0.0.0/255.0.0.0\n[broken]\npermit=10.0.0\n")
	loader := phone.Loader{NamedACL: namedRules(acl)}
	m, _ := loader.LoadPJSIP(parse("pjsip.conf", "[a]\ntype=endpoint\nacl=office\n[b]\ntype=endpoint\nacl=broken\n[c]\ntype=endpoint\nacl=missing\n[d]\ntype=endpoint\n"))
	for _, c := range []struct {
		endpoint, from string
		want           bool
	}{
		{"a", "10.1.2.3", true}, {"a", "192.0.2.1", false}, {"b", "10.1.2.3", false}, {"c", "10.1.2.3", false}, {"d", "192.0.2.1", true},
	} {
		if got := m.Endpoints[c.endpoint].ACL.Allows(netip.MustParseAddr(c.from)); got != c.want {
			t.Errorf("%s from %s: %v, want %v", c.endpoint, c.from, got, c.want)
		}
	}
}

// A range of ports that is none costs itself, not the phones.
func TestMediaPortsThatAreNone(t *testing.T) {
	for _, c := range []struct {
		lines string
		free  int // pairs
		said  int
	}{
		{"", 5001, 0}, {"rtpstart=20000\nrtpend=10000\n", 5001, 1}, {"rtpstart=12001\nrtpend=12002\n", 5001, 1}, {"rtpstart=x\n", 5001, 1},
		{"rtpend=70000\n", 5001, 1}, {"rtpstart=12000\nrtpend=12003\n", 2, 0}, {"rtpstrat=12000\n", 5001, 1},
	} {
		f, err := config.Parse("rtp.conf", []byte("[general]\n"+c.lines), config.Options{})
		if err != nil {
			t.Fatal(err)
		}
		m, problems, err := readMedia(f)
		if err != nil {
			t.Fatalf("%q: %v", c.lines, err)
		}
		if free := m.ports.Free(netip.MustParseAddr(loopback)); free != c.free || len(problems) != c.said {
			t.Errorf("%q: %d pairs and %v, want %d and %d problems", c.lines, free, problems, c.free, c.said)
		}
	}
}

// Strangers are not heard unless rtp.conf says so.
func TestStrictRTP(t *testing.T) {
	for _, c := range []struct {
		lines     string
		strict    rtp.Strict
		probation int
	}{
		{"", rtp.StrictOn, 4}, {"strictrtp=yes\nprobation=8\n", rtp.StrictOn, 8}, {"strictrtp=no\n", rtp.StrictOff, 4}, {"strictrtp=SeqNo\n", rtp.StrictSequence, 4},
	} {
		f, err := config.Parse("rtp.conf", []byte("[general]\n"+c.lines), config.Options{})
		if err != nil {
			t.Fatal(err)
		}
		m, problems, err := readMedia(f)
		if err != nil || len(problems) > 0 {
			t.Fatalf("%q: %v %v", c.lines, problems, err)
		}
		if m.strict != c.strict || m.probation != c.probation {
			t.Errorf("%q: %d with probation %d, want %d with %d", c.lines, m.strict, m.probation, c.strict, c.probation)
		}
	}
}
