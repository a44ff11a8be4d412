package phone

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/sip"
)

// A softphone is the least that can talk SIP over UDP.
type softphone struct {
	t         testing.TB
	conn      *net.UDPConn
	server    *net.UDPAddr
	cseq      int
	callID    string
	buffer    []byte
	qualified int          // OPTIONS that it answered
	served    *sip.Message // the last of them
}

// wired is a driver with a UDP transport on a free port of the loopback.
func wired(t testing.TB, technology, text string, hooks Hooks) (*Driver, *event.Bus) {
	t.Helper()
	if technology == PJSIP {
		text = "[udp]\ntype=transport\nbind=127.0.0.1:0\n" + text
	} else {
		text = "[general]\nudpbindaddr=127.0.0.1\ncontext=public\n" + text
	}
	m, problems := load(t, technology, text)
	if len(problems) > 0 {
		t.Fatalf("problems: %v", problems)
	}
	m.Transports[0].anyPort()
	bus := event.NewBus()
	d := New(Config{Model: m, Bus: bus, Hooks: hooks})
	d.newSessions = nil
	if err := d.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return d, bus
}

func newSoftphone(t testing.TB, d *Driver) *softphone {
	t.Helper()
	conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return &softphone{t: t, conn: conn, server: net.UDPAddrFromAddrPort(d.stack.Transports()[0].Local()), callID: sip.NewCallID(), buffer: make([]byte, 65536)}
}

func (p *softphone) contact() string { return "sip:me@" + p.conn.LocalAddr().String() }

// ask sends a request and returns the final response. OPTIONS that come
// meanwhile are answered.
func (p *softphone) ask(method, uri, user string, headers ...string) *sip.Message {
	p.t.Helper()
	p.cseq++
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s SIP/2.0\r\nVia: SIP/2.0/UDP %s;rport;branch=%s\r\nMax-Forwards: 70\r\nFrom: <sip:%s@127.0.0.1>;tag=a\r\n",
		method, uri, p.conn.LocalAddr(), sip.NewBranch(), user)
	to := uri
	if method == sip.Register {
		to = "sip:" + user + "@127.0.0.1"
	}
	fmt.Fprintf(&b, "To: <%s>\r\nCall-ID: %s\r\nCSeq: %d %s\r\nUser-Agent: probe\r\n", to, p.callID, p.cseq, method)
	for _, h := range headers {
		b.WriteString(h + "\r\n")
	}
	b.WriteString("Content-Length: 0\r\n\r\n")
	if _, err := p.conn.WriteToUDP([]byte(b.String()), p.server); err != nil {
		p.t.Fatal(err)
	}
	return p.wait()
}

func (p *softphone) wait() *sip.Message {
	p.t.Helper()
	buffer := p.buffer
	for {
		_ = p.conn.SetReadDeadline(time.Now().Add(5 * time.Second))
		n, _, err := p.conn.ReadFromUDP(buffer)
		if err != nil {
			p.t.Fatalf("no response: %v", err)
		}
		m, err := sip.Parse(bytes.Clone(buffer[:n]))
		if err != nil {
			p.t.Fatal(err)
		}
		switch {
		case m.IsRequest():
			p.serve(m)
		case m.Status >= 200 && m.CSeq.Number == uint32(p.cseq):
			return m
		}
	}
}

func (p *softphone) serve(m *sip.Message) {
	if m.Method == sip.Options {
		p.qualified++
		p.served = m
		_, _ = p.conn.WriteToUDP(sip.NewResponse(m, 200, "", "x").AppendTo(nil), p.server)
	}
}

// answerOptions waits until it was asked, unless it was already.
func (p *softphone) answerOptions() {
	p.t.Helper()
	for p.qualified == 0 {
		_ = p.conn.SetReadDeadline(time.Now().Add(5 * time.Second))
		n, _, err := p.conn.ReadFromUDP(p.buffer)
		if err != nil {
			p.t.Fatalf("nobody asks: %v", err)
		}
		if m, err := sip.Parse(p.buffer[:n]); err == nil && m.IsRequest() {
			p.serve(m)
		}
	}
}

