package office

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// network is two network namespaces with a cable between them.
type network struct{ exchange, phones string }

const (
	exchangeAddress = "10.77.0.1"
	phoneAddress    = "10.77.0.2"
)

// needs skips the test where it can't be played.
func needs(t *testing.T, programs ...string) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root, to make network namespaces")
	}
	for _, p := range programs {
		if _, err := exec.LookPath(p); err != nil {
			t.Skipf("needs %s", p)
		}
	}
}

func newNetwork(t *testing.T, name string) network {
	t.Helper()
	n := network{fmt.Sprintf("%s-x-%d", name, os.Getpid()), fmt.Sprintf("%s-p-%d", name, os.Getpid())}
	for _, ns := range []string{n.exchange, n.phones} {
		must(t, "ip", "netns", "add", ns)
		t.Cleanup(func() { _ = exec.Command("ip", "netns", "del", ns).Run() })
		must(t, "ip", "-n", ns, "link", "set", "lo", "up")
	}
	must(t, "ip", "link", "add", "eth0", "netns", n.exchange, "type", "veth", "peer", "name", "eth0", "netns", n.phones)
	for ns, address := range map[string]string{n.exchange: exchangeAddress, n.phones: phoneAddress} {
		must(t, "ip", "-n", ns, "addr", "add", address+"/24", "dev", "eth0")
		must(t, "ip", "-n", ns, "link", "set", "eth0", "up")
	}
	return n
}

func must(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// in makes a command that runs in a namespace and ends with the test.
func in(t *testing.T, ns, dir, name string, args ...string) *exec.Cmd {
	t.Helper()
	c := exec.Command("ip", append([]string{"netns", "exec", ns, name}, args...)...)
	c.Dir = dir
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	return c
}

// launch starts a command in the background; its output goes to a file.
func launch(t *testing.T, log string, c *exec.Cmd) {
	t.Helper()
	f, err := os.Create(log)
	if err != nil {
		t.Fatal(err)
	}
	c.Stdout, c.Stderr = f, f
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = syscall.Kill(-c.Process.Pid, syscall.SIGTERM)
		ended := make(chan struct{})
		go func() { _ = c.Wait(); close(ended) }()
		select {
		case <-ended:
		case <-time.After(10 * time.Second):
			_ = syscall.Kill(-c.Process.Pid, syscall.SIGKILL)
			<-ended
		}
		_ = f.Close()
		if t.Failed() {
			text, _ := os.ReadFile(log)
			t.Logf("%s:\n%s", filepath.Base(log), tail(string(text), 40))
		}
	})
}

func tail(text string, lines int) string {
	list := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(list[max(0, len(list)-lines):], "\n")
}

// eventually waits for a condition.
func eventually(t *testing.T, what string, limit time.Duration, f func() bool) {
	t.Helper()
	for end := time.Now().Add(limit); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if f() {
			return
		}
	}
	t.Fatalf("%s: not within %v", what, limit)
}
