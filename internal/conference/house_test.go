package conference

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/octothorpe/octothorpe/internal/bridge"
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/channel/channeltest"
	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/media"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is an exchange with conferences. Every prompt lasts a tenth of a second.
type world struct {
	*channeltest.Exchange
	*House
	t *testing.T

	mu    sync.Mutex
	heard []string // "leg sound", "event …"
	keys  map[string]string
}

func in(t *testing.T, file string, test func(t *testing.T, w *world)) {
	t.Helper()
	channeltest.In(t, func(t *testing.T, x *channeltest.Exchange) {
		w := &world{Exchange: x, t: t, keys: map[string]string{}}
		w.House = &House{Channels: x.Registry, Bridges: bridge.NewRegistry(x.Registry), Dialplan: w, Voice: w, Recorder: w,
			Logger: slog.New(slog.DiscardHandler), Spool: t.TempDir(), NextNumber: func() uint32 { return 7 }}
		f, err := config.Parse("confbridge.conf", []byte(file), config.Options{})
		if err != nil {
			t.Fatal(err)
		}
		g, problems := Read(f)
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		w.Configure(g)
		cancel := x.Bus.Subscribe(event.Kinds(event.KindGeneric, event.KindTestEvent), func(s event.Stamped) {
			switch e := s.Event.(type) {
			case *event.Generic:
				text := e.Name
				if e.Channel != nil {
					text += " " + e.Channel.Name
				}
				for _, f := range e.Fields {
					text += " " + f.Name + "=" + f.Value
				}
				w.note(text)
			case *event.TestEvent:
				if e.State == "CONF_CHANGE_STATE" {
					w.note(e.Fields[1].Value + "→" + e.Fields[2].Value)
				}
			}
		})
		defer cancel()
		test(t, w)
	})
}

func (w *world) note(text string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.heard = append(w.heard, text)
}

// noted returns what happened since it was asked last, once all is quiet.
func (w *world) noted() string {
	synctest.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	list := w.heard
	w.heard = nil
	return strings.Join(list, "; ")
}

// after lets time pass and returns what happened.
func (w *world) after(d time.Duration) string {
	time.Sleep(d)
	return w.noted()
}

// The Dialplan.
func (w *world) Aside(_ context.Context, c *channel.Channel, place string) error {
	w.note(c.Name() + " runs " + place)
	return nil
}
func (w *world) AddExtension(in, exten string) error {
	w.note("extension " + exten + "@" + in)
	return nil
}
func (w *world) RemoveExtension(in, exten string) { w.note("no extension " + exten + "@" + in) }

// The Voice.
func (w *world) Prompt(ctx context.Context, c *channel.Channel, name, _ string) (byte, error) {
	w.note(c.Name() + " hears " + name)
	select {
	case <-ctx.Done():
		return 0, context.Cause(ctx)
	case <-time.After(100 * time.Millisecond):
		return 0, nil
	}
}

func (w *world) Digits(_ context.Context, c *channel.Channel, prompt string, _ int) (string, error) {
	w.note(c.Name() + " is asked by " + prompt)
	w.mu.Lock()
	defer w.mu.Unlock()
	key, rest, _ := strings.Cut(w.keys[c.Name()], ",")
	w.keys[c.Name()] = rest
	return key, nil
}

func (w *world) RecordName(_ context.Context, c *channel.Channel, _ string) error {
	w.note(c.Name() + " says its name")
	return nil
}

// sound is voice of a length.
type sound struct {
	left int
	loud float64
}

func (s *sound) Next() (media.Frame, error) {
	if s.left--; s.left < 0 {
		return media.Frame{}, io.EOF
	}
	return channeltest.Tone(media.SLin, s.loud), nil
}

func (w *world) Open(name, _ string, _ *channel.Channel) (channel.Source, error) {
	return &sound{left: 5, loud: 1000}, nil
}
func (w *world) NumberPrompts(n int, _ string) []string { return []string{fmt.Sprint(n)} }
func (w *world) Music(string, *channel.Channel) (channel.Source, error) {
	return &sound{left: 1 << 30, loud: 500}, nil
}

func (w *world) Tell(c *channel.Channel, name, _ string, _ channel.Source) {
	w.note("all hear " + name)
}

// The Recorder.
func (w *world) Record(c *channel.Channel, file, options, _ string) (func(), error) {
	w.note("record " + options)
	return func() { w.note("recorded") }, nil
}

// guest is a leg that is in a conference.
type guest struct {
	*channeltest.Channel
	done chan error
}

// call has a leg call ConfBridge.
func (w *world) call(data string) *guest {
	w.t.Helper()
	c := w.Leg(w.t, &channeltest.Leg{Format: media.SLin})
	g := &guest{c, make(chan error, 1)}
	w.Go(c.Name(), func() {
		g.done <- w.confBridge(c.Context(), c.Channel, data)
		c.Hangup(channel.CauseNormalClearing)
		c.End()
	})
	synctest.Wait()
	return g
}

// key presses a key.
func (g *guest) key(digits string) {
	for _, d := range digits {
		g.Deliver(media.Frame{Kind: media.DTMFBegin, Digit: byte(d)})
		g.Deliver(media.Frame{Kind: media.DTMFEnd, Digit: byte(d), Duration: 100 * time.Millisecond})
	}
}

// talk sends the leg's voice for a time.
func (g *guest) talk(d time.Duration, loud float64) {
	for range d / (20 * time.Millisecond) {
		g.Deliver(channeltest.Tone(media.SLin, loud))
		time.Sleep(20 * time.Millisecond)
	}
}

func (g *guest) result(t *testing.T) string {
	t.Helper()
	synctest.Wait()
	value, _ := g.Variable("CONFBRIDGE_RESULT")
	return value
}

// ask sends a manager action and returns its answer.
func (w *world) ask(name string, fields ...string) string {
	w.t.Helper()
	given := map[string]string{}
	for i := 0; i+1 < len(fields); i += 2 {
		given[fields[i]] = fields[i+1]
	}
	answer := ""
	for _, a := range w.Actions(func(s *event.Channel) []command.Field { return []command.Field{{Key: "Channel", Value: s.Name}} }) {
		if a.Name != name {
			continue
		}
		err := a.Run(w.t.Context(), &command.ActionRequest{Get: func(key string) string { return given[key] },
			Reply: func(response, message string, _ ...command.Field) { answer = response + ": " + message },
			Event: func(name string, fields ...command.Field) {
				answer += name
				for _, f := range fields {
					answer += " " + f.Key + "=" + f.Value
				}
				answer += "\n"
			},
			ListStart: func(string) {}, ListEnd: func(string, int, ...command.Field) {}})
		if err != nil {
			return "Error: " + err.Error()
		}
	}
	return answer
}
