package agi

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/ami"
	"github.com/octothorpe/octothorpe/test/blackbox"
)

// An exchange is one that runs, with a dialplan that hands calls to programs.
type exchange struct {
	*ami.Client
	name      string
	namespace string // of the network, "" for the test's own
	etc       string // its configuration folder, as it sees it itself
	root      string // the folder that it takes for the root of all files
	dial      blackbox.Dial
}

const dialplan = `[test]
exten => hold,1,Answer()
 same => n,Wait(120)
exten => tone,1,Answer()
 same => n,Milliwatt()
exten => program,1,AGI(${PROGRAM},one)
 same => n,UserEvent(Done,Status: ${AGISTATUS},CALLER: ${SAID_CALLER},ARGUMENT: ${SAID_ARGUMENT},ANSWER: ${SAID_ANSWER},STREAM: ${SAID_STREAM},KEY: ${SAID_KEY},DIGITS: ${SAID_DIGITS},COLOUR: ${SAID_COLOUR},FULL: ${SAID_FULL},STORED: ${SAID_STORED},GONE: ${SAID_GONE},SAY: ${SAID_SAY},EXEC: ${SAID_EXEC},STATE: ${SAID_STATE},DONE: ${DONE},NAME: ${CALLERID(name)},LOGGED: ${LOGGED},MESSAGE: ${MESSAGE},WENT: ${WENT})
 same => n,Hangup()
exten => _[1-9]XXX,1,Set(WENT=${EXTEN})
 same => n,Goto(program,2)
exten => s,1,Answer()
 same => n,AGI(${PROGRAM},one,two three)
exten => quiet,1,Answer()
 same => n,Wait(600)
[agi]
exten => s,1,Answer()
 same => n,AGI(${PROGRAM},one,two three)
 same => n,NoOp(${AGISTATUS})
exten => h,1,NoOp(h)
exten => quiet,1,Answer()
 same => n,Wait(600)
[sub]
exten => s,1,Set(X=${ARG1})
 same => n,Return(retval)
`

// within is a context that a test may wait for.
func within(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// exchanges runs a test in front of each exchange that there is. files are put beside its configuration.
func exchanges(t *testing.T, files map[string]string, test func(t *testing.T, x *exchange)) {
	t.Run("octothorpe", func(t *testing.T) { test(t, octothorpe(t, files)) })
	t.Run("asterisk", func(t *testing.T) { test(t, asterisk(t, files)) })
}

// write makes a configuration folder.
func write(t *testing.T, port int, files map[string]string) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "agi") // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	put := func(name, text string, mode os.FileMode) {
		if err := errors.Join(os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755), os.WriteFile(filepath.Join(dir, name), []byte(text), mode)); err != nil {
			t.Fatal(err)
		}
	}
	put("manager.conf", fmt.Sprintf("[general]\nenabled=yes\nbindaddr=127.0.0.1\nport=%d\n\n[admin]\nsecret=secret\nread=all\nwrite=all\n", port), 0o644)
	put("extensions.conf", dialplan, 0o644)
	put("logger.conf", "[logfiles]\nmessages => warning,error\n", 0o644)
	put("pjsip.conf", "", 0o644)
	put("http.conf", "[general]\nenabled=no\n", 0o644)
	for name, text := range files {
		put(name, text, 0o755)
	}
	return dir
}

// octothorpe runs our own program.
func octothorpe(t *testing.T, files map[string]string) *exchange {
	t.Helper()
	port := blackbox.Port(t)
	dir := write(t, port, files)
	if err := os.WriteFile(filepath.Join(dir, "asterisk.conf"), []byte(blackbox.Directories(dir)), 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, exec.Command(blackbox.Build(t, "cmd/octothorpe"), "-f", "-q", "-C", filepath.Join(dir, "asterisk.conf")))
	x := &exchange{name: "octothorpe", etc: dir, root: "/", dial: new(net.Dialer).DialContext}
	x.boots(t, port)
	return x
}

// run starts a program that ends with the test.
func run(t *testing.T, command *exec.Cmd) (pid int) {
	t.Helper()
	log, err := os.CreateTemp(t.TempDir(), "log")
	if err != nil {
		t.Fatal(err)
	}
	command.Stdout, command.Stderr = log, log
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_, _ = command.Process.Kill(), command.Wait()
		if text, err := os.ReadFile(log.Name()); t.Failed() && err == nil {
			t.Logf("%s said:\n%.4000s", filepath.Base(command.Path), text)
		}
		_ = log.Close()
	})
	return command.Process.Pid
}

