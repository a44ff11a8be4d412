package records

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/bench/traffic"
	"github.com/octothorpe/octothorpe/test/blackbox"
)

const (
	keptBefore = 60 // members, entries and contacts each, when the exchange is killed
	messages   = 3  // that have been left
)

// What has been answered is kept: members that were added to a queue, entries of AstDB, contacts
// of phones, messages in a mailbox. The exchange is killed while more of each are coming.
func TestNothingKeptIsLost(t *testing.T) {
	binary := blackbox.Build(t, "cmd/octothorpe")
	dir := configuration(t, "[general]\nenable=no\n")
	sip := keptFiles(t, dir)
	p := run(t, binary, dir)
	k := p.keep(t, sip)
	_ = p.command.Process.Kill()
	<-p.ended
	t.Logf("%d members, %d entries, %d contacts and %d messages were answered for %v before it was killed",
		len(k.settled("member")), len(k.settled("entry")), len(k.settled("contact")), k.messages, settled+k.late)

	p = run(t, binary, dir)
	p.opened(t, binary, dir)
	for kind, question := range map[string]string{"member": "queue show held", "entry": "database show kept", "contact": "pjsip show contacts"} {
		var missing []string
		for end := time.Now().Add(10 * time.Second); ; time.Sleep(50 * time.Millisecond) { // members come back when the database is open
			out := p.console(t, binary, dir, question)
			if missing = k.missing(kind, out); len(missing) == 0 || time.Now().After(end) {
				break
			}
		}
		if len(missing) > 0 {
			t.Errorf("%s: of %d that were answered for as long before are missing: %s", kind, len(k.settled(kind)), strings.Join(missing, ", "))
		}
	}
	p.mailbox(t, binary, dir, k.messages)
}

// keptFiles adds to the configuration what is to be kept, and returns where phones register.
func keptFiles(t *testing.T, dir string) netip.AddrPort {
	t.Helper()
	at := netip.MustParseAddrPort(blackbox.Address(t))
	var phones strings.Builder
	fmt.Fprintf(&phones, "[udp]\ntype=transport\nprotocol=udp\nbind=%s\n", at)
	for i := range 10 * keptBefore {
		fmt.Fprintf(&phones, "[%[1]s]\ntype=endpoint\naors=%[1]s\nauth=%[1]s\ncontext=calls\n[%[1]s]\ntype=aor\nmax_contacts=1\n[%[1]s]\ntype=auth\nusername=%[1]s\npassword=secret\n", phoneName(i))
	}
	for name, text := range map[string]string{
		"pjsip.conf":      phones.String(),
		"queues.conf":     "[general]\npersistentmembers=yes\n[held]\n",
		"voicemail.conf":  "[general]\nformat=wav\nmaxsecs=1\nminsecs=0\n[default]\n100 => 1,Somebody\n",
		"extensions.conf": "[calls]\nexten => leave,1,Answer()\n same => n,VoiceMail(100@default,s)\n same => n,Hangup()\n",
		"logger.conf":     "[logfiles]\nmessages => notice,warning,error\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return at
}

func phoneName(i int) string { return fmt.Sprintf("phone%03dx", i) }

// kept is what the exchange has answered for, and when.
type kept struct {
	mu       sync.Mutex
	when     map[string]map[string]time.Time // by kind and name
	messages int                             // in the mailbox
	killed   time.Time
	late     time.Duration // by how much the test itself was waked up too late at most
}

func (k *kept) note(kind, name string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.when[kind][name] = time.Now()
}

// settled are those of a kind that were answered for a moment before the end. A machine that
// has no time for the test has none for the exchange, either.
func (k *kept) settled(kind string) (names []string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for name, at := range k.when[kind] {
		if k.killed.Sub(at) >= settled+k.late {
			names = append(names, name)
		}
	}
	return names
}

// missing are those of settled that a text does not name, each with how long before the end
// it was answered for.
func (k *kept) missing(kind, out string) (names []string) {
	for _, name := range k.settled(kind) {
		if !strings.Contains(out, name) {
			names = append(names, fmt.Sprintf("%s (%s)", name, k.killed.Sub(k.when[kind][name])))
		}
	}
	return names
}

func (k *kept) enough() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return len(k.when["member"]) >= keptBefore && len(k.when["entry"]) >= keptBefore && len(k.when["contact"]) >= keptBefore && k.messages >= messages
}

