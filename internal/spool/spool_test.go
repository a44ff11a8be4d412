package spool

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/octothorpe/octothorpe/internal/bridge"
	"github.com/octothorpe/octothorpe/internal/call"
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/channel/channeltest"
	"github.com/octothorpe/octothorpe/internal/media"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// plan is a dialplan in which every leg ends after three seconds.
type plan struct {
	mu  sync.Mutex
	ran []string
}

func (p *plan) note(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ran = append(p.ran, fmt.Sprintf(format, args...))
}

func (p *plan) seen() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Join(p.ran, "; ")
}

func (p *plan) Exists(l channel.Location, _ string) bool {
	return l.Exten != "failed" || l.Context == "t"
}
func (p *plan) Start(c *channel.Channel)  { go p.Run(c) }
func (p *plan) Farewell(*channel.Channel) {}
func (p *plan) Assign(_ context.Context, c *channel.Channel, name, value string) error {
	c.SetVariable(name, value)
	return nil
}

func (p *plan) Run(c *channel.Channel) {
	v, _ := c.Variable("V")
	reason, _ := c.Variable("REASON")
	name, _, _ := strings.Cut(c.Name(), "-")
	l := c.Location()
	p.note("%s at %s,%s,%d V=%s caller %s account %s%s", name, l.Context, l.Exten, l.Priority, v, c.Caller().Number.Text, c.AccountCode(), reason)
	select {
	case <-time.After(3 * time.Second):
	case <-c.Context().Done():
	}
	c.End()
}

func (p *plan) Execute(_ context.Context, _ *channel.Channel, application, data string) error {
	p.note("%s(%s)", application, data)
	time.Sleep(3 * time.Second)
	return nil
}

// far answers after a second, or is busy, or goes on ringing.
func far(destination string, c *channeltest.Channel) {
	time.Sleep(time.Second)
	switch destination {
	case "answers":
		c.Accept()
	case "busy":
		c.Signal(media.Busy)
	}
}

// in runs a spool in virtual time with one file in it, changed at a time from now.
func in(t *testing.T, text string, from, length time.Duration) (ran, left, kept string) {
	t.Helper()
	dir := t.TempDir()
	channeltest.In(t, func(t *testing.T, x *channeltest.Exchange) {
		x.Register(&channeltest.Driver{Exchange: x, Behave: far})
		p := &plan{}
		log := slog.New(slog.DiscardHandler)
		s := &Spool{Dialplan: p, Logger: log, Folder: filepath.Join(dir, "outgoing"), Done: filepath.Join(dir, "done"),
			Calls: &call.Calls{Channels: x.Registry, Bridges: bridge.NewRegistry(x.Registry), Dialplan: p, Logger: log}}
		if err := os.MkdirAll(s.Folder, 0o700); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(s.Folder, "a.call")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if at := time.Now().Add(from); os.Chtimes(path, at, at) != nil {
			t.Fatal("the file's time can't be set")
		}
		ctx, cancel := context.WithTimeout(t.Context(), length)
		defer cancel()
		done := make(chan struct{})
		go func() { defer close(done); s.Run(ctx) }()
		<-done
		synctest.Wait()
		ran, left, kept = p.seen(), noted(path), noted(filepath.Join(s.Done, "a.call"))
	})
	return ran, left, kept
}

var numbers = regexp.MustCompile(`(\w+Retry): \d+ (\d+) \(\d+\)`)

// noted is what is in a file behind what the test wrote, with the lines joined.
func noted(path string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return "gone"
	}
	_, text2, _ := strings.Cut(string(text), "END\n")
	return strings.Join(strings.Fields(strings.ReplaceAll(numbers.ReplaceAllString(text2, "$1=$2"), ": ", "=")), " ")
}