// register registers, with an answer to the challenge.
func (p *softphone) register(user, password string, headers ...string) *sip.Message {
	p.t.Helper()
	r := p.ask(sip.Register, "sip:127.0.0.1", user, headers...)
	if r.Status != 401 {
		return r
	}
	return p.ask(sip.Register, "sip:127.0.0.1", user, append(headers, answerOf(p.t, r, user, password, 1))...)
}

func answerOf(t testing.TB, r *sip.Message, user, password string, count uint32) string {
	t.Helper()
	c, ok := sip.ParseChallenge(r.Get("WWW-Authenticate"))
	if !ok {
		t.Fatalf("no challenge in %s", r)
	}
	method := r.CSeq.Method
	value, err := sip.Authorize(c, sip.Secret{Username: user, Password: password}, method, "sip:127.0.0.1", count)
	if err != nil {
		t.Fatal(err)
	}
	return "Authorization: " + value
}

const wirePJSIP = `
[100]
type=endpoint
auth=100
aors=100
context=office
[100]
type=auth
username=100
password=secret100
[100]
type=aor
max_contacts=2
qualify_frequency=60
[sha]
type=endpoint
auth=sha
aors=sha
[sha]
type=auth
username=shauser
password=shapw
supported_algorithms_uas=SHA-256,MD5
realm=myrealm
[sha]
type=aor
max_contacts=1
[open]
type=endpoint
aors=open
context=office
rewrite_contact=yes
[open]
type=aor
max_contacts=1
remove_existing=yes
[bare]
type=endpoint
`

func TestRegisterOverTheWire(t *testing.T) {
	d, bus := wired(t, PJSIP, wirePJSIP, Hooks{})
	security := listenSecurity(bus)
	p := newSoftphone(t, d)
	contact := "Contact: <" + p.contact() + ">"
	steps := []struct {
		name, user, password string
		headers              []string
		status               int
		contacts             string
		security             []string
	}{
		{"accepted", "100", "secret100", []string{contact, "Expires: 120"}, 200, p.contact(), []string{"ChallengeSent 100", "SuccessfulAuth 100"}},
		{"query", "100", "secret100", nil, 200, p.contact(), []string{"ChallengeSent 100", "SuccessfulAuth 100"}},
		{"wrong password", "100", "wrong", []string{contact}, 401, "", []string{"ChallengeSent 100", "ChallengeResponseFailed 100"}},
		{"unknown user", "nobody", "x", []string{contact}, 401, "", []string{"InvalidAccountID nobody", "ChallengeSent <unknown>",
			"InvalidAccountID nobody", "ChallengeResponseFailed <unknown>"}},
		{"no AOR", "bare", "", []string{contact}, 403, "", []string{"FailedACL bare"}},
		{"star with a lifetime", "100", "secret100", []string{"Contact: *", "Expires: 10"}, 400, "",
			[]string{"ChallengeSent 100", "SuccessfulAuth 100", "FailedACL 100"}},
		{"taken back", "100", "secret100", []string{"Contact: *", "Expires: 0"}, 200, "", []string{"ChallengeSent 100", "SuccessfulAuth 100"}},
		{"without a secret", "open", "", []string{contact}, 200, p.contact(), nil},
	}
	for _, s := range steps {
		t.Run(s.name, func(t *testing.T) {
			r := p.register(s.user, s.password, s.headers...)
			var contacts []string
			for _, text := range r.List("Contact") {
				c, _ := sip.ParseAddress(text)
				contacts = append(contacts, c.URI.String())
			}
			if got := strings.Join(contacts, " "); r.Status != s.status || got != s.contacts {
				t.Errorf("got %d with contacts %q, want %d with %q", r.Status, got, s.status, s.contacts)
			}
			if got := security.take(); !slices.Equal(got, s.security) {
				t.Errorf("security events %q, want %q", got, s.security)
			}
		})
	}
}

func TestContactIsRewritten(t *testing.T) {
	d, _ := wired(t, PJSIP, wirePJSIP, Hooks{})
	p := newSoftphone(t, d)
	r := p.register("open", "", "Contact: <sip:open@192.168.1.5:5070>")
	if got := r.Contact.URI.String(); got != "sip:open@192.168.1.5:5070" {
		t.Errorf("the phone is told %s", got)
	}
	list := d.Contacts("open")
	if len(list) != 1 || !strings.HasPrefix(list[0].URI, "sip:open@"+p.conn.LocalAddr().String()) {
		t.Errorf("contacts %+v, want one at %s", list, p.conn.LocalAddr())
	}
}

