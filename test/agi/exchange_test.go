package agi

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/octothorpe/octothorpe/ami"
)

// An exchange is one that runs, with a dialplan that hands calls to programs.
type exchange struct {
	*ami.Client
	name      string
	namespace string // of the network, "" for the test's own
	etc       string // its configuration folder, as it sees it itself
	root      string // the folder that it takes for the root of all files
	dial      func(ctx context.Context, network, address string) (net.Conn, error)
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

var programs struct {
	sync.Mutex
	dir  string
	made map[string]string
}

// build makes a program of this repository, once.
func build(t *testing.T, folder string) string {
	t.Helper()
	programs.Lock()
	defer programs.Unlock()
	if made := programs.made[folder]; made != "" {
		return made
	}
	if programs.dir == "" {
		dir, err := os.MkdirTemp("", "octothorpe-agi")
		if err != nil {
			t.Fatal(err)
		}
		programs.dir, programs.made = dir, map[string]string{}
	}
	made := filepath.Join(programs.dir, filepath.Base(folder))
	out, err := exec.Command("go", "build", "-o", made, "github.com/octothorpe/octothorpe/"+folder).CombinedOutput()
	if err != nil {
		t.Fatalf("build %s: %v\n%s", folder, err, out)
	}
	programs.made[folder] = made
	return made
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
	binary := build(t, "cmd/octothorpe")
	port := freePort(t)
	dir := write(t, port, files)
	var b strings.Builder
	b.WriteString("[directories]\n")
	for _, key := range []string{"astetcdir", "astvarlibdir", "astdbdir", "astspooldir", "astrundir", "astlogdir", "astcachedir"} {
		fmt.Fprintf(&b, "%s => %s\n", key, dir)
	}
	if err := os.WriteFile(filepath.Join(dir, "asterisk.conf"), []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, exec.Command(binary, "-f", "-q", "-C", filepath.Join(dir, "asterisk.conf")))
	x := &exchange{name: "octothorpe", etc: dir, root: "/", dial: new(net.Dialer).DialContext}
	x.boots(t, port)
	return x
}

// freePort is a port that is free, most likely still in a moment.
func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
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
	home := os.Getenv("OCTOTHORPE_REFERENCE")
	if home == "" || os.Geteuid() != 0 {
		t.Skip("needs root and OCTOTHORPE_REFERENCE, a folder with an installed Asterisk")
	}
	root := filepath.Join(home, "22")
	if _, err := os.Stat(filepath.Join(root, ".complete")); err != nil {
		t.Skipf("Asterisk is not installed: %v", err)
	}
	dir := write(t, 5038, files)
	script := func(args ...string) string {
		t.Helper()
		command := exec.Command("bash", append([]string{"../reference/asterisk.sh"}, args...)...)
		command.Env = append(os.Environ(), "OCTOTHORPE_REFERENCE_INSTANCE=agi")
		log, err := os.Create(filepath.Join(dir, "script")) // no pipe, on which somebody would wait for the server
		if err != nil {
			t.Fatal(err)
		}
		defer log.Close()
		command.Stdout, command.Stderr = log, log
		err = command.Run()
		out, _ := os.ReadFile(log.Name())
		if err != nil {
			t.Fatalf("asterisk.sh %s: %v\n%s", args, err, out)
		}
		return strings.TrimSpace(string(out))
	}
	namespace := script("netns", "22")
	t.Cleanup(func() { script("stop", "22") })
	script("start", "22", dir)
	x := &exchange{name: "asterisk", namespace: namespace, etc: "/etc/" + instance, root: root, dial: dialIn(namespace)}
	x.boots(t, 5038)
	return x
}

// in does something in a network namespace: a socket stays where it was made.
func in[T any](namespace string, do func() (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	done := make(chan result, 1)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread ends with the goroutine
		var r result
		fd, err := unix.Open("/var/run/netns/"+namespace, unix.O_RDONLY|unix.O_CLOEXEC, 0)
		if err == nil {
			defer unix.Close(fd)
			err = unix.Setns(fd, unix.CLONE_NEWNET)
		}
		if r.err = err; err == nil {
			r.value, r.err = do()
		}
		done <- r
	}()
	r := <-done
	return r.value, r.err
}

func dialIn(namespace string) func(ctx context.Context, network, address string) (net.Conn, error) {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		return in(namespace, func() (net.Conn, error) { // no second address family: those are dialled on other threads
			return (&net.Dialer{FallbackDelay: -1}).DialContext(ctx, network, address)
		})
	}
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
	do := func() (net.Listener, error) { return config.Listen(t.Context(), "tcp", address) }
	if x.namespace != "" {
		here := do
		do = func() (net.Listener, error) { return in(x.namespace, here) }
	}
	l, err := do()
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
	l := x.listen(t)
	_, port, _ := net.SplitHostPort(l.Addr().String())
	_ = l.Close() // most likely it stays free for a moment
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

func TestMain(m *testing.M) {
	code := m.Run()
	if programs.dir != "" {
		_ = os.RemoveAll(programs.dir)
	}
	os.Exit(code)
}
