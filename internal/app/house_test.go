package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/octothorpe/octothorpe/internal/bridge"
	"github.com/octothorpe/octothorpe/internal/call"
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/dialplan"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/media"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// testLeg is a leg whose far end is the test.
type testLeg struct {
	mu      sync.Mutex
	written []media.Frame
	digits  string
	texts   []string

	pictures int // whole ones that were asked for
}

func (l *testLeg) Call(context.Context) error { return nil }
func (l *testLeg) Answer() error              { return nil }
func (l *testLeg) Indicate(f media.Frame) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if f.Signal == media.VideoUpdate {
		l.pictures++
		return nil
	}
	return channel.ErrNotIndicated
}
func (l *testLeg) WriteFormat() *media.Format { return media.ULaw }
func (l *testLeg) Hangup(int)                 {}

func (l *testLeg) Write(f media.Frame) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.written = append(l.written, f)
	return nil
}

func (l *testLeg) BeginDigit(byte) error { return nil }
func (l *testLeg) EndDigit(digit byte, _ int) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.digits += string(rune(digit))
	return nil
}

func (l *testLeg) SendText(text string) error {
	l.texts = append(l.texts, text)
	return nil
}

func (l *testLeg) samples() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := 0
	for _, f := range l.written {
		n += f.Samples
	}
	return n
}

// testSounds has prompts of known length, in seconds; any other name of a folder
// lasts a tenth of one.
type testSounds map[string]float64

type testStream struct{ at, length int64 }

func (s *testStream) Format() *media.Format { return media.ULaw }
func (s *testStream) Position() int64       { return s.at }
func (s *testStream) Length() int64         { return s.length }
func (s *testStream) SeekTo(n int64) error  { s.at = min(max(n, 0), s.length); return nil }
func (s *testStream) Next() (media.Frame, error) {
	if s.at >= s.length {
		return media.Frame{}, io.EOF
	}
	s.at += 160
	return media.Frame{Kind: media.Voice, Format: media.ULaw, Data: make([]byte, 160), Samples: 160}, nil
}

func (t testSounds) Open(name, _ string, _ *channel.Channel) (channel.Source, error) {
	length, ok := t[name]
	if !ok && strings.Contains(name, "/") {
		length, ok = 0.1, true
	}
	if !ok {
		return nil, fmt.Errorf("%s: %w", name, fs.ErrNotExist)
	}
	return &testStream{length: int64(length * 8000)}, nil
}

func (t testSounds) Exists(name, _ string) bool { _, ok := t[name]; return ok }

func (t testSounds) Tone(name string, _ *channel.Channel) (channel.Source, error) {
	script, err := media.ParseTone(map[string]string{"dial": "350+440", "busy": "480+620/500,0/500"}[name] + name)
	if err != nil {
		script, err = media.ParseTone(name)
	}
	if err != nil {
		return nil, err
	}
	return script.Play(), nil
}

func (t testSounds) Music(class string, _ *channel.Channel) (channel.Source, error) {
	if class == "none" || class == "nosuch" {
		return nil, errors.New("no such class")
	}
	return &testStream{length: 1 << 40}, nil
}

// exchange is an engine with the applications of this package.
type exchange struct {
	*House
	engine *dialplan.Engine
	mu     sync.Mutex
	said   []string // what NoOp was given
	of     string   // the leg of which alone that is told, if not empty
	played []string
	toWhom []string // the leg to which each was played
	names  int
}

