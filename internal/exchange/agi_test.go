package exchange

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/speech/speechtest"
)

// agiPlan is the dialplan of the recorded sessions: the leg at s runs AGI.
const agiPlan = `[agi]
exten => s,1,Answer()
 same => n,AGI(agi://%[1]s/script/sub?a=1&b=2,one,two three)
 same => n,NoOp(${AGISTATUS})
exten => h,1,NoOp(h)
exten => quiet,1,Answer()
 same => n,Wait(600)
[sub]
exten => s,1,Set(X=${ARG1})
 same => n,Return(retval)
`

// TestAGIReference plays the commands of recorded sessions and compares what comes back.
func TestAGIReference(t *testing.T) {
	files, err := filepath.Glob("testdata/agi/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no sessions", err)
	}
	cases := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		session := strings.ReplaceAll(string(text), "/tmp/agirec", filepath.Join(t.TempDir(), "recording"))
		cases += strings.Count(session, "\n> ")
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			replay(t, session)
		})
	}
	if cases < 200 {
		t.Errorf("%d commands are compared, fewer than there were", cases)
	}
}

// replay is one session.
func replay(t *testing.T, session string) {
	l, err := net.Listen("tcp", loopback+":0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	k := prepareTrial(t, fmt.Sprintf(agiPlan, l.Addr()))
	defer k.end()
	engine := httptest.NewServer(&speechtest.Server{})
	defer engine.Close()
	k.write("aeap.conf", strings.ReplaceAll(speechtest.Clients, "ENGINE", engine.Listener.Addr().String()))
	if err := k.Start(); err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var results []string
	k.bus.Subscribe(event.Kinds(event.KindAGIExecEnd), func(s event.Stamped) {
		e := s.Event.(*event.AGIExecEnd)
		mu.Lock()
		results = append(results, fmt.Sprintf("* %d %s", e.ResultCode, e.Result))
		mu.Unlock()
	})
	boss := k.login()
	boss.answer("Action: Originate\nChannel: Local/quiet@agi\nContext: agi\nExten: s\nPriority: 1\nCallerID: \"Ann Onymous\" <555>\nAsync: true")
	conn, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(2 * time.Minute))
	in := bufio.NewReader(conn)
	line := func() string {
		text, err := in.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimSuffix(text, "\n")
	}
	var got, early []string
	for text := line(); text != ""; text = line() {
		if strings.Contains(session, "\nE ") {
			got = append(got, "E "+text)
		}
	}
	for _, asked := range strings.Split(session, "\n") {
		switch {
		case asked == "!hangup":
			got = append(got, asked)
			k.execute("channel request hangup all")
			early = append(early, "< "+line()) // HANGUP, which was recorded with the next reply
		case strings.HasPrefix(asked, "> "):
			got = append(append(got, asked), early...)
			early = nil
			fmt.Fprintf(conn, "%s\n", asked[2:])
			got = append(got, reply(line)...)
			mu.Lock()
			got = append(got, results...) // told before the reply
			results = nil
			mu.Unlock()
		}
	}
	want := slices.DeleteFunc(strings.Split(strings.TrimSpace(session), "\n"), func(s string) bool { return strings.HasPrefix(s, "#") })
	compareLines(t, want, got)
}

// reply reads what comes back for a command.
func reply(line func() string) (lines []string) {
	for {
		text := line()
		lines = append(lines, "< "+text)
		switch {
		case text == "HANGUP", strings.HasPrefix(text, "100 "):
			continue
		case strings.HasPrefix(text, "520-"):
			for text = line(); !strings.HasPrefix(text, "520 "); text = line() {
			}
			lines = append(lines, "< "+text)
		}
		return lines
	}
}

// Of what differs in every run, and what is our own.
var ours = []struct {
	pattern *regexp.Regexp
	with    string
}{
	{regexp.MustCompile(`endpos=[1-9]\d*`), "endpos=N"},
	{regexp.MustCompile(`^E agi_(uniqueid|threadid|version|channel): .*`), "E agi_$1: N"},
	{regexp.MustCompile(loopback + `:\d+`), "HOST"},
	{regexp.MustCompile(`RECORD FILE /\S+/recording`), "RECORD FILE RECORDING"},
}

