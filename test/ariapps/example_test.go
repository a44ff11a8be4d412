package ariapps

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/ari"
	"github.com/octothorpe/octothorpe/test/blackbox"
)

// TestExamples runs the programs of examples/ari as their users would.
func TestExamples(t *testing.T) {
	plan := dialplan + `exten => ivr,1,Stasis(ivr)
 same => n,Goto(hold,1)
exten => waiting,1,Stasis(holdbridge)
 same => n,Goto(hold,1)
exten => dial,1,Stasis(bridgedial,Local/${TO}@test)
 same => n,Hangup()
exten => agent,1,Stasis(voiceagent)
 same => n,Hangup()
`
	exchanges(t, map[string]string{"extensions.conf": plan}, func(t *testing.T, x *xchange) {
		t.Run("report", func(t *testing.T) { exampleReport(t, x) })
		t.Run("ivr", func(t *testing.T) { exampleIVR(t, x) })
		t.Run("bridgedial", func(t *testing.T) { exampleBridgeDial(t, x) })
		t.Run("holdbridge", func(t *testing.T) { exampleHoldBridge(t, x) })
		t.Run("voiceagent", func(t *testing.T) { exampleVoiceAgent(t, x) })
	})
}

func TestMain(m *testing.M) { blackbox.Main(m) }

// A program that runs until the test ends.
type program struct {
	in    io.Writer
	lines chan string // of its output
	ended chan error
}

// start runs an example. Its application exists when it returns.
func (x *xchange) start(t *testing.T, name string, args ...string) *program {
	t.Helper()
	c := x.command(t.Context(), blackbox.Build(t, "examples/ari/"+name), append([]string{"-url", x.url}, args...)...)
	p := x.launch(t, c)
	watcher := x.client(t, nil)
	for ctx := within(t); ; time.Sleep(20 * time.Millisecond) {
		if _, err := watcher.Applications.Get(ctx, name); err == nil {
			return p
		} else if ari.Status(err) == 0 {
			t.Fatalf("%s does not connect: %v", name, err)
		}
	}
}

func (x *xchange) launch(t *testing.T, c *exec.Cmd) *program {
	t.Helper()
	if c.Env == nil {
		c.Env = os.Environ()
	}
	c.Env = append(c.Env, "ARI_PASSWORD=secret")
	in, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	c.Stdout, c.Stderr = w, w
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	_ = w.Close()
	p := &program{in: in, lines: make(chan string, 1000), ended: make(chan error, 1)}
	go func() {
		for s := bufio.NewScanner(r); s.Scan(); {
			p.lines <- s.Text()
		}
		close(p.lines)
		p.ended <- c.Wait()
	}()
	t.Cleanup(func() {
		_ = c.Process.Signal(os.Interrupt)
		for line := range p.lines {
			t.Log(line)
		}
		<-p.ended
		_ = r.Close()
	})
	return p
}

// says waits for a line that the program writes.
func (p *program) says(t *testing.T, text string) string {
	t.Helper()
	for {
		select {
		case line, ok := <-p.lines:
			if !ok {
				t.Fatalf("it ends, and does not say %q", text)
			}
			if strings.Contains(line, text) {
				return line
			}
			t.Log(line)
		case <-within(t).Done():
			t.Fatalf("it does not say %q", text)
		}
	}
}

func exampleReport(t *testing.T, x *xchange) {
	for _, one := range []struct {
		endpoint, extension string
		answered            bool
		cause               int
		least, most         float64
	}{
		{"Local/hold@test", "brief", true, 17, 0.9, 3},
		{"Local/reject@test", "brief", false, 17, 0, 0},
		{"Local/busy@test", "brief", false, 0, 0, 0},
		{"Local/silent@test", "brief", false, 0, 0, 0},
	} {
		c := x.command(within(t), blackbox.Build(t, "examples/ari/report"), "-url", x.url, "-context", "test", "-extension", one.extension, "-timeout", "1", one.endpoint)
		c.Env = append(os.Environ(), "ARI_PASSWORD=secret")
		out, err := c.Output()
		if err != nil {
			t.Fatalf("%s: %v", one.endpoint, err)
		}
		var told struct {
			Endpoint string
			Answered bool
			Duration float64
			Cause    int
			Text     string `json:"cause_txt"`
		}
		if err := json.Unmarshal(out, &told); err != nil {
			t.Fatalf("%s: %v", out, err)
		}
		t.Logf("%s", out)
		if told.Endpoint != one.endpoint || told.Answered != one.answered || one.cause > 0 && told.Cause != one.cause || told.Text == "" ||
			told.Duration < one.least || told.Duration > one.most {
			t.Errorf("%s is reported as %s", one.endpoint, out)
		}
	}
}