func TestTwoAlgorithms(t *testing.T) {
	d, _ := wired(t, PJSIP, wirePJSIP, Hooks{})
	p := newSoftphone(t, d)
	first := p.ask(sip.Register, "sip:127.0.0.1", "sha")
	lines := first.All("WWW-Authenticate")
	if len(lines) != 2 || !strings.Contains(lines[0], `realm="myrealm"`) || !strings.Contains(lines[0], "algorithm=SHA-256") || !strings.Contains(lines[1], "algorithm=MD5") {
		t.Fatalf("challenges %q", lines)
	}
	r := p.ask(sip.Register, "sip:127.0.0.1", "sha", "Contact: <"+p.contact()+">", answerOf(t, first, "shauser", "shapw", 1))
	if r.Status != 200 {
		t.Errorf("SHA-256 is answered with %d", r.Status)
	}
}

func TestANonceIsGoodOnce(t *testing.T) {
	d, _ := wired(t, PJSIP, wirePJSIP, Hooks{})
	p := newSoftphone(t, d)
	challenge := p.ask(sip.Register, "sip:127.0.0.1", "100")
	answer := answerOf(t, challenge, "100", "secret100", 1)
	if r := p.ask(sip.Register, "sip:127.0.0.1", "100", answer); r.Status != 200 {
		t.Fatalf("first use: %d", r.Status)
	}
	r := p.ask(sip.Register, "sip:127.0.0.1", "100", answer)
	if c, _ := sip.ParseChallenge(r.Get("WWW-Authenticate")); r.Status != 401 || !c.Stale {
		t.Errorf("a replay is answered with %d, stale %v; want 401 and true", r.Status, c.Stale)
	}
	if r := p.ask(sip.Register, "sip:127.0.0.1", "100", answerOf(t, challenge, "100", "secret100", 2)); r.Status != 200 {
		t.Errorf("the next count: %d", r.Status)
	}
}

// Who is in the middle and offers the client MD5 gets nothing that is good here.
// chan_sip looks at the digest alone, whatever it is called. As on the references.
func TestOnlyWhatIsOfferedIsTaken(t *testing.T) {
	strict := "[100]\ntype=endpoint\nauth=100\naors=100\n[100]\ntype=aor\nmax_contacts=1\n" +
		"[100]\ntype=auth\nusername=100\npassword=secret100\nsupported_algorithms_uas=SHA-256\n"
	for _, test := range []struct {
		technology, text, compute, name, uri string
		status                               int
	}{
		{PJSIP, strict, "SHA-256", "SHA-256", "sip:127.0.0.1", 200},
		{PJSIP, strict, "MD5", "MD5", "sip:127.0.0.1", 401},
		{PJSIP, strict, "", "", "sip:127.0.0.1", 401},
		{PJSIP, wirePJSIP, "MD5", "md5", "sip:127.0.0.1", 200},
		{PJSIP, wirePJSIP, "MD5", "MD5", "sip:elsewhere.example", 200},
		{PJSIP, wirePJSIP, "MD5-sess", "MD5-sess", "sip:127.0.0.1", 401},
		{PJSIP, wirePJSIP, "SHA-256", "SHA-256", "sip:127.0.0.1", 401},
		{SIP, wireSIP, "MD5", "SHA-256", "x", 200},
		{SIP, wireSIP, "SHA-256", "SHA-256", "sip:127.0.0.1", 403},
		{SIP, wireSIP, "MD5", "MD5", "", 403},
	} {
		t.Run(fmt.Sprintf("%s %s called %q for %q", test.technology, test.compute, test.name, test.uri), func(t *testing.T) {
			d, _ := wired(t, test.technology, test.text, Hooks{})
			p := newSoftphone(t, d)
			user, password := choose(test.technology == SIP, "manuel", "100"), choose(test.technology == SIP, "contrasenia", "secret100")
			c, _ := sip.ParseChallenge(p.ask(sip.Register, "sip:127.0.0.1", user).Get("WWW-Authenticate"))
			c.Algorithm = test.compute
			value, err := sip.Authorize(c, sip.Secret{Username: user, Password: password}, sip.Register, test.uri, 1)
			if err != nil {
				t.Fatal(err)
			}
			value = strings.Replace(value, "algorithm="+test.compute, "algorithm="+test.name, 1)
			if r := p.ask(sip.Register, "sip:127.0.0.1", user, "Authorization: "+value); r.Status != test.status {
				t.Errorf("%d, want %d", r.Status, test.status)
			}
		})
	}
}

