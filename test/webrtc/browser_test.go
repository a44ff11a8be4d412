package webrtc

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/octothorpe/octothorpe/test/blackbox"
)

// An exchange is the program with a configuration for one phone in a browser.
type exchange struct {
	t       *testing.T
	binary  string
	config  string
	console bytes.Buffer
	http    string // host:port
	https   string
}

const files = `
-- asterisk.conf --
[directories]
astetcdir => DIR/etc
astvarlibdir => DIR/lib
astdbdir => DIR/lib
astspooldir => DIR/spool
astrundir => DIR/run
astlogdir => DIR/log
-- logger.conf --
[logfiles]
full => notice,warning,error,verbose(5),debug
-- modules.conf --
[modules]
autoload=yes
noload => chan_sip.so
-- http.conf --
[general]
enabled=yes
bindaddr=127.0.0.1
bindport=HTTPPORT
tlsenable=yes
tlsbindaddr=127.0.0.1:TLSPORT
tlscertfile=DIR/etc/cert.pem
-- manager.conf --
[general]
enabled=no
-- rtp.conf --
[general]
rtpstart=21000
rtpend=22000
-- pjsip.conf --
[ws]
type=transport
protocol=ws
bind=127.0.0.1
[wss]
type=transport
protocol=wss
bind=127.0.0.1
[browser](!)
type=endpoint
webrtc=yes
context=office
allow=!all,opus,ulaw,vp8
[secret](!)
type=auth
auth_type=digest
password=secret
supported_algorithms_uas=SHA-256
[one](!)
type=aor
max_contacts=1
remove_existing=yes
[alice](browser)
auth=alice
aors=alice
[alice](secret)
username=alice
[alice](one)
[bob](browser)
auth=bob
aors=bob
[bob](secret)
username=bob
[bob](one)
-- extensions.conf --
[office]
exten => echo,1,Answer()
same => n,Echo()
exten => bob,1,Dial(PJSIP/bob)
exten => tone,1,Answer()
same => n,Playtones(440)
same => n,Wait(60)
`

func TestMain(m *testing.M) { blackbox.Main(m) }

func start(t *testing.T) *exchange {
	t.Helper()
	x := &exchange{t: t, binary: blackbox.Build(t, "cmd/octothorpe"), http: blackbox.Address(t), https: blackbox.Address(t)}
	dir := t.TempDir()
	text := strings.NewReplacer("DIR", dir, "HTTPPORT", port(x.http), "TLSPORT", port(x.https)).Replace(files)
	for _, part := range strings.Split(text, "\n-- ")[1:] {
		name, body, _ := strings.Cut(part, " --\n")
		write(t, filepath.Join(dir, "etc", name), body)
	}
	write(t, filepath.Join(dir, "etc", "cert.pem"), certificate(t))
	x.config = filepath.Join(dir, "etc", "asterisk.conf")
	c := exec.Command(x.binary, "-f", "-C", x.config)
	c.Stdout, c.Stderr = &x.console, &x.console
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		x.ask("core stop now")
		done := make(chan error, 1)
		go func() { done <- c.Wait() }()
		select {
		case err := <-done:
			if err != nil {
				t.Errorf("the exchange ended with %v", err)
			}
		case <-time.After(15 * time.Second):
			_ = c.Process.Kill()
			t.Error("the exchange did not end")
		}
		if log, err := os.ReadFile(filepath.Join(dir, "log", "full")); err == nil && t.Failed() {
			t.Logf("console:\n%s\nlog:\n%s", x.console.String(), log[max(0, len(log)-8000):])
		}
	})
	end := time.Now().Add(20 * time.Second)
	for !strings.Contains(x.ask("core waitfullybooted"), "fully booted") {
		if time.Now().After(end) {
			t.Fatalf("the exchange does not boot:\n%s", x.console.String())
		}
		time.Sleep(50 * time.Millisecond)
	}
	return x
}

// ask runs a console command.
func (x *exchange) ask(command string) string {
	out, _ := exec.Command(x.binary, "-C", x.config, "-rx", command).CombinedOutput()
	return string(out)
}

func port(address string) string {
	_, text, _ := net.SplitHostPort(address)
	return text
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// certificate is one for HTTPS, with its key.
func certificate(t *testing.T) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})) + string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}))
}

// chromium is the program, without which a test is skipped.
func chromium(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("there is no chromium")
	}
	return path
}

