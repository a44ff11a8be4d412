package manager

import (
	"bytes"
	"flag"
	"fmt"
	"maps"
	"net"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rogpeppe/go-internal/txtar"
)

// The dialogues are what clients send before and beside actions: logins of every sort,
// masks, filters, framing, hostile input. What the reference answers is recorded in
// testdata/dialogues.txtar. To record it anew run the reference with dialogueConf and
//
//	go test ./internal/manager -run Dialogues -record 127.0.0.1:5038
var record = flag.String("record", "", "record the dialogues with the server at this `address`")

const dialogueConf = `[general]
enabled=yes
bindaddr=127.0.0.1
[admin]
secret=secret
read=all
write=all
[low]
secret=low
read=call
write=call
[one]
secret=one
read=all
write=all
allowmultiplelogin=no
[acl]
secret=acl
deny=0.0.0.0/0.0.0.0
permit=10.0.0.0/255.0.0.0
read=all
write=all
[plain]
secret=plain
read=all
write=all
`

const loggedIn = "Action: Login\r\nUsername: admin\r\nSecret: secret\r\nEvents: off\r\n\r\n"

func lines(l ...string) string { return strings.Join(l, "\r\n") + "\r\n\r\n" }

// dialogues are cases: what is sent, part by part, each when the answer to the one
// before has come.
func dialogues() map[string][]string {
	as := func(events string, parts ...string) []string {
		return append([]string{strings.Replace(loggedIn, "off", events, 1)}, parts...)
	}
	in := func(parts ...string) []string { return as("off", parts...) }
	d := map[string][]string{
		"greeting":                   {""},
		"login":                      {lines("Action: Login", "Username: admin", "Secret: secret", "Events: off", "ActionID: 1")},
		"login, bad secret":          {lines("Action: Login", "Username: admin", "Secret: x", "ActionID: 1")},
		"login, no user":             {lines("Action: Login", "Secret: x")},
		"login, no secret":           {lines("Action: Login", "Username: admin")},
		"login, nobody":              {lines("Action: Login", "Username: nobody", "Secret: x")},
		"login, ACL":                 {lines("Action: Login", "Username: acl", "Secret: acl")},
		"login, no challenge":        {lines("Action: Login", "AuthType: MD5", "Username: admin", "Key: abc")},
		"login, bad key":             {lines("Action: Challenge", "AuthType: MD5", "ActionID: 3"), lines("Action: Login", "AuthType: MD5", "Username: admin", "Key: abc")},
		"login, odd type":            {lines("Action: Login", "AuthType: plain", "Username: admin", "Secret: secret", "Events: off")},
		"login, user in small":       {lines("action: login", "username: admin", "SECRET: secret", "events: off")},
		"login, case of the user":    {lines("Action: Login", "Username: Admin", "Secret: secret", "Events: off")},
		"login twice":                in(lines("Action: Login", "Username: admin", "Secret: secret", "ActionID: a")),
		"login twice, badly":         in(lines("Action: Login", "Username: admin", "Secret: bad", "ActionID: a")),
		"challenge, no type":         {lines("Action: Challenge")},
		"challenge, other type":      {lines("Action: Challenge", "AuthType: SHA")},
		"challenge, logged in":       in(lines("Action: Challenge", "AuthType: md5")),
		"before login, ping":         {lines("Action: Ping", "ActionID: 9")},
		"before login, unknown":      {lines("Action: Nope", "ActionID: 9")},
		"before login, no action":    {lines("ActionID: 9")},
		"before login, logoff":       {lines("Action: Logoff", "ActionID: 9")},
		"before login, HTTP":         {"GET / HTTP/1.1\r\nHost: x\r\n\r\n"},
		"login in large":             {lines("Action: Login", "Username: ADMIN", "Secret: secret", "Events: security"), lines("Action: Nope"), lines("ActionID: 3"), lines("Action: Login", "Username: admin", "Secret: secret")},
		"empty":                      in("\r\n\r\n\r\n" + lines("Action: Ping")),
		"no action":                  in(lines("ActionID: 4", "Foo: bar")),
		"action is empty":            in(lines("Action:", "ActionID: 4")),
		"first action is empty":      in(lines("Action:", "ActionID:", "ActionID: 4", "Action: Ping", "Action: Logoff")),
		"two actions":                in(lines("Action: Ping", "Action: Logoff")),
		"LF alone":                   in("Action: Ping\nActionID: 1\n\n"),
		"CR CR LF":                   in("Action: Ping\r\r\n\r\n", "Action: Ping\r\nActionID: 1\r\r\n\r\r\n\r\n"),
		"CR alone":                   in("Action: Ping\rActionID: 1\r\r"),
		"unknown":                    in(lines("Action: Nope", "ActionID: 4")),
		"unknown and long":           in(lines("Action: "+strings.Repeat("N", 300), "ActionID: 4")),
		"two IDs":                    in(lines("Action: Ping", "ActionID: 4", "ActionID: 5")),
		"long ID":                    in(lines("Action: Ping", "ActionID: "+strings.Repeat("x", 500))),
		"ID with blanks":             in(lines("Action: Ping", "ActionID:    a b  ")),
		"no mask":                    in(lines("Action: Events", "ActionID: 1")),
		"logoff":                     in(lines("Action: Logoff", "ActionID: z")),
		"a megabyte of a line":       in("Action: Ping\r\nX: "+strings.Repeat("y", 1_000_000)+"\r\n\r\n", lines("Action: Ping", "ActionID: after")),
		"ten thousand lines":         in("Action: Ping\r\n"+strings.Repeat("A: b\r\n", 10_000)+"\r\n", lines("Action: Ping", "ActionID: after")),
		"zero byte in the action":    in("Action: Pi\x00ng\r\nActionID: 1\r\n\r\n"),
		"zero byte in the ID":        in("Action: Ping\r\nActionID: 1\x002\r\n\r\n"),
		"zero byte before a line":    in("\x00Action: Ping\r\nActionID: 1\r\n\r\n"),
		"filters":                    in(lines("Action: Filter", "ActionID: 1"), lines("Action: Filter", "Operation: Add"), lines("Action: Filter", "Operation: Add", "Filter: Event: X"), lines("Action: Filter", "Operation: Add", "Filter: ("), lines("Action: Filter", "Operation: Del", "Filter: x"), lines("Action: Filter", "Operation: Add", "MatchCriteria: name(Foo)"), lines("Action: Filter", "Operation: Add", "MatchCriteria: name(Foo)", "Filter: x"), lines("Action: Filter", "Operation: Add", "MatchCriteria: bad(Foo)", "Filter: x")),
		"wait for no event":          in(lines("Action: WaitEvent", "Timeout: 1", "ActionID: 5")),
		"wait not at all":            in(lines("Action: WaitEvent", "Timeout: 0", "ActionID: 5")),
		"wait for the client":        in(lines("Action: WaitEvent", "ActionID: 5"), lines("Action: Ping")),
		"not permitted":              {lines("Action: Login", "Username: low", "Secret: low", "Events: off"), lines("Action: UserEvent", "ActionID: 5")},
		"events of one's own":        as("user", lines("Action: UserEvent"), lines("Action: UserEvent", "UserEvent: x", "Foo: bar", "ActionID: 7", "foo: baz")),
		"events of odd lines":        as("user", "Action: UserEvent\r\nUserEvent: \t x \r\na:b:c\r\nempty:\r\nblank: \r\nnocolon\r\n: novalue\r\n  before: 1\r\nbehind : 2\r\ntab:\t3\r\nend: 4   \r\nDUP: 1\r\ndup:2\r\n \r\nAction\r\naction: x\r\nUserEvent\r\nuserevent:y\r\nzero: a\x00b\r\nCR: a\rb\r\r\nActionID:  9 \r\n\r\n", lines("Action: UserEvent", "UserEvent: "+strings.Repeat("n", 900), "x: "+strings.Repeat("v", 1019))),
		"one behind the other":       in(lines("Action: Ping", "ActionID: 1") + lines("Action: Nope", "ActionID: 2") + lines("Action: Logoff", "ActionID: 3") + lines("Action: Ping", "ActionID: 4")),
		"security of malformed ones": as("security", lines("Action: Nope", "ActionID: 2"), lines("ActionID: 3"), lines("Action: Challenge", "AuthType: MD5")),
	}
	d["mask of nothing"] = in(lines("Action: Events", "EventMask: ", "ActionID: 1"))
	for _, mask := range []string{"on", "off", "call", "call,system", "bogus", "yes", "no", "0", "1", "-1", "true", "all", "none", "call,bogus", "CALL", "system, call", "3", "false"} {
		d["mask "+mask] = in(lines("Action: Events", "EventMask: "+mask, "ActionID: 1"))
	}
	return d
}

