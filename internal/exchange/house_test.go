package exchange

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"runtime/pprof"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/octothorpe/octothorpe/internal/store"
	"github.com/octothorpe/octothorpe/sip"
	"github.com/octothorpe/octothorpe/test/blackbox"
)

// SQLite is compiled once in a process, which under the race detector and on a
// busy machine takes longer than an exchange waits for its database.
func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "octothorpe")
	if err != nil {
		panic(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	d := store.New(slog.New(slog.DiscardHandler))
	d.Open(filepath.Join(dir, "astdb.sqlite3"), filepath.Join(dir, "cache"))
	if err := errors.Join(d.Ready(ctx), d.Close(ctx), os.RemoveAll(dir)); err != nil {
		panic(err)
	}
	cancel()
	goleak.VerifyTestMain(m)
}

// A trial is an exchange in the test's own process, on loopback.
type trial struct {
	*Exchange
	t      *testing.T
	sip    string // address and port
	phones []*softphone
}

const (
	loopback = "127.0.0.1"
	patient  = 10 * time.Second // of what should take milliseconds
)

// begin starts an exchange with a dialplan.
func begin(t *testing.T, extensions string) *trial {
	t.Helper()
	k := prepareTrial(t, extensions)
	if err := k.Start(); err != nil {
		t.Fatal(err)
	}
	return k
}

// prepareTrial is begin without the start.
func prepareTrial(t *testing.T, extensions string) *trial {
	t.Helper()
	return prepareWith(t, extensions, Options{})
}

// prepareWith is prepareTrial with options.
func prepareWith(t *testing.T, extensions string, o Options) *trial {
	t.Helper()
	dir, err := os.MkdirTemp("", "octothorpe") // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	k := &trial{t: t, sip: blackbox.Address(t)}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("log of the exchange:\n%s", k.logged())
		}
		_ = os.RemoveAll(dir)
	})
	for name, text := range map[string]string{
		"extensions.conf": extensions,
		"logger.conf":     "[logfiles]\nfull => notice,warning,error,verbose\n",
		"http.conf":       "[general]\nenabled=yes\nbindaddr=" + loopback + "\nbindport=0\n",
		"rtp.conf":        "[general]\nrtpstart=20000\nrtpend=30000\n",
		"manager.conf": "[general]\nenabled=yes\nbindaddr=" + loopback + "\nport=0\n[boss]\nsecret=secret\nread=all\nwrite=all\n" +
			"[clerk]\nsecret=secret\nwrite=call,reporting,originate,command\nsetvar=OFFICE=north\n",
		"pjsip.conf": fmt.Sprintf(`[udp]
type=transport
protocol=udp
bind=%[1]s
[tcp]
type=transport
protocol=tcp
bind=%[1]s
[phone](!)
type=endpoint
context=house
allow=!all,ulaw
direct_media=no
[secret](!)
type=auth
password=secret
[place](!)
type=aor
max_contacts=1
qualify_frequency=1
[ana](phone)
auth=ana
aors=ana
[ana](secret)
username=ana
[ana](place)
[ben](phone)
auth=ben
aors=ben
[ben](secret)
username=ben
[ben](place)
`, k.sip),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	o.State, o.Version = dir, "22"
	if k.Exchange, err = New(o); err != nil {
		t.Fatal(err)
	}
	return k
}

// write puts a text into a file of the configuration.
func (k *trial) write(name, text string) {
	k.t.Helper()
	if err := os.WriteFile(filepath.Join(k.dirs.Etc, name), []byte(text), 0o600); err != nil {
		k.t.Fatal(err)
	}
}

// end stops the exchange, whose phones have to hear of it, and then them.
func (k *trial) end() {
	k.t.Helper()
	k.Stop(Now, false)
	k.Wait()
	for _, p := range k.phones {
		for range p.talking.Load() {
			select {
			case <-p.ended:
			case <-time.After(patient):
				k.t.Errorf("%s was not told that its call is over", p.name)
			}
		}
		_ = p.stack.Close()
	}
	if left := k.channels.All(); len(left) != 0 {
		for _, c := range left {
			s := c.Snapshot()
			k.t.Errorf("%s in %s is left: hung up %v, cause %d", s.Name, s.Application, c.HungUp(), c.HangupCause())
		}
		var all strings.Builder
		_ = pprof.Lookup("goroutine").WriteTo(&all, 1)
		k.t.Log(all.String())
	}
}