// exampleIVR has callers who press a key: for the dialplan, and for a message.
func exampleIVR(t *testing.T, x *xchange) {
	ctx := within(t)
	x.start(t, "ivr", "-menu", "sound:beep")
	c := x.client(t, func(c *ari.Config) { c.SubscribeAll = true }, "watcher")
	for _, one := range []struct {
		caller string
		leaves bool // a message
	}{{"press", false}, {"talk", true}} {
		watch := c.Subscribe(ari.SubscribeOptions{})
		_, err := c.Channels.Originate(ctx, "Local/ivr@test/n", &ari.ChannelOriginateOptions{Context: "test", Extension: one.caller, Priority: 1,
			Variables: map[string]string{"KEYS": "3"}})
		if err != nil {
			t.Fatal(err)
		}
		recorded := false
		for {
			e, err := watch.Next(ctx)
			if err != nil {
				t.Fatalf("%s: %v", one.caller, err)
			}
			if r, ok := e.(*ari.RecordingFinished); ok {
				recorded = r.Recording.State == "done"
			}
			if p, ok := e.(*ari.ChannelDialplan); ok && p.Channel.Dialplan.Exten == "hold" && p.DialplanApp == "Wait" {
				if err := c.Channels.Hangup(ctx, p.Channel.ID, nil); err != nil {
					t.Error(err)
				}
				break
			}
		}
		watch.Close()
		if recorded != one.leaves {
			t.Errorf("%s: a message is recorded: %t", one.caller, recorded)
		}
	}
}

// exampleBridgeDial connects two, of whom each hangs up once, and reports that somebody is busy.
func exampleBridgeDial(t *testing.T, x *xchange) {
	ctx := within(t)
	x.start(t, "bridgedial")
	c := x.client(t, nil, "tester")
	dial := func(to string) *ari.ChannelHandle {
		t.Helper()
		leg, err := c.Originate(ctx, "Local/dial@test/n", &ari.ChannelOriginateOptions{Variables: map[string]string{"__TO": to}})
		if err != nil {
			t.Fatal(err)
		}
		return leg
	}
	bridged := func(n int) []ari.Bridge {
		t.Helper()
		for ; ; time.Sleep(20 * time.Millisecond) {
			bridges, err := c.Bridges.List(ctx)
			if err != nil {
				t.Fatal(err)
			}
			bridges = slices.DeleteFunc(bridges, func(b ari.Bridge) bool { return len(b.Channels) != 2 })
			if len(bridges) == n {
				return bridges
			}
		}
	}
	leg := dial("hold")
	if err := leg.WaitUp(ctx); err != nil {
		t.Fatal(err)
	}
	bridged(1)
	if err := leg.Hangup(ctx, nil); err != nil {
		t.Error(err)
	}
	bridged(0)
	empty(t, c)
	leg = dial("later") // the callee hangs up
	if err := leg.WaitUp(ctx); err != nil {
		t.Fatal(err)
	}
	for _, id := range bridged(1)[0].Channels {
		one, err := c.Channels.Get(ctx, id)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(one.Name, "Local/later@") {
			if err := c.Channels.Hangup(ctx, id, nil); err != nil {
				t.Error(err)
			}
		}
	}
	if _, err := leg.WaitEnd(ctx); err != nil {
		t.Error(err)
	}
	empty(t, c)
	want := 17
	if x.name == "asterisk 16" {
		want = 16 // it can't be told a cause by its number
	}
	if end, err := dial("reject").WaitEnd(ctx); err != nil || end.Cause != want {
		t.Errorf("somebody is busy: %d, %v", end.Cause, err)
	}
	empty(t, c)
}