func TestSpool(t *testing.T) {
	const rest = "MaxRetries: 1\nRetryTime: 5\nWaitTime: 3\n"
	for _, c := range []struct {
		name, text      string
		from, length    time.Duration
		ran, left, kept string
	}{
		{"an extension", "Channel: Test/answers\nContext: t\nExtension: dest\nPriority: 2\nSetvar: V=1=2\nCallerid: \"Joe\" <123>\nAccount: acc\n#END\n", 0, 10 * time.Second,
			"Test/answers at t,dest,2 V=1=2 caller 123 account acc", "gone", "gone"},
		{"an application", "; a comment\nchannel: Test/answers ; behind it\nApplication: Echo\nData: a\\;b\nArchive: yes\n#END\n", 0, 10 * time.Second,
			"Echo(a;b)", "gone", "StartRetry=1 Status=Completed"},
		{"during the call", "Channel: Test/answers\nApplication: Echo\n#END\n", 0, 3 * time.Second, "Echo()", "StartRetry=1", "gone"},
		{"busy", rest + "Channel: Test/busy\nContext: t\nExtension: dest\nArchive: yes\n#END\n", 0, 20 * time.Second,
			"OutgoingSpoolFailed at t,failed,1 V= caller  account 5; OutgoingSpoolFailed at t,failed,1 V= caller  account 5", "gone",
			"StartRetry=1 EndRetry=1 StartRetry=2 Status=Expired"},
		{"rings", rest + "Channel: Test/rings\nContext: u\nExtension: dest\n#END\n", 0, 4500 * time.Millisecond, "", "StartRetry=1 EndRetry=1", "gone"},
		{"rings for ever", rest + "Channel: Test/rings\nContext: u\nExtension: dest\n#END\n", 0, 20 * time.Second, "", "gone", "gone"},
		{"to be kept", "Channel: Test/busy\nApplication: Echo\nAlwaysDelete: no\nRetryTime: 9\n#END\n", 0, 5 * time.Second, "", "StartRetry=1", "gone"},
		{"later", "Channel: Test/answers\nApplication: Echo\n#END\n", 10 * time.Second, 9 * time.Second, "", "", "gone"},
		{"at last", "Channel: Test/answers\nApplication: Echo\n#END\n", 10 * time.Second, 20 * time.Second, "Echo()", "gone", "gone"},
		{"nothing to do", "Channel: Test/answers\nContext: t\n#END\n", -time.Minute, 5 * time.Second, "", "gone", "gone"},
		{"no device", "Channel: Test\nApplication: Echo\n#END\n", -time.Minute, 5 * time.Second, "", "gone", "gone"},
		{"of an exchange that is no more", "Channel: Test/answers\nApplication: Echo\nMaxRetries: 1\n#END\n\nStartRetry: 1 1 (0)\n", 0, 3 * time.Second,
			"Echo()", "StartRetry=1 AbortRetry=1 StartRetry=2", "gone"},
		{"of one that had our number", fmt.Sprintf("Channel: Test/answers\nApplication: Echo\nMaxRetries: 1\n#END\n\nStartRetry: %d 1 (0)\n", os.Getpid()), 0, 3 * time.Second,
			"Echo()", "StartRetry=1 AbortRetry=1 StartRetry=2", "gone"},
		{"under way for longer than the time between two", "Channel: Test/rings\nApplication: Echo\nMaxRetries: 1\nRetryTime: 2\n#END\n", 0, 3500 * time.Millisecond,
			"", "StartRetry=1 DelayedRetry=0", "gone"},
		{"too long a time between two", "Channel: Test/busy\nApplication: Echo\nMaxRetries: 9\nRetryTime: 9999999999999\n#END\n", 0, 20 * time.Second,
			"", "StartRetry=1 EndRetry=1", "gone"},
		{"too long a file", "Channel: Test/answers\nApplication: Echo\n" + strings.Repeat(";\n", 1<<20) + "END\n", 0, 20 * time.Second, "", "", "gone"},
		{"tried often enough", "Channel: Test/answers\nApplication: Echo\nArchive: yes\n#END\n\nEndRetry: 1 1 (0)\n", 0, 3 * time.Second,
			"", "gone", "EndRetry=1 Status=Expired"},
	} {
		t.Run(c.name, func(t *testing.T) {
			ran, left, kept := in(t, c.text, c.from, c.length)
			if ran != c.ran || left != c.left || kept != c.kept {
				t.Errorf("ran %q, want %q\nleft %q, want %q\nkept %q, want %q", ran, c.ran, left, c.left, kept, c.kept)
			}
		})
	}
}