// eventually waits for a condition.
func (k *trial) eventually(what string, f func() bool) {
	k.t.Helper()
	for end := time.Now().Add(patient); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if f() {
			return
		}
	}
	k.t.Fatalf("%s: not within %v", what, patient)
}

// logged returns the log so far.
func (k *trial) logged() string {
	b, _ := os.ReadFile(filepath.Join(k.dirs.Log, "full"))
	return string(b)
}

// execute runs a console command.
func (k *trial) execute(line string) string {
	k.t.Helper()
	var out strings.Builder
	if err := k.Execute(context.Background(), line, &out); err != nil {
		k.t.Fatalf("%s: %v", line, err)
	}
	return out.String()
}

// A boss is a client of AMI.
type boss struct {
	t    *testing.T
	conn net.Conn
	r    *bufio.Reader
}

// login connects and logs in.
func (k *trial) login() *boss { return k.loginAs("boss") }

func (k *trial) loginAs(user string) *boss {
	k.t.Helper()
	conn, err := net.Dial("tcp", k.manager.Address().String())
	if err != nil {
		k.t.Fatal(err)
	}
	k.t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetReadDeadline(time.Now().Add(3 * patient))
	b := &boss{t: k.t, conn: conn, r: bufio.NewReader(conn)}
	b.do("Action: Login\nUsername: " + user + "\nSecret: secret")
	b.until("Message: Authentication accepted")
	return b
}

// do sends an action. Lines end with \n.
func (b *boss) do(text string) {
	b.t.Helper()
	if _, err := b.conn.Write([]byte(strings.ReplaceAll(text, "\n", "\r\n") + "\r\n\r\n")); err != nil {
		b.t.Fatal(err)
	}
}

// answer sends an action and returns the response without its ActionID.
func (b *boss) answer(text string) string {
	b.t.Helper()
	b.do(text + "\nActionID: asked")
	b.until("ActionID: asked")
	var lines []string
	for {
		line, err := b.r.ReadString('\n')
		if err != nil {
			b.t.Fatal(err)
		}
		if line = strings.TrimRight(line, "\r\n"); line == "" {
			return strings.Join(lines, "|")
		}
		lines = append(lines, line)
	}
}

// until reads to a line.
func (b *boss) until(want string) {
	b.t.Helper()
	for {
		line, err := b.r.ReadString('\n')
		if err != nil {
			b.t.Fatalf("waiting for %q: %v", want, err)
		}
		if strings.TrimSpace(line) == want {
			return
		}
	}
}

// A softphone is a SIP stack of the test that registers and answers.
type softphone struct {
	k     *trial
	name  string
	stack *sip.Stack
	way   *sip.Transport

	talking atomic.Int32  // calls that were answered
	ended   chan struct{} // one for each that the exchange has ended
}

const silence = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n"

// phone makes one.
func (k *trial) phone(name string) *softphone {
	k.t.Helper()
	p := &softphone{k: k, name: name, ended: make(chan struct{}, 8)}
	p.stack = sip.NewStack(sip.Config{Handler: p.handle})
	var err error
	if p.way, err = p.stack.Listen("udp", loopback+":0", sip.ListenOptions{Name: name}); err != nil {
		k.t.Fatal(err)
	}
	k.phones = append(k.phones, p)
	return p
}

// within takes what is asked in a call.
func (p *softphone) within(_ *sip.Dialog, tx *sip.ServerTransaction, m *sip.Message) {
	_ = tx.Respond(tx.Response(200, ""))
	if m.Method == sip.Bye {
		p.ended <- struct{}{}
	}
}