// browser opens the page of the phone in headless Chromium.
func browser(t *testing.T) context.Context {
	t.Helper()
	path := chromium(t)
	pages := httptest.NewServer(http.FileServer(http.Dir("testdata")))
	t.Cleanup(pages.Close)
	ctx, cancel := context.WithTimeout(context.Background(), 90*time.Second)
	t.Cleanup(cancel)
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox,
		chromedp.Flag("autoplay-policy", "no-user-gesture-required"), chromedp.Flag("ignore-certificate-errors", true),
		chromedp.UserDataDir(t.TempDir()))
	ctx, cancel = chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	if _, err := chromedp.Run(ctx, chromedp.Navigate(pages.URL+"/phone.html")); err != nil {
		t.Fatal(err)
	}
	return ctx
}

// run evaluates what the page is to do, and gives what came of it.
func run[T any](t *testing.T, ctx context.Context, script string) T {
	t.Helper()
	result, err := chromedp.Run(ctx, chromedp.Evaluate[T](script, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatalf("%s: %v", script, err)
	}
	return result
}

func TestABrowserCallsAndIsCalled(t *testing.T) {
	chromium(t)
	x := start(t)
	ctx := browser(t)
	for _, c := range []struct{ name, url string }{{"ws", "ws://" + x.http + "/ws"}, {"wss", "wss://" + x.https + "/ws"}} {
		t.Run(c.name, func(t *testing.T) {
			got := run[int](t, ctx, fmt.Sprintf(`globalThis.phone = new Phone(%q, "alice", "secret"); phone.register()`, c.url))
			if got != 200 {
				t.Fatalf("REGISTER: %d", got)
			}
			if contacts := x.ask("pjsip show contacts"); !strings.Contains(contacts, "alice/sip:alice@127.0.0.1:") {
				t.Errorf("the contact is not where the browser is:\n%s", contacts)
			}
			if got := run[int](t, ctx, `phone.call("echo")`); got != 200 {
				t.Fatalf("INVITE: %d", got)
			}
			if got := run[string](t, ctx, `phone.hears()`); got != "audio/opus" {
				t.Errorf("the echo came by %s, want audio/opus", got)
			}
			if got := run[int](t, ctx, `phone.bye()`); got != 200 {
				t.Errorf("BYE: %d", got)
			}
			if got := run[int](t, ctx, `phone.call("tone")`); got != 200 {
				t.Fatalf("INVITE: %d", got)
			}
			if got := run[string](t, ctx, `phone.hears()`); got != "audio/PCMU" {
				t.Errorf("the tone came by %s, want audio/PCMU, as Opus is not made here", got)
			}
			if got := run[int](t, ctx, `phone.bye()`); got != 200 {
				t.Errorf("BYE: %d", got)
			}
			x.ask("channel originate PJSIP/alice extension echo@office")
			if !run[bool](t, ctx, `phone.called`) {
				t.Error("the browser was not called")
			}
			if got := run[string](t, ctx, `phone.hears()`); got != "audio/opus" {
				t.Errorf("the echo of the call to the browser came by %s, want audio/opus", got)
			}
			x.ask("channel request hangup all")
		})
	}
}

// TestBrowsersSeeEachOther: sound and pictures of each call in one bundle.
func TestBrowsersSeeEachOther(t *testing.T) {
	chromium(t)
	x := start(t)
	ctx := browser(t)
	for _, name := range []string{"alice", "bob"} {
		script := fmt.Sprintf(`globalThis.%[1]s = new Phone("ws://%[2]s/ws", %[1]q, "secret"); %[1]s.pictures = true; %[1]s.register()`, name, x.http)
		if got := run[int](t, ctx, script); got != 200 {
			t.Fatalf("REGISTER of %s: %d", name, got)
		}
	}
	const want = "video/VP8 1"
	if got := run[int](t, ctx, `alice.call("echo")`); got != 200 {
		t.Fatalf("INVITE: %d", got)
	}
	if got := run[string](t, ctx, `alice.hears()`); got != "audio/opus" {
		t.Errorf("the echo came by %s, want audio/opus", got)
	}
	if got := run[string](t, ctx, `alice.sees()`); got != want {
		t.Errorf("the echo of the pictures came by %q, want %q, a codec and the number of transports", got, want)
	}
	if got := run[int](t, ctx, `alice.bye()`); got != 200 {
		t.Errorf("BYE: %d", got)
	}
	if got := run[int](t, ctx, `alice.call("bob")`); got != 200 {
		t.Fatalf("INVITE: %d", got)
	}
	for _, name := range []string{"alice", "bob"} {
		if got := run[string](t, ctx, name+`.hears()`); got != "audio/opus" {
			t.Errorf("%s hears %s, want audio/opus", name, got)
		}
		if got := run[string](t, ctx, name+`.sees()`); got != want {
			t.Errorf("%s sees %q, want %q, a codec and the number of transports", name, got, want)
		}
	}
	if got := run[int](t, ctx, `alice.bye()`); got != 200 {
		t.Errorf("BYE: %d", got)
	}
}
