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
	"syscall"
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/ami"
	"github.com/octothorpe/octothorpe/test/blackbox"
)

// exchange is one that runs, and the way to its manager.
type exchange struct {
	name    string
	address string
	dial    blackbox.Dial
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

// octothorpe runs our own program.
func octothorpe(t *testing.T) *exchange {
	t.Helper()
	port := blackbox.Port(t)
	dir := t.TempDir()
	write(t, dir, port)
	if err := os.WriteFile(filepath.Join(dir, "asterisk.conf"), []byte(blackbox.Directories(dir)), 0o600); err != nil {
		t.Fatal(err)
	}
	command := exec.Command(blackbox.Build(t, "cmd/octothorpe"), "-f", "-q", "-C", filepath.Join(dir, "asterisk.conf"))
	ended := launch(t, command)
	t.Cleanup(func() { _ = command.Process.Kill(); <-ended })
	x := &exchange{name: "octothorpe", address: fmt.Sprintf("127.0.0.1:%d", port), dial: new(net.Dialer).DialContext}
	x.boots(t)
	return x
}

// launch starts a program that does not outlive the test. What a program dies with is
// the thread that started it: so it has one of its own.
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
	r := blackbox.StartReference(t, release, "ami", func() string {
		dir := t.TempDir()
		write(t, dir, 5038)
		return dir
	})
	x := &exchange{name: "asterisk " + release, address: "127.0.0.1:5038", dial: blackbox.DialIn(r.Namespace)}
	x.boots(t)
	return x
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

func TestMain(m *testing.M) { blackbox.Main(m) }
