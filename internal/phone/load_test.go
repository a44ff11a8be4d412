package phone

import (
	"math"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/facts"
	"github.com/octothorpe/octothorpe/internal/media"
)

func TestEveryOptionOfTheReferenceIsKnown(t *testing.T) {
	known := map[[3]string]bool{}
	for _, o := range Options() {
		known[[3]string{o.File, o.Object, o.Name}] = true
	}
	for _, o := range facts.Options("pjsip.conf", "") {
		if !known[[3]string{o.File, o.Object, o.Name}] {
			t.Errorf("option %s of %s is unknown", o.Name, o.Object)
		}
	}
}

func TestPJSIPDefaults(t *testing.T) {
	m, problems := load(t, PJSIP, "[bare]\ntype=endpoint\n[bareaor]\ntype=aor\n[a]\ntype=auth\nusername=u\npassword=p\n")
	if len(problems) != 0 {
		t.Errorf("problems: %v", problems)
	}
	e := m.Endpoint("bare")
	if e.Context != "default" || !e.ForceRport || !e.DirectMedia || e.Reliable != ReliableYes || e.Timers != TimersYes ||
		e.TimersExpires != 30*time.Minute || e.DTMF != DTMFRFC4733 || !e.AllowTransfer || e.RewriteContact || len(e.Formats) != 0 {
		t.Errorf("defaults of an endpoint: %+v", e)
	}
	a := m.AOR("bareaor")
	if a.MaxContacts != 0 || a.DefaultExpiration != time.Hour || a.MinimumExpiration != time.Minute || a.MaximumExpiration != 2*time.Hour ||
		a.QualifyTimeout != 3*time.Second {
		t.Errorf("defaults of an AOR: %+v", a)
	}
	if got := m.Auths["a"].NonceLifetime; got != 32*time.Second {
		t.Errorf("nonce lifetime %v", got)
	}
}

func TestPJSIPProblemsAreTheReferences(t *testing.T) {
	tests := []struct {
		name, text string
		severity   config.Severity
		line       int
		part       string
		kept       bool // the object is there all the same
	}{
		{"wrong word", "[x]\ntype=endpoint\ndtmf_mode=nonsense\n", config.Error, 3, "dtmf_mode", false},
		{"unknown option", "[x]\ntype=endpoint\nunknown_option=1\n", config.Error, 3, "unknown_option", false},
		{"no number", "[x]\ntype=endpoint\nrtp_timeout=abc\n", config.Error, 3, "rtp_timeout", false},
		{"negative", "[x]\ntype=aor\nqualify_frequency=-3\n", config.Error, 3, "qualify_frequency", false},
		{"no truth", "[x]\ntype=endpoint\nforce_rport=maybe\n", config.Warning, 3, "counts as no", true},
		{"unknown codec", "[x]\ntype=endpoint\nallow=nosuchcodec\n", config.Error, 3, "nosuchcodec", false},
		{"unknown type", "[x]\ntype=nosuch\n", config.Warning, 1, "nosuch", false},
		{"no type", "[x]\ncontext=foo\n", config.Warning, 1, "no type", false},
		{"not yet honoured", "[x]\ntype=endpoint\nstir_shaken=yes\n", config.Warning, 3, "stir_shaken", true},
		{"missing AOR", "[x]\ntype=endpoint\naors=none\n", config.Warning, 3, "none", true},
		{"missing ACL", "[x]\ntype=endpoint\nacl=stock\n", config.Error, 3, "stock", true},
		{"no certificate there", "[x]\ntype=transport\nprotocol=tls\nbind=::1\ncert_file=/nosuch.pem\n", config.Error, 5, "/nosuch.pem", false},
		{"no certificate in it", "[x]\ntype=transport\nprotocol=tls\nbind=::1\ncert_file=/dev/null\n", config.Error, 5, "nobody can connect", true},
		{"no bind", "[x]\ntype=transport\nprotocol=udp\n", config.Error, 1, "bind", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			m, problems := load(t, PJSIP, test.text)
			if len(problems) != 1 {
				t.Fatalf("got problems %v, want one", problems)
			}
			p := problems[0]
			if p.Severity != test.severity || p.Line != test.line || !strings.Contains(p.Problem, test.part) {
				t.Errorf("got %v, want %v in line %d about %s", p, test.severity, test.line, test.part)
			}
			if kept := m.Endpoint("x") != nil || m.AOR("x") != nil || m.Transport("x") != nil; kept != test.kept {
				t.Errorf("object kept: %v, want %v", kept, test.kept)
			}
		})
	}
}

func TestPJSIPOneWarningForEachOption(t *testing.T) {
	_, problems := load(t, PJSIP, "[a]\ntype=endpoint\nstir_shaken=yes\n[b]\ntype=endpoint\nstir_shaken=yes\n")
	if len(problems) != 1 {
		t.Errorf("got %d problems, want 1: %v", len(problems), problems)
	}
}

