package ariapps

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/ari"
	"github.com/octothorpe/octothorpe/internal/exchange"
	"github.com/octothorpe/octothorpe/test/blackbox"
)

// An xchange is one that runs.
type xchange struct {
	name      string // octothorpe, asterisk 22, asterisk 16
	url       string // of ARI
	namespace string // of the network, "" for the test's own
	root      string // the folder that it takes for the root of all files
	dial      blackbox.Dial
}

const dialplan = `[test]
exten => hold,1,Answer()
 same => n,Wait(120)
exten => app,1,Stasis(app,one,two)
 same => n,Hangup()
exten => offer,1,Answer()
 same => n,StasisBroadcast(5000)
 same => n,Hangup()
exten => busy,1,Busy(1)
exten => silent,1,Wait(120)
exten => reject,1,Hangup(17)
exten => talk,1,Answer()
 same => n,Wait(1)
 same => n,SendDTMF(2,,300)
 same => n,Wait(1)
 same => n,Playtones(1000)
 same => n,Wait(1)
 same => n,StopPlaytones()
 same => n,SendDTMF(#,,300)
 same => n,Wait(2)
 same => n,SendDTMF(3,,300)
 same => n,Wait(120)
exten => later,1,Ringing()
 same => n,Wait(1)
 same => n,Answer()
 same => n,Wait(120)
exten => press,1,Answer()
 same => n,Wait(1)
 same => n,SendDTMF(${KEYS},300,100)
 same => n,Wait(120)
exten => echo,1,Answer()
 same => n,Echo()
exten => tone,1,Answer()
 same => n,Milliwatt()
exten => brief,1,Answer()
 same => n,Wait(1)
 same => n,Hangup(17)
exten => menu,1,Stasis(menu)
 same => n,Set(GLOBAL(LEFT)=${CHOICE})
 same => n,Hangup()
`

// within is a context that a test may wait for.
func within(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 40*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// exchanges runs a test in front of each exchange that there is. files are beside its configuration.
func exchanges(t *testing.T, files map[string]string, test func(t *testing.T, x *xchange)) {
	t.Parallel()
	t.Run("octothorpe", func(t *testing.T) { test(t, octothorpe(t, files)) })
	for _, release := range []string{"22", "16"} {
		t.Run("asterisk "+release, func(t *testing.T) { test(t, asterisk(t, release, files)) })
	}
}

// write makes a configuration folder.
func write(t *testing.T, port int, files map[string]string) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "ari") // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	all := map[string]string{
		"http.conf":       fmt.Sprintf("[general]\nenabled=yes\nbindaddr=127.0.0.1\nbindport=%d\n", port),
		"ari.conf":        "[general]\nenabled=yes\n[me]\ntype=user\nread_only=no\npassword=secret\n[viewer]\ntype=user\nread_only=yes\npassword=look\n",
		"extensions.conf": dialplan,
		"logger.conf":     "[logfiles]\nmessages => warning,error\n",
		"pjsip.conf":      "",
	}
	for name, text := range files {
		all[name] = strings.ReplaceAll(text, "8088", strconv.Itoa(port))
	}
	for name, text := range all {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// octothorpe runs our own, inside the test.
func octothorpe(t *testing.T, files map[string]string) *xchange {
	t.Helper()
	port := blackbox.Port(t)
	dir := write(t, port, files)
	main := strings.ReplaceAll("[directories]\nastetcdir=DIR\nastvarlibdir=DIR\nastdatadir=DIR\nastspooldir=DIR/spool\nastrundir=DIR\n"+
		"astlogdir=DIR/log\nastdbdir=DIR\n", "DIR", dir)
	main += files["asterisk.conf"]
	if err := os.WriteFile(filepath.Join(dir, "asterisk.conf"), []byte(main), 0o644); err != nil {
		t.Fatal(err)
	}
	x, err := exchange.New(exchange.Options{Config: filepath.Join(dir, "asterisk.conf"), Version: "22.0.0"})
	if err != nil {
		t.Fatal(err)
	}
	if err := x.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		x.Stop(exchange.Now, false)
		x.Wait()
		if t.Failed() {
			b, _ := os.ReadFile(filepath.Join(dir, "log", "messages"))
			t.Logf("log of the exchange:\n%s", b)
		}
	})
	return &xchange{name: "octothorpe", url: fmt.Sprintf("http://127.0.0.1:%d/ari", port), dial: new(net.Dialer).DialContext}
}

// asterisk runs the real one, in its network namespace.
func asterisk(t *testing.T, release string, files map[string]string) *xchange {
	t.Helper()
	r := blackbox.StartReference(t, release, "ariapps", func() string { return write(t, 8088, files) })
	if err := os.MkdirAll(filepath.Join(r.Root, "var/spool/octothorpe-reference-ariapps/recording"), 0o777); err != nil {
		t.Fatal(err)
	}
	x := &xchange{name: "asterisk " + release, url: "http://127.0.0.1:8088/ari", namespace: r.Namespace, root: r.Root, dial: blackbox.DialIn(r.Namespace)}
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) { // it boots
		c, err := ari.Connect(t.Context(), x.config())
		if err == nil {
			_, err = c.Channels.List(t.Context())
			_ = c.Close()
		}
		if err == nil {
			return x
		}
		if time.Now().After(end) {
			t.Fatalf("%s does not boot: %v", x.name, err)
		}
	}
}

func (x *xchange) config(apps ...string) ari.Config {
	return ari.Config{URL: x.url, Username: "me", Password: "secret", Apps: apps, MinBackoff: 50 * time.Millisecond,
		HTTPClient: &http.Client{Transport: &http.Transport{DialContext: x.dial}}}
}

// client connects as some applications.
func (x *xchange) client(t *testing.T, change func(*ari.Config), apps ...string) *ari.Client {
	t.Helper()
	config := x.config(apps...)
	if change != nil {
		change(&config)
	}
	c, err := ari.Connect(within(t), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// command is a program that runs where the exchange is.
func (x *xchange) command(ctx context.Context, program string, args ...string) *exec.Cmd {
	if x.namespace != "" {
		program, args = "ip", append([]string{"netns", "exec", x.namespace, program}, args...)
	}
	c := exec.CommandContext(ctx, program, args...)
	c.Cancel = func() error { return c.Process.Signal(os.Interrupt) }
	c.WaitDelay = 10 * time.Second
	return c
}

// A cutter makes connections, and cuts them.
type cutter struct {
	dial blackbox.Dial
	mu   sync.Mutex
	off  bool
	all  []net.Conn
}

var errCut = errors.New("the cable is cut")

func (k *cutter) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	k.mu.Lock()
	off := k.off
	k.mu.Unlock()
	if off {
		return nil, errCut
	}
	conn, err := k.dial(ctx, network, address)
	k.mu.Lock()
	defer k.mu.Unlock()
	if err == nil {
		k.all = append(k.all, conn)
	}
	return conn, err
}

// cut cuts all connections; there are no new ones until it mends.
func (k *cutter) cut(off bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.off = off; off {
		for _, conn := range k.all {
			_ = conn.Close()
		}
		k.all = nil
	}
}