func TestOneRequestTriesFewPasswords(t *testing.T) {
	d, _ := wired(t, PJSIP, wirePJSIP, Hooks{})
	p := newSoftphone(t, d)
	challenge := p.ask(sip.Register, "sip:127.0.0.1", "100")
	var headers []string
	for i := range maxCredentials {
		headers = append(headers, answerOf(t, challenge, "100", fmt.Sprint("guess", i), 1))
	}
	right := answerOf(t, challenge, "100", "secret100", 1)
	if r := p.ask(sip.Register, "sip:127.0.0.1", "100", append(headers, right)...); r.Status != 401 {
		t.Errorf("after %d wrong ones: %d, want 401", maxCredentials, r.Status)
	}
	if r := p.ask(sip.Register, "sip:127.0.0.1", "100", append(headers[1:], right)...); r.Status != 200 {
		t.Errorf("as the last of %d: %d, want 200", maxCredentials, r.Status)
	}
}

// Of whom only an MD5 digest is known nobody gets in by choosing another algorithm.
func TestADigestStandsForNoOtherAlgorithm(t *testing.T) {
	d, _ := wired(t, PJSIP, `
[hashed]
type=endpoint
auth=hashed
aors=hashed
[hashed]
type=auth
auth_type=md5
username=hashed
realm=r
md5_cred=`+sip.HA1("MD5", "hashed", "r", "pw")+`
[hashed]
type=aor
max_contacts=1
`, Hooks{})
	p := newSoftphone(t, d)
	for _, test := range []struct {
		algorithm, password string
		status              int
	}{{"MD5", "pw", 200}, {"MD5", "", 401}, {"SHA-256", "", 401}, {"SHA-512-256", "", 401}} {
		challenge := p.ask(sip.Register, "sip:127.0.0.1", "hashed")
		challenge.Set("WWW-Authenticate", strings.Replace(challenge.Get("WWW-Authenticate"), "algorithm=MD5", "algorithm="+test.algorithm, 1))
		if r := p.ask(sip.Register, "sip:127.0.0.1", "hashed", answerOf(t, challenge, "hashed", test.password, 1)); r.Status != test.status {
			t.Errorf("%s with password %q: %d, want %d", test.algorithm, test.password, r.Status, test.status)
		}
	}
}

// The account that stands for those that do not exist is nobody's, also not of
// those who read its password in the program.
func TestNobodyIsTheArtificialAccount(t *testing.T) {
	for technology, text := range map[string]string{PJSIP: wirePJSIP, SIP: wireSIP} {
		t.Run(technology, func(t *testing.T) {
			d, _ := wired(t, technology, text, Hooks{})
			m := *d.Model() // of which an endpoint has lost its auth
			m.Auths = maps.Clone(m.Auths)
			delete(m.Auths, "sha")
			d.model.Store(&m)
			p := newSoftphone(t, d)
			for _, user := range []string{"sha", "nobody"} {
				challenge := p.ask(sip.Register, "sip:127.0.0.1", user)
				answer := answerOf(t, challenge, artificial.Username, artificial.Password, 1)
				r := p.ask(sip.Register, "sip:127.0.0.1", user, "Contact: <"+p.contact()+">", answer)
				if want := choose(technology == SIP, 403, 401); r.Status != want {
					t.Errorf("%s gets %d, want %d", user, r.Status, want)
				}
			}
		})
	}
}