// listens reports whether somebody listens on a port where a process lives. A connection would be a call to it.
func listens(pid int, port string) bool {
	n, _ := strconv.Atoi(port)
	list, _ := os.ReadFile(fmt.Sprintf("/proc/%d/net/tcp", pid))
	const listen = "0A"
	return strings.Contains(string(list), fmt.Sprintf(":%04X 00000000:0000 %s ", n, listen))
}

const instance = "octothorpe-reference-agi" // as asterisk.sh names it

// asterisk runs the real one, in its network namespace.
func asterisk(t *testing.T, files map[string]string) *exchange {
	t.Helper()
	r := blackbox.StartReference(t, "22", "agi", func() string { return write(t, 5038, files) })
	x := &exchange{name: "asterisk", namespace: r.Namespace, etc: "/etc/" + instance, root: r.Root, dial: blackbox.DialIn(r.Namespace)}
	x.boots(t, 5038)
	return x
}

// listen is a port that the exchange reaches, as 127.0.0.1.
func (x *exchange) listen(t *testing.T) net.Listener {
	t.Helper()
	return x.listenAt(t, "127.0.0.1:0")
}

// listenAt is an address that the exchange reaches.
func (x *exchange) listenAt(t *testing.T, address string) net.Listener {
	t.Helper()
	var config net.ListenConfig
	l, err := blackbox.In(x.namespace, func() (net.Listener, error) { return config.Listen(t.Context(), "tcp", address) })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// serve starts a program that listens on a port, PORT among its arguments, where the exchange reaches it. It returns
// the port once it listens.
func (x *exchange) serve(t *testing.T, program string, args ...string) string {
	t.Helper()
	port := strconv.Itoa(blackbox.Port(t))
	for i := range args {
		args[i] = strings.ReplaceAll(args[i], "PORT", port)
	}
	if x.namespace != "" {
		program, args = "ip", append([]string{"netns", "exec", x.namespace, program}, args...)
	}
	pid := run(t, exec.Command(program, args...))
	for end := time.Now().Add(30 * time.Second); !listens(pid, port); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s %s does not listen", program, args)
		}
	}
	return port
}

// boots connects once the exchange says that it has booted.
func (x *exchange) boots(t *testing.T, port int) {
	t.Helper()
	config := ami.Config{Address: fmt.Sprintf("127.0.0.1:%d", port), Username: "admin", Secret: "secret", Dial: x.dial}
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		c, err := ami.Dial(t.Context(), config)
		if err == nil {
			if out, _ := c.Command(t.Context(), "core waitfullybooted"); strings.Contains(out, "fully booted") {
				x.Client = c
				t.Cleanup(func() { _ = c.Close() })
				return
			}
			_ = c.Close()
		}
		if time.Now().After(end) {
			t.Fatalf("%s does not boot: %v", x.name, err)
		}
	}
}

// A call runs a program on one half of a Local channel. The other half is at the extension peer, and presses the key
// again and again: who waits for no key does not hear it.
type call struct{ program, peer, key string }

// place places a call and returns what the dialplan tells when the program is done.
func (x *exchange) place(t *testing.T, c call) map[string]string {
	t.Helper()
	ctx := within(t)
	events := x.Subscribe(ami.SubscribeOptions{Events: []string{"UserEvent"}})
	defer events.Close()
	stop := x.press(ctx, c.key)
	defer stop()
	if _, err := x.Do(ctx, ami.Action("Originate", "Channel", "Local/"+c.peer+"@test", "Context", "test", "Exten", "program", "Priority", "1",
		"CallerID", `"Ann Onymous" <555>`, "Variable", "PROGRAM="+c.program, "Async", "true")); err != nil {
		t.Fatal(err)
	}
	m, err := events.Next(ctx)
	if err != nil {
		t.Fatalf("the call does not end: %v", err)
	}
	said := map[string]string{}
	for _, f := range m {
		said[f.Key] = f.Value
	}
	return said
}

// press has all far halves of Local channels press a key from time to time.
func (x *exchange) press(ctx context.Context, key string) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	running.Go(func() {
		for key != "" {
			select {
			case <-ctx.Done():
				return
			case <-time.After(300 * time.Millisecond):
			}
			list, _ := x.List(ctx, ami.Action("CoreShowChannels"))
			for _, m := range list {
				if name := m.Get("Channel"); strings.HasSuffix(name, ";2") {
					_, _ = x.Do(ctx, ami.Action("PlayDTMF", "Channel", name, "Digit", key))
				}
			}
		}
	})
	return func() {
		cancel()
		running.Wait()
	}
}

func TestMain(m *testing.M) { blackbox.Main(m) }