func TestPJSIPTemplatesAndSharedNames(t *testing.T) {
	m, problems := load(t, PJSIP, `
[phone](!)
type=endpoint
context=office
disallow=all
allow=alaw,ulaw,ilbc
[100](phone)
aors=100
auth=100
callerid="Alice" <100>
call_group=1,3-5
set_var=A=1
set_var=B=x=y
[100]
type=aor
max_contacts=2
[100]
type=auth
username=100
password=s3cret
`)
	if len(problems) != 0 {
		t.Errorf("problems: %v", problems)
	}
	e := m.Endpoint("100")
	if m.Endpoint("phone") != nil {
		t.Error("a template became an endpoint")
	}
	if e == nil || m.AOR("100") == nil || m.Auths["100"] == nil {
		t.Fatal("three sections of one name did not become three objects")
	}
	if got, want := e.Formats, []*media.Format{media.ALaw, media.ULaw, media.ILBC}; !reflect.DeepEqual(got, want) {
		t.Errorf("formats %v, want %v", got, want)
	}
	if got, want := codecList(e.Codecs), "(alaw|ulaw|ilbc)"; got != want {
		t.Errorf("codecs %s, want %s", got, want)
	}
	if e.CallerID.Name.Text != "Alice" || e.CallerID.Number.Text != "100" || formatGroups(e.CallGroup) != "1, 3, 4, 5" || len(e.SetVar) != 2 || e.SetVar[1].Value != "x=y" {
		t.Errorf("endpoint: %+v", e)
	}
}

func TestIdentifyFindsTheLongestPrefix(t *testing.T) {
	m, _ := load(t, PJSIP, "[wide]\ntype=identify\nendpoint=w\nmatch=10.0.0.0/8\n[narrow]\ntype=identify\nendpoint=n\nmatch=10.1.0.0/255.255.0.0\n[six]\ntype=identify\nendpoint=s\nmatch=2001:db8::/32\n")
	for address, want := range map[string]string{"10.1.2.3": "narrow", "10.2.0.1": "wide", "::ffff:10.2.0.1": "wide", "2001:db8::1": "six", "192.0.2.1": ""} {
		got := ""
		if i := m.match.find(netip.MustParseAddr(address)); i != nil {
			got = i.Name
		}
		if got != want {
			t.Errorf("%s is %q, want %q", address, got, want)
		}
	}
}

func TestRules(t *testing.T) {
	deny, _ := ParseRules(false, "0.0.0.0/0")
	permit, err := ParseRules(true, "10.0.0.0/255.0.0.0, 192.0.2.1")
	if err != nil {
		t.Fatal(err)
	}
	rules := slices.Concat(deny, permit)
	for address, want := range map[string]bool{"10.9.9.9": true, "192.0.2.1": true, "192.0.2.2": false} {
		if got := rules.Allows(netip.MustParseAddr(address)); got != want {
			t.Errorf("%s: %v, want %v", address, got, want)
		}
	}
	for _, bad := range []string{"10.0.0.0/255.0.255.0", "nonsense", "10.0.0.0/33"} {
		if _, err := ParseRules(true, bad); err == nil {
			t.Errorf("%s was taken", bad)
		}
	}
}

func TestSIPOffice(t *testing.T) {
	m, problems := load(t, SIP, `
[manuel]
type=friend;
secret=contrasenia;
qualify=yes;
nat=no;
host=Dynamic;
canreinvite=no;
context=oficina1;
language=es;
`)
	if len(problems) != 0 {
		t.Errorf("problems: %v", problems)
	}
	e := m.Endpoint("Manuel")
	if e == nil {
		t.Fatal("no endpoint")
	}
	if e.Context != "oficina1" || e.Language != "es" || e.DirectMedia || e.ForceRport || !e.Peer.Dynamic || e.Peer.Secret != "contrasenia" ||
		e.Peer.Qualify != 2*time.Second {
		t.Errorf("endpoint %+v peer %+v", e, e.Peer)
	}
	a := m.AOR("manuel")
	if a.MaxContacts != 1 || a.DefaultExpiration != 2*time.Minute || a.MaximumExpiration != time.Hour || a.QualifyFrequency != time.Minute {
		t.Errorf("AOR %+v", a)
	}
	if len(m.Transports) != 1 || m.Transports[0].bound().String() != "0.0.0.0:5060" {
		t.Errorf("transports %+v", m.Transports)
	}
}