func compareLines(t *testing.T, want, got []string) {
	t.Helper()
	normal := func(lines []string) []string {
		lines = slices.Clone(lines)
		for i := range lines {
			for _, o := range ours {
				lines[i] = o.pattern.ReplaceAllString(lines[i], o.with)
			}
		}
		return lines
	}
	want, got = normal(want), normal(got)
	command := ""
	for i := range max(len(want), len(got)) {
		w, g := "", ""
		if i < len(want) {
			w = want[i]
		}
		if i < len(got) {
			g = got[i]
		}
		if strings.HasPrefix(w, "> ") {
			command = w
		}
		if w != g {
			t.Fatalf("after %s: line %d is %q, the reference's %q", command, i, g, w)
		}
	}
}

// TestAGIScript runs a local script: its environment, its arguments, and how its end
// is told.
func TestAGIScript(t *testing.T) {
	k := prepareTrial(t, `[house]
exten => _[a-z].,1,AGI(${EXTEN}.sh,one,"two three")
 same => n,UserEvent(Done,Status: ${AGISTATUS},Name: ${NAME})
exten => ear,1,Answer()
 same => n,EAGI(ear.sh)
 same => n,UserEvent(Done,Status: ${AGISTATUS},Name: ${NAME})
exten => 1,1,Answer()
 same => n,Milliwatt()
`)
	scripts := k.dirs.AGI
	if err := os.MkdirAll(scripts, 0o755); err != nil {
		t.Fatal(err)
	}
	const head = "#!/bin/sh\nwhile read l && [ -n \"$l\" ]; do case $l in agi_arg_2*) arg=${l#*: };; esac; done\n"
	for name, text := range map[string]string{
		"good":   head + "echo \"SET VARIABLE NAME \\\"$#/$2/$arg/${AST_AGI_DIR##*/}\\\"\"; read r\n",
		"bad":    head + "exit 3\n",
		"killed": head + "kill -9 $$\n",
		"unread": "#!/bin/sh\necho SET VARIABLE NAME early\n",
		"noshow": "#!/no/such/interpreter\n",
		"ear":    head + "n=$(head -c 3200 <&3 | tr -d '\\000' | wc -c); [ $n -gt 1000 ] && n=heard; echo SET VARIABLE NAME $n; read r\n",
		// closes its output and goes on
		"behind": head + "echo SET VARIABLE NAME gone; read r; trap '' HUP; exec >&- <&-; exec sleep 3\n",
	} {
		if err := os.WriteFile(filepath.Join(scripts, name+".sh"), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(scripts, "plain.sh"), []byte("text\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := k.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan string, 1)
	k.bus.Subscribe(event.Kinds(event.KindUserEvent), func(s event.Stamped) {
		e := s.Event.(*event.UserEvent)
		done <- e.Fields[0].Value + " " + e.Fields[1].Value
	})
	for name, want := range map[string]string{"good": "SUCCESS 2/two three/two three/agi-bin", "bad": "FAILURE ", "killed": "FAILURE ", "unread": "SUCCESS early",
		"noshow": "FAILURE ", "plain": "FAILURE ", "missing": "NOTFOUND ", "ear": "SUCCESS heard", "behind": "SUCCESS gone"} {
		k.execute("channel originate Local/1@house extension " + name + "@house")
		select {
		case got := <-done:
			if got != want {
				t.Errorf("%s: %q, want %q", name, got, want)
			}
		case <-time.After(patient):
			t.Errorf("%s: the dialplan does not go on", name)
		}
		k.execute("channel request hangup all")
	}
	k.end()
}

// TestAGILeavesNothing runs 10,000 sessions with servers that behave badly, and counts
// what stays open; goleak looks for goroutines. A call goes on in the dialplan whatever its program does.
func TestAGILeavesNothing(t *testing.T) {
	legs, turns := 20, 500
	if testing.Short() {
		turns = 20
	}
	l, err := net.Listen("tcp", loopback+":0")
	if err != nil {
		t.Fatal(err)
	}
	nobody, err := net.Listen("tcp", loopback+":0")
	if err != nil {
		t.Fatal(err)
	}
	_ = nobody.Close() // refuses
	servers := misbehave(l)
	k := begin(t, fmt.Sprintf(`[house]
exten => 1,1,Answer()
 same => n,Set(I=0)
 same => n,While($[${I} < ${TURNS}])
 same => n,Set(I=$[${I} + 1])
 same => n,Set(AGISTATUS=)
 same => n,AGI(agi://%s/${I})
 same => n,GotoIf($["${AGISTATUS}" = "SUCCESS" | "${AGISTATUS}" = "FAILURE"]?told) ; a reset may be so early that there was no connection
 same => n,UserEvent(Wrong,Status: ${AGISTATUS})
 same => n(told),ExecIf($[${I} %% 10 = 0]?AGI(agi://%s/nobody))
 same => n,EndWhile()
 same => n,UserEvent(Done,Count: ${I})
 same => n,Hangup()
exten => 2,1,Wait(600)
`, l.Addr(), nobody.Addr()))
	done, wrong := make(chan string, 100), make(chan string, 100)
	k.bus.Subscribe(event.Kinds(event.KindUserEvent), func(s event.Stamped) {
		if e := s.Event.(*event.UserEvent); e.Name == "Done" {
			done <- e.Fields[0].Value
		} else {
			select {
			case wrong <- e.Fields[0].Value:
			default:
			}
		}
	})
	sessions := func(legs, turns int) {
		t.Helper()
		k.execute(fmt.Sprintf("dialplan set global TURNS %d", turns))
		for range legs {
			k.execute("channel originate Local/1@house extension 2@house")
		}
		for range legs {
			select {
			case n := <-done:
				if n != fmt.Sprint(turns) {
					t.Fatalf("the dialplan came to %s of %d", n, turns)
				}
			case status := <-wrong:
				t.Fatalf("the status is %q", status)
			case <-time.After(3 * time.Minute):
				t.Fatal("the dialplan does not go on")
			}
		}
		k.eventually("no leg stands", func() bool { return k.channels.Count() == 0 })
	}
	sessions(legs, 10)
	before := descriptors(t)
	sessions(legs, turns)
	k.eventually("descriptors are given back", func() bool { return descriptors(t) <= before+5 })
	_ = l.Close()
	servers.Wait()
	k.end()
}

// misbehave takes connections and does something else wrong with each.
func misbehave(l net.Listener) *sync.WaitGroup {
	var servers sync.WaitGroup
	flood := []byte(strings.Repeat("NOOP\n", 1000))
	long := []byte(strings.Repeat("x", 1<<20))
	servers.Go(func() {
		for n := 0; ; n++ {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			servers.Go(func() {
				defer conn.Close()
				_ = conn.SetDeadline(time.Now().Add(time.Minute))
				switch n % 8 {
				case 0: // closes at once
				case 1:
					if n%200 == 1 {
						for range 10 {
							_, _ = conn.Write(long) // a line without an end, of 10 MB
						}
					}
				case 2:
					fmt.Fprint(conn, "\x00\xff\x00\nNOOP\nSTREAM FI") // binary, half a line
				case 3:
					_ = conn.(*net.TCPConn).SetLinger(0) // resets
					fmt.Fprint(conn, "ANSWER\n")
				case 4:
					_, _ = conn.Write(flood) // does not read
				case 5: // dies in the middle of a command
					fmt.Fprint(conn, "EXEC Wait 0.001\n")
				case 6: // is slow, and takes one letter at a time
					for _, b := range []byte("NOOP\n") {
						_, _ = conn.Write([]byte{b})
					}
				case 7: // behaves
					in := bufio.NewReader(conn)
					for line := ""; line != "\n" && err == nil; {
						line, err = in.ReadString('\n')
					}
					fmt.Fprint(conn, "SET VARIABLE A b\n")
					_, _ = in.ReadString('\n')
				}
			})
		}
	})
	return &servers
}

// TestAGISilent has programs that say nothing: the end of the call is the end of the session, where the call says so.
func TestAGISilent(t *testing.T) {
	l, err := net.Listen("tcp", loopback+":0")
	if err != nil {
		t.Fatal(err)
	}
	var servers sync.WaitGroup
	servers.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			servers.Go(func() {
				_, _ = io.Copy(io.Discard, conn)
				_ = conn.Close()
			})
		}
	})
	k := begin(t, fmt.Sprintf("[house]\nexten => 1,1,Answer()\n same => n,Set(AGIEXITONHANGUP=yes)\n same => n,AGI(agi://%s)\nexten => 2,1,Wait(600)\n", l.Addr()))
	before := descriptors(t)
	const calls = 200
	for range calls {
		k.execute("channel originate Local/1@house extension 2@house")
	}
	k.eventually("all sessions stand", func() bool { return descriptors(t) > before+2*calls-5 })
	k.execute("channel request hangup all")
	k.eventually("no leg stands", func() bool { return k.channels.Count() == 0 })
	k.eventually("descriptors are given back", func() bool { return descriptors(t) <= before+5 })
	_ = l.Close()
	servers.Wait()
	k.end()
}

func descriptors(t *testing.T) int {
	t.Helper()
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip(err)
	}
	return len(list)
}
