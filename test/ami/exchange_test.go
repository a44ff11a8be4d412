package ami

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/octothorpe/octothorpe/ami"
)

// exchange is one that runs, and the way to its manager.
type exchange struct {
	name    string
	address string
	dial    func(ctx context.Context, network, address string) (net.Conn, error)
}

func (x *exchange) config() ami.Config {
	return ami.Config{Address: x.address, Username: "admin", Secret: "secret", Dial: x.dial, MinBackoff: 50 * time.Millisecond}
}

func (x *exchange) client(t *testing.T, change ...func(*ami.Config)) *ami.Client {
	t.Helper()
	config := x.config()
	for _, f := range change {
		f(&config)
	}
	c, err := ami.Dial(within(t), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// within is a context that a test may wait for.
func within(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

var files = map[string]string{
	"manager.conf": "[general]\nenabled=yes\nbindaddr=127.0.0.1\nport=%d\nauthlimit=1000\n\n[admin]\nsecret=secret\nread=all\nwrite=all\n\n" +
		"[viewer]\nsecret=secret\nread=call\nwrite=\n",
	"extensions.conf": `[test]
exten => answer,1,Answer()
 same => n,Wait(60)
exten => busy,1,Busy(1)
exten => hold,1,Answer()
 same => n,Wait(60)
`,
	"logger.conf": "[logfiles]\nmessages => warning,error\n",
	"pjsip.conf":  "",
	"http.conf":   "[general]\nenabled=no\n",
}

// exchanges runs a test in front of each exchange that there is.
func exchanges(t *testing.T, test func(t *testing.T, x *exchange)) {
	t.Run("octothorpe", func(t *testing.T) { test(t, octothorpe(t)) })
	for _, release := range []string{"22", "16"} {
		t.Run("asterisk "+release, func(t *testing.T) { test(t, asterisk(t, release)) })
	}
}

var build struct {
	sync.Once
	binary string
	err    error
}

// octothorpe runs our own program.
func octothorpe(t *testing.T) *exchange {
	t.Helper()
	build.Do(func() {
		dir, err := os.MkdirTemp("", "octothorpe-ami")
		if err != nil {
			build.err = err
			return
		}
		build.binary = filepath.Join(dir, "octothorpe")
		out, err := exec.Command("go", "build", "-o", build.binary, "github.com/octothorpe/octothorpe/cmd/octothorpe").CombinedOutput()
		if err != nil {
			build.err = fmt.Errorf("build: %w\n%s", err, out)
		}
	})
	if build.err != nil {
		t.Fatal(build.err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0") // a port that is free, most likely still in a moment
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	l.Close()
	dir := t.TempDir()
	var b strings.Builder
	b.WriteString("[directories]\n")
	for _, key := range []string{"astetcdir", "astvarlibdir", "astdbdir", "astspooldir", "astrundir", "astlogdir", "astcachedir"} {
		fmt.Fprintf(&b, "%s => %s\n", key, dir)
	}
	write(t, dir, port)
	if err := os.WriteFile(filepath.Join(dir, "asterisk.conf"), []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	command := exec.Command(build.binary, "-f", "-q", "-C", filepath.Join(dir, "asterisk.conf"))
	ended := launch(t, command)
	t.Cleanup(func() { _ = command.Process.Kill(); <-ended })
	x := &exchange{name: "octothorpe", address: fmt.Sprintf("127.0.0.1:%d", port), dial: new(net.Dialer).DialContext}
	x.boots(t)
	return x
}

// launch starts a program that does not outlive the test. What a program dies with is
// the thread that started it, and [dialIn] ends threads: so it has one of its own.
func launch(t *testing.T, command *exec.Cmd) (ended <-chan error) {
	t.Helper()
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	started, done := make(chan error), make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := command.Start()
		started <- err
		if err == nil {
			done <- command.Wait()
		}
	}()
	if err := <-started; err != nil {
		t.Fatal(err)
	}
	return done
}

func write(t *testing.T, dir string, port int) {
	t.Helper()
	for name, text := range files {
		if name == "manager.conf" {
			text = fmt.Sprintf(text, port)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// asterisk runs the real one, in its network namespace.
func asterisk(t *testing.T, release string) *exchange {
	t.Helper()
	home := os.Getenv("OCTOTHORPE_REFERENCE")
	if home == "" || os.Geteuid() != 0 {
		t.Skip("needs root and OCTOTHORPE_REFERENCE, a folder with an installed Asterisk")
	}
	if _, err := os.Stat(filepath.Join(home, release, ".complete")); err != nil {
		t.Skipf("Asterisk %s is not installed: %v", release, err)
	}
	dir := t.TempDir()
	write(t, dir, 5038)
	script := func(args ...string) string {
		t.Helper()
		command := exec.Command("bash", append([]string{"../reference/asterisk.sh"}, args...)...)
		command.Env = append(os.Environ(), "OCTOTHORPE_REFERENCE_INSTANCE=ami")
		// The server inherits no pipe that somebody waits on.
		log, err := os.Create(filepath.Join(dir, "script"))
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
	namespace := script("netns", release)
	t.Cleanup(func() { script("stop", release) })
	script("start", release, dir)
	x := &exchange{name: "asterisk " + release, address: "127.0.0.1:5038", dial: dialIn(namespace)}
	x.boots(t)
	return x
}

// dialIn connects inside a network namespace: a socket stays where it was made.
func dialIn(namespace string) func(ctx context.Context, network, address string) (net.Conn, error) {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		type result struct {
			conn net.Conn
			err  error
		}
		done := make(chan result, 1)
		go func() {
			runtime.LockOSThread() // and never unlocked: the thread ends with the goroutine
			fd, err := unix.Open("/var/run/netns/"+namespace, unix.O_RDONLY|unix.O_CLOEXEC, 0)
			if err != nil {
				done <- result{nil, err}
				return
			}
			defer unix.Close(fd)
			if err := unix.Setns(fd, unix.CLONE_NEWNET); err != nil {
				done <- result{nil, err}
				return
			}
			// No second address family: those are dialled on other threads.
			dialer := net.Dialer{FallbackDelay: -1}
			conn, err := dialer.DialContext(ctx, network, address)
			done <- result{conn, err}
		}()
		r := <-done
		return r.conn, r.err
	}
}

// boots waits until the exchange says that it has.
func (x *exchange) boots(t *testing.T) {
	t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for {
		ctx, cancel := context.WithDeadline(t.Context(), deadline)
		c, err := ami.Dial(ctx, x.config())
		if err == nil {
			events := c.Subscribe(ami.SubscribeOptions{Events: []string{"FullyBooted"}})
			out, _ := c.Command(ctx, "core waitfullybooted")
			events.Close()
			c.Close()
			if strings.Contains(out, "fully booted") {
				cancel()
				return
			}
		}
		cancel()
		if time.Now().After(deadline) {
			t.Fatalf("%s does not boot: %v", x.name, err)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func TestMain(m *testing.M) {
	code := m.Run()
	if build.binary != "" {
		_ = os.RemoveAll(filepath.Dir(build.binary))
	}
	os.Exit(code)
}