func TestOptionsAndOthers(t *testing.T) {
	exists := func(context, exten, _ string) bool { return context == "office" && exten == "999" }
	for _, test := range []struct {
		technology, method, user, exten string
		status                          int
	}{
		{PJSIP, sip.Options, "open", "999", 200},
		{PJSIP, sip.Options, "open", "nope", 404},
		{PJSIP, sip.Options, "100", "999", 401},
		{PJSIP, sip.Options, "nobody", "999", 401},
		{PJSIP, sip.Subscribe, "open", "999", 489},
		{PJSIP, sip.Publish, "open", "999", 489},
		{PJSIP, sip.Notify, "open", "999", 501},
		{PJSIP, sip.Info, "open", "999", 501},
		{PJSIP, "FOO", "open", "999", 501},
		{PJSIP, sip.Bye, "nobody", "999", 481},
		{SIP, sip.Options, "manuel", "999", 404},
		{SIP, sip.Options, "manuel", "s", 404}, // there is none in the dialplan
		{SIP, sip.Info, "manuel", "999", 481},
		{SIP, sip.Refer, "manuel", "999", 603},
		{SIP, sip.Notify, "manuel", "999", 489},
		{SIP, "FOO", "manuel", "999", 501},
	} {
		text := wirePJSIP
		if test.technology == SIP {
			text = wireSIP
		}
		t.Run(test.technology+test.method+test.user+test.exten, func(t *testing.T) {
			d, _ := wired(t, test.technology, text, Hooks{ExtensionExists: exists})
			p := newSoftphone(t, d)
			if r := p.ask(test.method, "sip:"+test.exten+"@127.0.0.1", test.user, "Event: x", "Contact: <sip:a@127.0.0.1>"); r.Status != test.status {
				t.Errorf("got %d %s, want %d", r.Status, r.Reason, test.status)
			}
		})
	}
}

func TestContactOfDialogs(t *testing.T) {
	d, _ := wired(t, PJSIP, wirePJSIP, Hooks{})
	p := newSoftphone(t, d)
	for _, test := range []struct {
		method, contact string
		status          int
	}{
		{sip.Invite, "", 400},
		{sip.Subscribe, "", 400},
		{sip.Invite, "Contact: tel:+15558675309", 416},
	} {
		if r := p.ask(test.method, "sip:999@127.0.0.1", "open", orText(test.contact, "Subject: x")); r.Status != test.status {
			t.Errorf("%s %s: got %d, want %d", test.method, test.contact, r.Status, test.status)
		}
	}
}

const wireSIP = `
[manuel]
type=friend
secret=contrasenia
host=dynamic
qualify=yes
[fixed]
type=friend
host=127.0.0.8
[user1]
type=user
secret=u1
[nosecret]
type=friend
host=dynamic
`

func TestPeerRegistersOverTheWire(t *testing.T) {
	d, bus := wired(t, SIP, wireSIP, Hooks{})
	security := listenSecurity(bus)
	p := newSoftphone(t, d)
	contact := "Contact: <" + p.contact() + ">"
	for _, s := range []struct {
		name, user, password string
		headers              []string
		status               int
		expires              string
		security             []string
	}{
		{"accepted", "manuel", "contrasenia", []string{contact, "Expires: 130"}, 200, "130", []string{"ChallengeSent manuel", "SuccessfulAuth manuel"}},
		{"query tells the grace too", "manuel", "contrasenia", nil, 200, "140", []string{"ChallengeSent manuel", "SuccessfulAuth manuel"}},
		{"too brief", "manuel", "contrasenia", []string{contact, "Expires: 5"}, 200, "60", []string{"ChallengeSent manuel", "SuccessfulAuth manuel"}},
		{"wrong password", "manuel", "wrong", []string{contact}, 403, "", []string{"ChallengeSent manuel", "InvalidPassword manuel"}},
		{"unknown", "nobody", "x", []string{contact}, 403, "", []string{"ChallengeSent nobody", "InvalidPassword nobody"}},
		{"not dynamic", "fixed", "x", []string{contact}, 403, "", []string{"FailedACL fixed", "FailedACL fixed"}},
		{"a user", "user1", "u1", []string{contact}, 403, "", []string{"ChallengeSent user1", "InvalidPassword user1"}},
		{"no secret", "nosecret", "", []string{contact}, 200, "120", []string{"SuccessfulAuth nosecret"}},
		{"taken back", "manuel", "contrasenia", []string{contact, "Expires: 0"}, 200, "0", []string{"ChallengeSent manuel", "SuccessfulAuth manuel"}},
	} {
		t.Run(s.name, func(t *testing.T) {
			r := p.register(s.user, s.password, s.headers...)
			if got := r.Get("Expires"); r.Status != s.status || got != s.expires {
				t.Errorf("got %d, expires %q; want %d, %q", r.Status, got, s.status, s.expires)
			}
			if got := security.take(); !slices.Equal(got, s.security) {
				t.Errorf("security events %q, want %q", got, s.security)
			}
		})
	}
}