// A peer with a rule that can't be read is left out, as on the reference: without
// the rule it would let in whom that was to keep out.
func TestSIPPeerWithABrokenRule(t *testing.T) {
	for _, line := range []string{"deny=0.0.0.0/99", "deny=0.0.0.O/0", "permit=10.0.0", "contactdeny=x", "directmediapermit=1.2.3"} {
		m, problems := load(t, SIP, "[whole]\ntype=peer\nhost=dynamic\n[x]\ntype=friend\nhost=dynamic\n[X]\ntype=friend\nhost=dynamic\n"+line+"\n")
		if m.Endpoint("x") != nil || m.AOR("x") != nil || m.Endpoint("whole") == nil || len(m.List()) != 1 {
			t.Errorf("%s: there are %v", line, m.List())
		}
		if len(problems) == 0 || problems[len(problems)-1].Severity != config.Error {
			t.Errorf("%s: problems %v", line, problems)
		}
	}
}

func TestSIPNat(t *testing.T) {
	for value, want := range map[string][4]bool{ // force_rport, auto, comedia, auto
		"no": {}, "yes": {true, false, true, false}, "force_rport,comedia": {true, false, true, false}, "comedia": {false, false, true, false},
		"auto_force_rport,auto_comedia": {false, true, false, true},
	} {
		m, _ := load(t, SIP, "[x]\ntype=peer\nhost=dynamic\nnat="+value+"\n")
		p := m.Endpoint("x").Peer
		if got := [4]bool{p.ForceRport, p.AutoForceRport, p.Comedia, p.AutoComedia}; got != want {
			t.Errorf("nat=%s is %v, want %v", value, got, want)
		}
	}
}

