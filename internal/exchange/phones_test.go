package exchange

import (
	"net/netip"
	"testing"
	"time"

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
		{"", 13001, 0}, {"rtpstart=20000\nrtpend=10000\n", 13001, 1}, {"rtpstart=12001\nrtpend=12002\n", 13001, 1}, {"rtpstart=x\n", 13001, 1},
		{"rtpend=70000\n", 13001, 1}, {"rtpstart=12000\nrtpend=12003\n", 2, 0}, {"rtpstrat=12000\n", 13001, 1},
	} {
		f, err := config.Parse("rtp.conf", []byte("[general]\n"+c.lines), config.Options{})
		if err != nil {
			t.Fatal(err)
		}
		m, problems, err := readMedia(f, nil)
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
		m, problems, err := readMedia(f, nil)
		if err != nil || len(problems) > 0 {
			t.Fatalf("%q: %v %v", c.lines, problems, err)
		}
		if m.strict != c.strict || m.probation != c.probation {
			t.Errorf("%q: %d with probation %d, want %d with %d", c.lines, m.strict, m.probation, c.strict, c.probation)
		}
	}
}

// What rtp.conf says of all streams, and what is out of its bounds.
func TestMediaTuning(t *testing.T) {
	acl, err := config.Parse("acl.conf", []byte("[inside]\ndeny = 0.0.0.0/0\npermit = 10.0.0.0/8\n"), config.Options{})
	if err != nil {
		t.Fatal(err)
	}
	standard := rtp.Tuning{ReportEvery: 5 * time.Second, KeyLost: 150 * time.Millisecond}
	with := func(change func(*rtp.Tuning)) rtp.Tuning { c := standard; change(&c); return c }
	for _, c := range []struct {
		lines  string
		tuning rtp.Tuning
		mtu    int
		said   int
	}{
		{"", standard, 1200, 0},
		{"rtcpinterval=1000\ndtmftimeout=3000\n", with(func(c *rtp.Tuning) { c.ReportEvery, c.KeyLost = time.Second, 375*time.Millisecond }), 1200, 0},
		{"rtcpinterval=10\ndtmftimeout=-5\n", with(func(c *rtp.Tuning) { c.ReportEvery, c.KeyLost = 500*time.Millisecond, 1 }), 1200, 0},
		{"rtcpinterval=100000\n", with(func(c *rtp.Tuning) { c.ReportEvery = time.Minute }), 1200, 0},
		{"rtpchecksums=no\nsrtpreplayprotection=no\ndtls_mtu=512\n", with(func(c *rtp.Tuning) { c.NoChecksums, c.Replays = true, true }), 512, 0},
		{"dtls_mtu=100\nrtcpinterval=x\n", standard, 1200, 2},
	} {
		f, err := config.Parse("rtp.conf", []byte("[general]\n"+c.lines), config.Options{})
		if err != nil {
			t.Fatal(err)
		}
		m, problems, err := readMedia(f, namedRules(acl))
		if err != nil || len(problems) != c.said || m.tuning != c.tuning || m.mtu != c.mtu {
			t.Errorf("%q: %+v, %d, %v %v, want %+v, %d", c.lines, m.tuning, m.mtu, problems, err, c.tuning, c.mtu)
		}
	}
}

// Which addresses ICE tells, and from which it asks, by rules here and in acl.conf.
func TestAddressesOfICE(t *testing.T) {
	acl, err := config.Parse("acl.conf", []byte("[inside]\ndeny = 0.0.0.0/0\npermit = 10.0.0.0/8\n"), config.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		lines, allowed, asking string // of 10.0.0.1, 10.1.0.1 and 192.0.2.1
		said                   int
	}{
		{"", "yyy", "yyy", 0}, {"ice_acl=inside\n", "yyn", "yyy", 0}, {"ice_blacklist=10.0.0.0/16\nstun_blacklist=192.0.2.0/24\n", "nyy", "yyn", 0},
		{"stun_deny=0.0.0.0/0\nstun_permit=10.1.0.1\n", "yyy", "nyn", 0}, {"stun_acl=inside\nstun_deny=10.1.0.0/16\n", "yyy", "ynn", 0},
		{"ice_acl=nobody\n", "nnn", "yyy", 1}, {"stun_deny=x\n", "yyy", "yyy", 1},
	} {
		f, err := config.Parse("rtp.conf", []byte("[general]\n"+c.lines), config.Options{})
		if err != nil {
			t.Fatal(err)
		}
		m, problems, err := readMedia(f, namedRules(acl))
		if err != nil || len(problems) != c.said {
			t.Errorf("%q: %v %v", c.lines, problems, err)
		}
		verdicts := func(allows func(netip.Addr) bool) string {
			s := ""
			for _, a := range []string{"10.0.0.1", "10.1.0.1", "192.0.2.1"} {
				s += map[bool]string{true: "y", false: "n"}[allows == nil || allows(netip.MustParseAddr(a))]
			}
			return s
		}
		if allowed, asking := verdicts(m.ice.Allowed), verdicts(m.ice.Asking); allowed != c.allowed || asking != c.asking {
			t.Errorf("%q: told %s, asked from %s; want %s and %s", c.lines, allowed, asking, c.allowed, c.asking)
		}
	}
}
