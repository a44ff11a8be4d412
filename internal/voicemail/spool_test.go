package voicemail

import (
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/state"
)

const sample = `[general]
format = wav49|gsm|wav
maxmsg = 3
aliasescontext = aliases
backupdeleted = 1
[zonemessages]
eastern = America/New_York|'vm-received' Q 'digits/at' IMp
[default]
1234 => 4242,Example Mailbox,root@localhost,,attach=yes|tz=eastern|operator=yes
5678 => 5678,Anna Smith
[aliases]
9999@default => 1234@default
`

func house(t *testing.T, text string) *House {
	t.Helper()
	path := filepath.Join(t.TempDir(), "voicemail.conf")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := config.Load(path, config.Options{})
	if err != nil {
		t.Fatal(err)
	}
	h := &House{Counts: state.NewMailboxes(event.NewBus()), Logger: slog.New(slog.NewTextHandler(io.Discard, nil)), Spool: t.TempDir(), Go: func(f func()) { f() }}
	read, problems := Read(f, nil, nil)
	if len(problems) > 0 {
		t.Errorf("the file has problems: %v", problems)
	}
	h.Configure(read)
	return h
}

// put leaves a message whose sound is its id.
func put(t *testing.T, h *House, m *Mailbox, id string) {
	t.Helper()
	base, remove, err := h.temporary(m)
	if err != nil {
		t.Fatal(err)
	}
	defer remove()
	for _, format := range []string{".wav", ".gsm"} {
		if err := os.WriteFile(base+format, []byte(id), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	about := &info{mailbox: m.Number, context: m.Context, id: id, time: time.Unix(1795305942, 0).UTC(), duration: 5, callerID: `"Fred" <5551234>`,
		exten: "leave", rdnis: "unknown", priority: 2, channel: "Local/x"}
	if _, err := h.deposit(m, base, h.folder(m, "INBOX"), about, false); err != nil {
		t.Fatal(err)
	}
}

// listing is a folder's messages as id=sound, by number.
func listing(t *testing.T, h *House, m *Mailbox, folder string) string {
	t.Helper()
	var out []string
	for i, msg := range h.messages(m, folder) {
		sound, err := os.ReadFile(msg.path() + ".wav")
		if err != nil || msg.number != i {
			t.Errorf("message %d of %s is number %d, its sound: %v", i, folder, msg.number, err)
		}
		out = append(out, msg.id+"="+string(sound))
	}
	return strings.Join(out, " ")
}

func TestFileOfMessage(t *testing.T) {
	h := house(t, sample)
	m := h.named("1234")
	put(t, h, m, "1795305942-00000001")
	got, err := os.ReadFile(filepath.Join(h.Spool, "default/1234/INBOX/msg0000.txt"))
	if err != nil {
		t.Fatal(err)
	}
	// as Asterisk 22 writes it
	const want = ";\n; Message Information file\n;\n[message]\norigmailbox=1234\ncontext=default\nexten=leave\nrdnis=unknown\npriority=2\ncallerchan=Local/x\n" +
		"callerid=\"Fred\" <5551234>\norigdate=Sun Nov 22 12:05:42 AM UTC 2026\norigtime=1795305942\ncategory=\nmsg_id=1795305942-00000001\nflag=\nduration=5\n"
	if string(got) != want {
		t.Errorf("the message says\n%s\nnot\n%s", got, want)
	}
	back, err := readInfo(filepath.Join(h.Spool, "default/1234/INBOX/msg0000.txt"))
	if err != nil || string(back.textIn(time.UTC)) != want {
		t.Errorf("read again it is %v, %v", back, err)
	}
	if left, _ := os.ReadDir(h.folder(m, "tmp")); len(left) != 0 {
		t.Errorf("tmp still has %v", left)
	}
}

// What a killed exchange has left of recordings goes after a day; what is being recorded stays.
func TestSweepOfRecordings(t *testing.T) {
	h := house(t, sample)
	m := h.named("1234")
	tmp := h.folder(m, "tmp")
	if err := os.MkdirAll(tmp, 0o777); err != nil {
		t.Fatal(err)
	}
	for name, age := range map[string]time.Duration{"123": 25 * time.Hour, "123.wav": 25 * time.Hour, "456.wav": time.Hour} {
		path := filepath.Join(tmp, name)
		if err := os.WriteFile(path, []byte("sound"), 0o666); err != nil {
			t.Fatal(err)
		}
		then := time.Now().Add(-age)
		if err := os.Chtimes(path, then, then); err != nil {
			t.Fatal(err)
		}
	}
	h.Configure(h.settings())
	left, err := os.ReadDir(tmp)
	if err != nil || len(left) != 1 || left[0].Name() != "456.wav" {
		t.Errorf("tmp has %v (%v), want 456.wav alone", left, err)
	}
}

func TestMovesLeaveNoGaps(t *testing.T) {
	h := house(t, sample)
	m := h.named("9999@default") // another name of 1234
	for _, id := range []string{"a", "b", "c"} {
		put(t, h, m, id)
	}
	list := h.messages(m, "INBOX")
	if err := h.move(m, []*message{list[0]}, old); err != nil {
		t.Fatal(err)
	}
	// list is stale now: b and c have other numbers than it says
	if err := h.move(m, []*message{list[1]}, trash); err != nil {
		t.Fatal(err)
	}
	for folder, want := range map[string]string{"INBOX": "c=c", "Old": "a=a", "Deleted": "b=b"} {
		if got := listing(t, h, m, folder); got != want {
			t.Errorf("%s has %q, not %q", folder, got, want)
		}
	}
	if err := h.move(m, []*message{list[2]}, trash); err != nil {
		t.Fatal(err)
	}
	if got := listing(t, h, m, "Deleted"); got != "c=c" {
		t.Errorf("of deleted ones the last is kept, not %q", got)
	}
}

// Whoever is killed while a message is put away leaves sounds without a .txt, or both
// places: what counts is whole in either case.
func TestInterruptedMoves(t *testing.T) {
	h := house(t, sample)
	m := h.named("1234")
	put(t, h, m, "a")
	// sounds that nobody finished
	if err := os.WriteFile(base(h.folder(m, "INBOX"), 1)+".gsm", []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := h.count(m, "INBOX"); got != 1 {
		t.Errorf("INBOX has %d messages, not 1", got)
	}
	put(t, h, m, "b")
	if got := listing(t, h, m, "INBOX"); got != "a=a b=b" {
		t.Errorf("INBOX has %q", got)
	}
	sound, err := os.ReadFile(base(h.folder(m, "INBOX"), 1) + ".gsm")
	if err != nil || string(sound) != "b" {
		t.Errorf("the sound of the interrupted one is there still: %q, %v", sound, err)
	}
}

// A message whose sounds are under its next name already, but not its .txt, moves again.
func TestMoveIsTakenUpAgain(t *testing.T) {
	h := house(t, sample)
	m := h.named("1234")
	put(t, h, m, "a")
	list := h.messages(m, "INBOX")
	next := base(h.folder(m, "Old"), 0)
	if err := os.MkdirAll(filepath.Dir(next), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := link(list[0].path()+".wav", next+".wav"); err != nil {
		t.Fatal(err)
	}
	if got := listing(t, h, m, "INBOX") + listing(t, h, m, "Old"); got != "a=a" {
		t.Errorf("the message is %q", got)
	}
	if err := h.move(m, list, old); err != nil {
		t.Fatal(err)
	}
	if got := listing(t, h, m, "INBOX") + "/" + listing(t, h, m, "Old"); got != "/a=a" {
		t.Errorf("moved it is %q", got)
	}
}

func TestFullMailbox(t *testing.T) {
	h := house(t, sample)
	m := h.named("1234")
	for _, id := range []string{"a", "b", "c"} {
		put(t, h, m, id)
	}
	if _, err := h.deposit(m, "/nowhere", h.folder(m, "INBOX"), &info{}, false); err != errFull {
		t.Errorf("a fourth message of three: %v", err)
	}
}

func TestCountsAreTold(t *testing.T) {
	h := house(t, sample)
	m := h.named("1234@default")
	put(t, h, m, "a")
	h.tell(m, nil)
	for _, name := range []string{"1234@default", "9999@default"} {
		if c, known := h.Counts.Of(name); !known || c.New != 1 || c.Old != 0 {
			t.Errorf("%s has %+v, %t", name, c, known)
		}
	}
}

func TestPolling(t *testing.T) {
	h := house(t, sample)
	stranger := &Mailbox{Context: "default", Number: "77", options: options{maxMessages: 5}} // voicemail.conf does not know it
	put(t, h, stranger, "a")
	h.Watched = func(name string) bool { return false }
	h.poll()
	if _, known := h.Counts.Of("77@default"); known {
		t.Error("nobody watches it, and it was polled")
	}
	h.Watched = func(name string) bool { return name == "77@default" }
	h.poll()
	if c, _ := h.Counts.Of("77@default"); c.New != 1 {
		t.Errorf("polled it has %+v", c)
	}
	if err := discard(base(h.folder(stranger, "INBOX"), 0)); err != nil {
		t.Fatal(err)
	}
	h.poll()
	if c, _ := h.Counts.Of("77@default"); c.New != 0 {
		t.Errorf("emptied it has %+v", c)
	}
}

func TestPasswords(t *testing.T) {
	for _, c := range []struct{ value, want string }{{"1,Anna,a@b,,attach=yes", "99,Anna,a@b,,attach=yes"}, {"1", "99"}} {
		if got, err := WithPassword(c.value, "99"); err != nil || got != c.want {
			t.Errorf("%q with 99 is %q, %v", c.value, got, err)
		}
	}
	if _, err := WithPassword("1,Anna", "2,Eve"); err == nil {
		t.Error("a password with a comma was taken")
	}
	h := house(t, strings.Replace(sample, "[general]\n", "[general]\npasswordlocation = spooldir\n", 1))
	m := h.named("5678")
	if err := h.writeSecret(m, "4711"); err != nil {
		t.Fatal(err)
	}
	if got := h.password(m); got != "4711" {
		t.Errorf("the password is %q", got)
	}
	if got := h.password(h.named("1234")); got != "4242" {
		t.Errorf("that of another is %q", got)
	}
}

func TestDirectoryMatches(t *testing.T) {
	h := house(t, sample)
	people, err := h.peopleOf("")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		digits string
		by     int
		want   string
	}{{"764", byLast, "5678"}, {"266", byFirst, "5678"}, {"266", byLast, ""}, {"392", byBoth, "1234"}, {"999", byBoth, ""}} {
		got := ""
		for _, m := range h.matches(directoryOptions{context: "default", by: c.by, people: people}, c.digits) {
			got += m.Number
		}
		if got != c.want {
			t.Errorf("%s by %d finds %q, not %q", c.digits, c.by, got, c.want)
		}
	}
}

// Option c has the people of another file.
func TestDirectoryOfAnotherFile(t *testing.T) {
	h, dir := house(t, sample), t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "people.conf"), []byte("[default]\n2020 = 1,Rex Dog\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	h.Open = func(name string) (*config.File, error) { return config.Load(name, config.Options{Dir: dir}) }
	people, err := h.peopleOf("people.conf")
	if list := h.matches(directoryOptions{context: "default", people: people}, "364"); err != nil || len(list) != 1 || list[0].Number != "2020" {
		t.Errorf("found %d of %d people, %v", len(list), len(people), err)
	}
	if _, err := h.peopleOf("nobody.conf"); err == nil {
		t.Error("a file that is not there was read")
	}
}

// What a caller says of himself is text in a mail, never an expression.
func TestMail(t *testing.T) {
	h := house(t, sample)
	m := h.named("1234")
	msg := &message{number: 2, info: &info{callerID: `"${SHELL(id)}" <1>`, time: time.Unix(1795305942, 0), duration: 65}}
	l := h.compose(t.Context(), nil, m, msg, m.Email, "", "%Y", "From ${VM_CALLERID} of ${VM_DATE}", "No. ${VM_MSGNUM}, ${VM_DUR}")
	if l.subject != `From "${SHELL(id)}" <1> of 2026` || l.body != "No. 3, 1:05" {
		t.Errorf("the mail is %q, %q", l.subject, l.body)
	}
	text, err := l.bytes()
	if err != nil || !strings.Contains(string(text), "\nTo: ") || !strings.Contains(string(text), "<root@localhost>\n") {
		t.Errorf("the mail is %s, %v", text, err)
	}
}

func TestMessagesElsewhereAreRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "voicemail.conf")
	if err := os.WriteFile(path, []byte("[general]\nodbcstorage = asterisk\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := config.Load(path, config.Options{})
	if err != nil {
		t.Fatal(err)
	}
	_, problems := Read(f, nil, nil)
	if len(problems) != 1 || problems[0].Severity != config.Error || problems[0].Line != 2 {
		t.Errorf("odbcstorage gives %v", problems)
	}
}

// A directory in the place of the .txt stands for a disk that is full.
func TestAMessageThatCanNotBePlacedLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	from, to := filepath.Join(dir, "recording"), filepath.Join(dir, "msg0000")
	if err := os.Mkdir(to+".txt", 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(from+".wav", []byte("sound"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, keep := range []bool{true, false} {
		if err := settle(from, to, &info{}, keep); err == nil {
			t.Fatal("it was placed")
		}
		if left := sounds(to); len(left) > 0 {
			t.Errorf("left are %v", left)
		}
		if left := sounds(from); len(left) != 1 {
			t.Errorf("of the recording there is %v", left)
		}
	}
}