func newExchange(t *testing.T, text string) *exchange {
	t.Helper()
	bus := event.NewBus()
	log := slog.New(slog.DiscardHandler)
	f, err := config.Parse("extensions.conf", []byte(text), config.Options{})
	if err != nil {
		t.Fatal(err)
	}
	channels := channel.NewRegistry(bus, log, "")
	engine := dialplan.NewEngine(dialplan.Config{Channels: channels, Logger: log})
	plan, problems := dialplan.Load(f, engine.Env(context.Background(), nil))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if err := engine.Reload(plan); err != nil {
		t.Fatal(err)
	}
	x := &exchange{engine: engine}
	bridges := bridge.NewRegistry(channels)
	calls := &call.Calls{Channels: channels, Bridges: bridges, Dialplan: engine, Logger: log}
	x.House = &House{Extend: engine.Extend, Calls: calls, Channels: channels, Bridges: bridges, Dialplan: engine, Logger: log,
		Database: testDatabase{}, ReloadModule: reloads,
		Recordings: t.TempDir(), Sounds: testSounds{"demo-thanks": 5.4, "beep": 0.3, "agent-pass": 1, "auth-incorrect": 1,
			"auth-thankyou": 1, "vm-goodbye": 1, "vm-youhave": 0.6, "queue-minutes": 0.5, "queue-seconds": 0.6, "uppercase": 0.1,
			"priv-callpending": 3, "priv-callee-options": 9, "screen-callee-options": 9, "vm-dialout": 2, "vm-sorry": 2, "privacy-unident": 6, "privacy-prompt": 4, "privacy-incorrect": 3, "privacy-thankyou": 1, "lowercase": 0.1}}
	calls.Pickups = x.House
	for _, a := range x.Applications() {
		engine.AddApplication(a)
	}
	t.Cleanup(bus.Subscribe(event.Kinds(event.KindNewexten, event.KindTestEvent), x.hear))
	return x
}

// hearOnly has only what the leg of a name says heard; "" is all.
func (x *exchange) hearOnly(name string) {
	x.mu.Lock()
	x.of = name
	x.mu.Unlock()
}

func (x *exchange) hear(s event.Stamped) {
	x.mu.Lock()
	defer x.mu.Unlock()
	switch e := s.Event.(type) {
	case *event.Newexten:
		if e.Application == "NoOp" && (x.of == "" || e.Channel.Name == x.of) {
			x.said = append(x.said, e.Data)
		}
	case *event.TestEvent:
		if e.State != "PLAYBACK" {
			return
		}
		x.played = append(x.played, e.Fields[0].Value)
		x.toWhom = append(x.toWhom, e.Fields[1].Value)
	}
}

func (x *exchange) heard() string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return strings.Join(x.said, "; ")
}

// to returns what was played to a leg.
func (x *exchange) to(name string) string {
	x.mu.Lock()
	defer x.mu.Unlock()
	var list []string
	for i, played := range x.played {
		if x.toWhom[i] == name {
			list = append(list, played)
		}
	}
	return strings.Join(list, " ")
}

// call starts a leg, answered, at an extension of the context test.
func (x *exchange) call(t *testing.T, exten string) (*channel.Channel, *testLeg) {
	t.Helper()
	leg := &testLeg{}
	c := x.idle(t, leg)
	c.SetLocation(channel.Location{Context: "test", Exten: exten, Priority: 1})
	x.engine.Start(c)
	return c, leg
}

// idle makes a leg without a dialplan.
func (x *exchange) idle(t *testing.T, leg *testLeg) *channel.Channel {
	t.Helper()
	x.names++
	c, err := x.Channels.New(channel.Config{Name: fmt.Sprintf("Test/%d", x.names), Technology: "Test", Leg: leg, State: event.Up})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// press presses keys as a phone does: after half a second, 280 ms each.
func press(c *channel.Channel, keys string) {
	time.Sleep(500 * time.Millisecond)
	for i := range len(keys) {
		c.Deliver(media.Frame{Kind: media.DTMFBegin, Digit: keys[i]})
		time.Sleep(80 * time.Millisecond)
		c.Deliver(media.Frame{Kind: media.DTMFEnd, Digit: keys[i], Duration: 80 * time.Millisecond})
		time.Sleep(200 * time.Millisecond)
	}
}

// in runs a test in virtual time and ends all its calls.
func in(t *testing.T, text string, test func(t *testing.T, x *exchange)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		x := newExchange(t, text)
		test(t, x)
		if err := x.Channels.Shutdown(t.Context(), 16); err != nil {
			t.Error(err)
		}
	})
}