func TestQualifyOverTheWire(t *testing.T) {
	reachable := make(chan string, 8)
	d, bus := wired(t, SIP, wireSIP, Hooks{})
	bus.Subscribe(event.Kinds(event.KindPeerStatus), func(s event.Stamped) {
		reachable <- s.Event.(*event.PeerStatus).Status
	})
	p := newSoftphone(t, d)
	if r := p.register("manuel", "contrasenia", "Contact: <"+p.contact()+">"); r.Status != 200 {
		t.Fatalf("registered with %d", r.Status)
	}
	p.answerOptions()
	for _, want := range []string{"Registered", "Reachable"} {
		select {
		case got := <-reachable:
			if got != want {
				t.Errorf("PeerStatus %s, want %s", got, want)
			}
		case <-time.After(5 * time.Second):
			t.Fatalf("no PeerStatus %s", want)
		}
	}
	if text, online, _ := d.monitored(d.Model().Endpoint("manuel")); !online || !strings.HasPrefix(text, "OK (") {
		t.Errorf("status %q", text)
	}
}

// One driver registers at another, of the other face.
func TestOutgoingRegistrationOverTheWire(t *testing.T) {
	registrar, _ := wired(t, PJSIP, wirePJSIP, Hooks{})
	at := registrar.stack.Transports()[0].Local()
	trunk, _ := wired(t, SIP, fmt.Sprintf("register => 100:secret100@%s/200\n", at), Hooks{})
	deadline := time.After(5 * time.Second)
	for len(registrar.Contacts("100")) == 0 {
		select {
		case <-deadline:
			t.Fatal("nobody registered")
		case <-time.After(10 * time.Millisecond):
		}
	}
	if got, want := registrar.Contacts("100")[0].URI, "sip:200@"+trunk.stack.Transports()[0].Local().String(); got != want {
		t.Errorf("registered %s, want %s", got, want)
	}
	// The answer may be there before anybody could listen for the event of it.
	eventually(t, func() bool {
		out, _ := run(t, trunk, "sip show registry")
		return strings.Contains(out, " Registered ")
	})
}

func listenSecurity(bus *event.Bus) *heard {
	h := &heard{}
	bus.Subscribe(event.Kinds(event.KindSecurity), func(s event.Stamped) {
		e := s.Event.(*event.Security)
		h.mu.Lock()
		h.lines = append(h.lines, e.Name+" "+e.AccountID)
		h.mu.Unlock()
	})
	return h
}

// The server's share of a REGISTER with challenge, with many accounts beside it.
func BenchmarkRegister(b *testing.B) {
	for _, accounts := range []int{1, 10_000} {
		b.Run(fmt.Sprint(accounts), func(b *testing.B) {
			var text strings.Builder
			for i := range accounts {
				fmt.Fprintf(&text, "[p%d]\ntype=endpoint\nauth=p%d\naors=p%d\n[p%d]\ntype=auth\nusername=p%d\npassword=s\n[p%d]\ntype=aor\nmax_contacts=1\n", i, i, i, i, i, i)
			}
			d, _ := wired(b, PJSIP, text.String(), Hooks{})
			p := newSoftphone(b, d)
			contact := "Contact: <" + p.contact() + ">"
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if r := p.register(fmt.Sprintf("p%d", i%accounts), "s", contact); r.Status != 200 {
					b.Fatalf("registered with %d", r.Status)
				}
			}
		})
	}
}