// keep has things kept until there are enough of them, while more come.
func (p *program) keep(t *testing.T, sip netip.AddrPort) *kept {
	t.Helper()
	k := &kept{when: map[string]map[string]time.Time{"member": {}, "entry": {}, "contact": {}}}
	c, err := net.Dial("tcp", p.address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	_ = c.SetDeadline(time.Now().Add(2 * time.Minute))
	fmt.Fprintf(c, "Action: Login\r\nUsername: me\r\nSecret: me\r\n\r\n")
	done := make(chan struct{})
	var workers sync.WaitGroup
	workers.Go(func() { askToKeep(c, done) })
	phones, err := traffic.NewRegistrar("secret", netip.MustParseAddrPort("127.0.0.1:0"), sip)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(phones.Close)
	workers.Go(func() {
		for i := range 10 * keptBefore {
			if phones.Register([]string{phoneName(i)}, 1000, time.Minute) != nil {
				return
			}
			k.note("contact", phoneName(i))
			select {
			case <-done:
				return
			case <-time.After(10 * time.Millisecond):
			}
		}
	})
	workers.Go(func() { k.beLate(done) })
	defer workers.Wait()
	defer close(done)
	k.listen(t, c)
	time.Sleep(settled / 2) // the last of them end within what is not looked for
	k.mu.Lock()
	k.killed = time.Now()
	k.mu.Unlock()
	return k
}

// beLate notes how late the machine is.
func (k *kept) beLate(done <-chan struct{}) {
	const nap = 5 * time.Millisecond
	for {
		before := time.Now()
		select {
		case <-done:
			return
		case <-time.After(nap):
		}
		k.mu.Lock()
		k.late = max(k.late, time.Since(before)-nap)
		k.mu.Unlock()
	}
}

// askToKeep has members added and entries put, and messages left.
func askToKeep(c net.Conn, done <-chan struct{}) {
	for i := 0; ; i++ {
		text := fmt.Sprintf("Action: QueueAdd\r\nActionID: member Local/m%[1]dx@calls\r\nQueue: held\r\nInterface: Local/m%[1]dx@calls\r\n\r\n"+
			"Action: DBPut\r\nActionID: entry e%[1]dx\r\nFamily: kept\r\nKey: e%[1]dx\r\nVal: v%[1]d\r\n\r\n", i)
		if i%20 == 0 {
			text += "Action: Originate\r\nChannel: Local/leave@calls\r\nApplication: Milliwatt\r\nAsync: yes\r\n\r\n"
		}
		if _, err := fmt.Fprint(c, text); err != nil {
			return
		}
		select {
		case <-done:
			return
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// listen notes what is answered, until it is enough.
func (k *kept) listen(t *testing.T, c net.Conn) {
	t.Helper()
	r := bufio.NewReader(c)
	fields := map[string]string{}
	for !k.enough() {
		line, err := r.ReadString('\n')
		if err != nil {
			t.Fatalf("%d members, %d entries, %d contacts, %d messages: %v", len(k.when["member"]), len(k.when["entry"]), len(k.when["contact"]), k.messages, err)
		}
		if key, value, ok := strings.Cut(line, ":"); ok {
			fields[key] = strings.TrimSpace(value)
			continue
		}
		if kind, name, ok := strings.Cut(fields["ActionID"], " "); ok && fields["Response"] == "Success" {
			k.note(kind, name)
		}
		if fields["Event"] == "MessageWaiting" {
			var n int
			_, _ = fmt.Sscan(fields["New"], &n)
			k.mu.Lock()
			k.messages = max(k.messages, n)
			k.mu.Unlock()
		}
		clear(fields)
	}
}

// opened waits until the database is open, for which the exchange itself does not wait long.
func (p *program) opened(t *testing.T, binary, dir string) {
	t.Helper()
	for end := time.Now().Add(3 * time.Minute); ; time.Sleep(50 * time.Millisecond) {
		out := p.console(t, binary, dir, `database query "SELECT 'open' AS state"`)
		switch {
		case strings.Contains(out, "open"):
			return
		case time.Now().After(end):
			t.Fatalf("the database does not open: %s", out)
		}
	}
}

func (p *program) console(t *testing.T, binary, dir, command string) string {
	t.Helper()
	out, err := exec.Command(binary, "-C", filepath.Join(dir, "asterisk.conf"), "-rx", command).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", command, err, out)
	}
	return string(out)
}

// mailbox looks whether the messages are whole: numbered without a gap, each with its text and
// as much sound as its head says, and as many as the exchange counts.
func (p *program) mailbox(t *testing.T, program, dir string, least int) {
	t.Helper()
	folder := filepath.Join(dir, "voicemail/default/100/INBOX")
	n := 0
	for ; ; n++ {
		base := filepath.Join(folder, fmt.Sprintf("msg%04d", n))
		text, err := os.ReadFile(base + ".txt")
		if err != nil {
			break
		}
		sound, err := os.ReadFile(base + ".wav")
		if err != nil || len(sound) < 44 || string(sound[:4]) != "RIFF" || int(binary.LittleEndian.Uint32(sound[4:]))+8 != len(sound) {
			t.Errorf("the sound of message %d is not whole: %d bytes, %v", n, len(sound), err)
		}
		if !strings.Contains(string(text), "origmailbox=100\n") || !strings.Contains(string(text), "duration=") {
			t.Errorf("the text of message %d is not whole:\n%s", n, text)
		}
	}
	if n < least {
		t.Errorf("%d messages are there, %d were told", n, least)
	}
	left, err := filepath.Glob(filepath.Join(folder, "msg*"))
	if err != nil || len(left) != 2*n {
		t.Errorf("beside %d messages there are %v", n, left)
	}
	if out := p.console(t, program, dir, "voicemail show users"); !strings.Contains(out, fmt.Sprintf(" %d\n", n)) {
		t.Errorf("%d messages are not counted in\n%s", n, out)
	}
}