// empty waits until there is neither a channel nor a bridge.
func empty(t *testing.T, c *ari.Client) {
	t.Helper()
	for ctx := within(t); ; time.Sleep(20 * time.Millisecond) {
		channels, err := c.Channels.List(ctx)
		if err != nil {
			t.Fatalf("%v: %+v", err, channels)
		}
		bridges, err := c.Bridges.List(ctx)
		if err != nil {
			t.Fatalf("%v: %+v", err, bridges)
		}
		if len(channels)+len(bridges) == 0 {
			return
		}
	}
}

func exampleHoldBridge(t *testing.T, x *xchange) {
	ctx := within(t)
	p := x.start(t, "holdbridge")
	c := x.client(t, nil, "tester")
	var legs []*ari.ChannelHandle
	var names []string
	for range 3 {
		leg, err := c.Originate(ctx, "Local/waiting@test/n", nil)
		if err != nil {
			t.Fatal(err)
		}
		legs = append(legs, leg)
		names = append(names, strings.TrimPrefix(p.says(t, "waiting: "), "waiting: "))
	}
	if err := legs[0].Hangup(ctx, nil); err != nil {
		t.Error(err)
	}
	if line := p.says(t, "gave up: "); line != "gave up: "+names[0] {
		t.Errorf("%s, want %s", line, names[0])
	}
	for _, name := range names[1:] {
		if _, err := io.WriteString(p.in, "\n"); err != nil {
			t.Fatal(err)
		}
		if line := p.says(t, "next: "); line != "next: "+name {
			t.Errorf("%s, want %s", line, name)
		}
	}
	for n := 0; n < 2; time.Sleep(20 * time.Millisecond) { // both are in the dialplan
		channels, err := c.Channels.List(ctx)
		if err != nil {
			t.Fatal(err)
		}
		n = 0
		for _, one := range channels {
			if slices.Contains(names, one.Name) && one.Dialplan.Exten == "hold" {
				n++
			}
		}
	}
	for _, leg := range legs[1:] {
		if err := leg.Hangup(ctx, nil); err != nil {
			t.Error(err)
		}
	}
}

// exampleVoiceAgent records the greeting of the agent, and then says something to it.
func exampleVoiceAgent(t *testing.T, x *xchange) {
	ctx := within(t)
	c := x.client(t, nil, "tester")
	p := x.start(t, "voiceagent")
	leg, err := c.Originate(ctx, "Local/agent@test/n", nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := leg.WaitStart(ctx); err != nil {
		t.Fatal(err)
	}
	const name = "octothorpe-greeting"
	recording, err := leg.Record(ctx, name, "wav", &ari.ChannelRecordOptions{IfExists: "overwrite", MaxDurationSeconds: 1})
	if err != nil {
		t.Fatal(err)
	}
	if err := recording.Wait(ctx); err != nil {
		t.Fatal(err)
	}
	file, err := c.Recordings.GetStoredFile(ctx, name)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(file)
	_ = file.Close()
	if err != nil {
		t.Fatal(err)
	}
	if n := loud(b); n < 2000 {
		t.Errorf("of the greeting %d samples of %d bytes are loud", n, len(b))
	}
	if err := c.Recordings.DeleteStored(ctx, name); err != nil {
		t.Error(err)
	}
	playback, err := leg.Play(ctx, nil, "tone:1000/500")
	if err == nil {
		time.AfterFunc(2*time.Second, func() { _ = playback.Stop(context.WithoutCancel(ctx)) })
		err = playback.Wait(ctx)
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := leg.Hangup(ctx, nil); err != nil {
		t.Error(err)
	}
	line := p.says(t, "the call has ended")
	_, text, _ := strings.Cut(line, "heard=")
	if heard, err := time.ParseDuration(text); err != nil || heard < 200*time.Millisecond {
		t.Errorf("%s", line)
	}
}

// loud counts the samples of a WAV file that are no silence.
func loud(b []byte) (n int) {
	at := bytes.Index(b, []byte("data"))
	for i := at + 8; at >= 0 && i+1 < len(b); i += 2 {
		if s := int16(binary.LittleEndian.Uint16(b[i:])); s > 2000 || s < -2000 {
			n++
		}
	}
	return n
}