// handle answers calls, and all else with 200.
func (p *softphone) handle(tx *sip.ServerTransaction, m *sip.Message) {
	r := tx.Response(200, "")
	if m.Method == sip.Invite {
		if _, err := tx.Dialog(sip.DialogOptions{OnRequest: p.within}); err != nil {
			p.k.t.Error(err)
			return
		}
		r.SetBody("application/sdp", []byte(silence))
		p.talking.Add(1)
	}
	_ = tx.Respond(r)
}

// request makes a request to the exchange.
func (p *softphone) request(method, user string, number uint32) *sip.Message {
	text := "sip:" + p.k.sip
	if user != "" {
		text = "sip:" + user + "@" + p.k.sip
	}
	target, _ := sip.ParseURI(text)
	to, _ := sip.ParseAddress("<" + text + ">")
	if method == sip.Register {
		to, _ = sip.ParseAddress("<sip:" + p.name + "@" + p.k.sip + ">")
	}
	from, _ := sip.ParseAddress("<sip:" + p.name + "@" + p.k.sip + ">;tag=" + sip.NewTag())
	return sip.NewInvite(method, target, from, to, number)
}

// prove answers the challenge of a refusal in the next request.
func (p *softphone) prove(m, refusal *sip.Message) {
	p.k.t.Helper()
	c, ok := sip.SelectChallenge(refusal.Challenges("WWW-Authenticate"))
	if !ok {
		p.k.t.Fatalf("no challenge in\n%s", refusal)
	}
	value, err := sip.Authorize(c, sip.Secret{Username: p.name, Password: "secret"}, m.Method, m.URI.String(), 1)
	if err != nil {
		p.k.t.Fatal(err)
	}
	m.Add("Authorization", value)
}

// register puts the phone where calls find it.
func (p *softphone) register() {
	p.k.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patient)
	defer cancel()
	var refusal *sip.Message
	for range 2 {
		m := p.request(sip.Register, "", 1)
		m.Add("Contact", "<sip:"+p.name+"@"+p.way.Local().String()+">;expires=60")
		if refusal != nil {
			p.prove(m, refusal)
		}
		r, err := p.stack.Do(ctx, m, sip.RequestOptions{})
		if err != nil {
			p.k.t.Fatal(err)
		}
		if r.Status == 200 {
			return
		}
		refusal = r
	}
	p.k.t.Fatalf("%s could not register: %d %s", p.name, refusal.Status, refusal.Reason)
}

// call dials and waits for the answer, which has to be 200.
func (p *softphone) call(number string) *sip.Dialog {
	p.k.t.Helper()
	d, status := p.dial(number)
	if status != 200 {
		p.k.t.Fatalf("the call of %s was answered %d", number, status)
	}
	return d
}

// status dials and returns the status of the answer.
func (p *softphone) status(number string) int {
	p.k.t.Helper()
	_, status := p.dial(number)
	return status
}

func (p *softphone) dial(number string) (*sip.Dialog, int) {
	p.k.t.Helper()
	var refusal *sip.Message
	for range 2 {
		m := p.request(sip.Invite, number, 1)
		m.SetBody("application/sdp", []byte(silence))
		if refusal != nil {
			p.prove(m, refusal)
		}
		type outcome struct {
			d   *sip.Dialog
			r   *sip.Message
			err error
		}
		done := make(chan outcome, 8)
		_, err := p.stack.Invite(context.Background(), m, sip.InviteOptions{DialogOptions: sip.DialogOptions{OnRequest: p.within},
			OnResponse: func(d *sip.Dialog, r *sip.Message, err error) {
				if r != nil && r.Status/100 == 2 {
					err = d.ACK("", nil)
				}
				if err != nil || r.Status >= 200 {
					done <- outcome{d, r, err}
				}
			}})
		if err != nil {
			p.k.t.Fatal(err)
		}
		o := <-done
		switch {
		case o.err != nil:
			p.k.t.Fatal(o.err)
		case o.r.Status == 200:
			p.talking.Add(1)
			return o.d, 200
		case o.r.Status != 401:
			return o.d, o.r.Status
		}
		refusal = o.r
	}
	return nil, refusal.Status
}