// changing is what differs in each run.
var changing = []struct {
	in  *regexp.Regexp
	out string
}{
	{regexp.MustCompile(`\d{9,}\.\d{6}`), "TIME"}, {regexp.MustCompile(`Challenge: \d+`), "Challenge: N"}, {regexp.MustCompile(`0x[0-9a-f]+`), "ID"},
	{regexp.MustCompile(`RemoteAddress: .*`), "RemoteAddress: A\r"}, {regexp.MustCompile(`TV: .*`), "TV: T\r"},
}

// hearing collects what a connection says.
type hearing struct {
	mu   sync.Mutex
	text bytes.Buffer
	end  bool
}

func (h *hearing) listen(c net.Conn) {
	b := make([]byte, 1<<16)
	for {
		n, err := c.Read(b)
		h.mu.Lock()
		h.text.Write(b[:n])
		h.end = err != nil
		h.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// play sends the parts and returns what was said, with pause after each part.
func play(c net.Conn, parts []string, pause time.Duration) string {
	var h hearing
	ended := make(chan struct{})
	go func() { defer close(ended); h.listen(c) }()
	time.Sleep(pause)
	for _, part := range parts {
		sent := make(chan struct{})
		go func() { defer close(sent); _, _ = c.Write([]byte(part)) }()
		time.Sleep(pause)
		<-sent
	}
	h.mu.Lock()
	text, closed := h.text.String(), h.end
	h.mu.Unlock()
	_ = c.Close()
	<-ended
	for _, change := range changing {
		text = change.in.ReplaceAllString(text, change.out)
	}
	return strings.ReplaceAll(text, "\r\n", "\n") + map[bool]string{true: "(closed)\n", false: "(open)\n"}[closed]
}

const dialogueFile = "testdata/dialogues.txtar"

// located gives a pipe addresses.
type located struct{ net.Conn }

func (located) LocalAddr() net.Addr  { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 5038} }
func (located) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 40000} }