func TestSIPRegisterLine(t *testing.T) {
	tests := []struct {
		line                                                 string
		server, client, proxy, contact, user, secret, transp string
		port                                                 int
		expires                                              time.Duration
	}{
		{"trunk:p@192.0.2.9/300", "sip:192.0.2.9", "sip:trunk@192.0.2.9", "", "300", "trunk", "p", "udp", 5060, 0},
		{"tcp://me:pw:auth@host.example:5070/42~600", "sip:host.example", "sip:me@host.example", "sip:host.example:5070;transport=tcp", "42", "auth", "pw", "tcp", 5070, 10 * time.Minute},
		{"me@domain.example:pw@proxy.example", "sip:domain.example", "sip:me@domain.example", "sip:proxy.example:5060;transport=udp", "s", "me", "pw", "udp", 5060, 0},
	}
	for _, test := range tests {
		r, a, err := parseRegister(test.line)
		if err != nil {
			t.Errorf("%s: %v", test.line, err)
			continue
		}
		got := []any{r.ServerURI, r.ClientURI, r.OutboundProxy, r.ContactUser, a.Username, a.Password, r.Transport, r.Port, r.Expiration}
		want := []any{test.server, test.client, test.proxy, test.contact, test.user, test.secret, test.transp, test.port, test.expires}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s\ngot  %v\nwant %v", test.line, got, want)
		}
	}
	for _, bad := range []string{"", "nobody", "@host", "a@h:x", "a@h~x"} {
		if _, _, err := parseRegister(bad); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

func FuzzLoad(f *testing.F) {
	f.Add("[x]\ntype=endpoint\nallow=all\n[y]\ntype=identify\nmatch=1.2.3.4/8\nmatch_header=a:/b/\n")
	f.Add("[general]\nregister=>a:b@c\nlocalnet=10.0.0.0/8\n[x]\ntype=friend\nhost=dynamic\nnat=yes\n")
	f.Fuzz(func(t *testing.T, text string) {
		file, err := config.Parse("x.conf", []byte(text), config.Options{})
		if err != nil {
			return
		}
		for _, m := range []*Model{first((&Loader{}).LoadPJSIP(file)), first((&Loader{}).LoadSIP(file))} {
			for _, e := range m.List() {
				if e == nil || m.Endpoint(e.Name) == nil {
					t.Errorf("the list of endpoints and the endpoints differ: %v", e)
				}
			}
		}
	})
}

func first(m *Model, _ []config.Diagnostic) *Model { return m }

// A second section of a peer's name adds to it, however it is spelled: rules that
// keep strangers out must not get lost.
func TestAPeerInTwoSections(t *testing.T) {
	m, problems := load(t, SIP, "[reina]\ntype=friend\nhost=dynamic\nsecret=a\ndeny=0.0.0.0/0\npermit=10.0.0.0/8\ncall-limit=1\n[Reina]\ntype=friend\nhost=dynamic\ncontext=other\n")
	e := m.Endpoints["reina"]
	if e == nil || e.Context != "other" || e.Peer.CallLimit != 1 || e.Peer.Secret != "a" {
		t.Fatalf("endpoint %+v", e)
	}
	if e.ACL.Allows(netip.MustParseAddr("192.0.2.1")) || !e.ACL.Allows(netip.MustParseAddr("10.1.2.3")) {
		t.Error("the rules of the first section are lost")
	}
	if len(problems) != 1 || !strings.Contains(problems[0].String(), "goes on") {
		t.Errorf("problems %v, want one that tells of it", problems)
	}
}

func TestIdentifyPlaces(t *testing.T) {
	for _, test := range []struct {
		match, from string
		want        bool
	}{
		{"127.0.0.1:5061", "127.0.0.1:5061", true},
		{"127.0.0.1:5061", "127.0.0.1:5060", false},
		{"127.0.0.0:5061/8", "127.9.9.9:5061", true},
		{"127.0.0.0:5061/255.0.0.0", "128.0.0.1:5061", false},
		{"[::1]:5061", "[::1]:5061", true},
	} {
		p, ok := parsePlace(test.match)
		if !ok {
			t.Fatalf("%s is not read", test.match)
		}
		i := &Identify{Places: []Place{p}}
		if got := i.at(netip.MustParseAddrPort(test.from)); got != test.want {
			t.Errorf("%s matches %s: %v, want %v", test.match, test.from, got, test.want)
		}
	}
	if _, ok := parsePlace("127.0.0.1"); ok {
		t.Error("an address alone is no place")
	}
}

// Calls are counted by limiting them: the last of call-limit and callcounter holds.
func TestCallCounter(t *testing.T) {
	m, _ := load(t, SIP, "[general]\ncallcounter=yes\n[a]\ntype=friend\n[b]\ntype=friend\ncallcounter=no\n[c]\ntype=friend\ncall-limit=0\n"+
		"[d]\ntype=friend\ncall-limit=3\ncallcounter=yes\n[e]\ntype=friend\ncallcounter=yes\ncall-limit=3\n")
	for name, want := range map[string]int{"a": math.MaxInt32, "b": 0, "c": 0, "d": math.MaxInt32, "e": 3} {
		if p := m.Endpoint(name).Peer; p.CallLimit != want || p.CallCounter != (want > 0) {
			t.Errorf("%s: limit %d, counted %v, want %d", name, p.CallLimit, p.CallCounter, want)
		}
	}
}

func TestPeersLikeHeedsCase(t *testing.T) {
	m, _ := load(t, SIP, "[general]\n[reina]\ntype=friend\n[Rey]\ntype=friend\n[remo]\ntype=peer\n")
	d := New(Config{Model: m})
	for pattern, want := range map[string]string{"re": "reina remo", "Re": "Rey", "^r.*a$": "reina"} {
		list, err := d.peersLike([]string{"like", pattern}, false)
		var got []string
		for _, e := range list {
			got = append(got, e.Name)
		}
		if err != nil || strings.Join(got, " ") != want {
			t.Errorf("like %s: %v, %v, want %s", pattern, got, err, want)
		}
	}
}

// A registration that a registrar has not answered is a dialog; the line is that
// of Asterisk 16.
func TestRegistrationsUnderWayAreDialogs(t *testing.T) {
	m, _ := load(t, SIP, "[general]\nregister => pepe:secreto@127.0.0.1:5099/100\n")
	d := New(Config{Model: m})
	o := &outgoing{r: m.Registrations[0], state: "Request Sent", callID: "15408fbc75e4fa0c5b2a@127.0.0.1"}
	d.outgoings.byName[o.r.Name] = o
	out, _ := run(t, d, "sip show channels")
	want := "127.0.0.1        pepe             15408fbc75e4fa0  (nothing)        No                                  <guest>   \n1 active SIP dialog\n"
	if _, rows, _ := strings.Cut(out, "\n"); rows != want {
		t.Errorf("got\n%swant\n%s", rows, want)
	}
	o.state = "Registered"
	if out, _ := run(t, d, "sip show channels"); !strings.HasSuffix(out, "\n0 active SIP dialogs\n") {
		t.Errorf("once registered:\n%s", out)
	}
}

// As in chan_sip a peer is not reached by a transport that [general] does not enable.
func TestSIPTransportsThatAreNotEnabled(t *testing.T) {
	for _, c := range []struct {
		general, value, want string
		problems             int
	}{
		{"", "tcp,udp", "udp", 1},
		{"", "tcp,tls", "udp", 2},
		{"tcpenable=yes\n", "tcp,udp", "tcp,udp", 0},
		{"tcpenable=yes\n", "tls,tcp", "tcp", 1},
	} {
		m, problems := load(t, SIP, "[general]\n"+c.general+"[x]\ntype=peer\nhost=127.0.0.1\ntransport="+c.value+"\n")
		e := m.Endpoint("x")
		if got := strings.Join(e.Peer.Transports, ","); got != c.want || !strings.HasPrefix(got, e.Transport) || len(problems) != c.problems {
			t.Errorf("%stransport=%s: %s, first %s, %v; want %s and %d problems", c.general, c.value, got, e.Transport, problems, c.want, c.problems)
		}
	}
}