// What the reference says in each dialogue we say, to the byte.
func TestDialogues(t *testing.T) {
	if *record != "" {
		recordDialogues(t)
		return
	}
	recorded, err := txtar.ParseFile(dialogueFile)
	if err != nil {
		t.Fatal(err)
	}
	all := dialogues()
	if len(recorded.Files) != len(all) {
		t.Errorf("%d dialogues are recorded, there are %d", len(recorded.Files), len(all))
	}
	for _, f := range recorded.Files {
		t.Run(f.Name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				k := newTrialOf(t, dialogueConf)
				near, far := net.Pipe()
				k.admit(located{near}, false)
				if got := play(far, all[f.Name], 1300*time.Millisecond); got != string(f.Data) {
					t.Errorf("got\n%s\nwant\n%s", got, f.Data)
				}
				k.end()
			})
		})
	}
}

func recordDialogues(t *testing.T) {
	var mu sync.Mutex
	said := map[string]string{}
	ask := func(name string, parts []string) {
		c, err := net.Dial("tcp", *record)
		if err != nil {
			t.Error(err)
			return
		}
		text := play(c, parts, 1300*time.Millisecond)
		mu.Lock()
		said[name] = text
		mu.Unlock()
	}
	var running sync.WaitGroup
	turns := make(chan struct{}, 16)
	alone := map[string][]string{} // they hear of the others
	for name, parts := range dialogues() {
		if strings.HasPrefix(name, "security") || name == "login in large" || strings.HasPrefix(name, "events") || strings.HasPrefix(name, "mask") {
			alone[name] = parts
			continue
		}
		turns <- struct{}{}
		running.Go(func() {
			ask(name, parts)
			<-turns
		})
	}
	running.Wait()
	for name, parts := range alone {
		ask(name, parts)
	}
	if t.Failed() {
		return
	}
	a := &txtar.Archive{Comment: []byte("What the reference says in the dialogues of dialogue_test.go.\nRecorded with Asterisk 22.\n")}
	for _, name := range slices.Sorted(maps.Keys(said)) {
		a.Files = append(a.Files, txtar.File{Name: name, Data: []byte(said[name])})
	}
	if err := os.WriteFile(dialogueFile, txtar.Format(a), 0o644); err != nil {
		t.Fatal(err)
	}
	fmt.Println("recorded", len(said), "dialogues")
}
