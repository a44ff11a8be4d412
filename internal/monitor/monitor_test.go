package monitor

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/octothorpe/octothorpe/internal/bridge"
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/channel/channeltest"
	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/media"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is an exchange with recordings.
type world struct {
	*channeltest.Exchange
	*House
	t *testing.T

	mu    sync.Mutex
	notes []string
}

func in(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	channeltest.In(t, func(t *testing.T, x *channeltest.Exchange) {
		w := &world{Exchange: x, t: t}
		w.House = &House{Channels: x.Registry, Bridges: bridge.NewRegistry(x.Registry), Dialplan: w, Voice: w, Logger: slog.New(slog.DiscardHandler), Spool: t.TempDir()}
		defer x.Bus.Subscribe(event.Kinds(event.KindMixMonitorStart, event.KindMixMonitorStop, event.KindMixMonitorMute, event.KindChanSpyStart, event.KindChanSpyStop), func(s event.Stamped) {
			switch e := s.Event.(type) {
			case *event.MixMonitorStart:
				w.note("start " + e.Channel.Name)
			case *event.MixMonitorStop:
				w.note("stop " + e.Channel.Name)
			case *event.MixMonitorMute:
				w.note("mute " + e.Direction)
			case *event.ChanSpyStart:
				w.note(e.Spyer.Name + " hears " + e.Spyee.Name)
			case *event.ChanSpyStop:
				w.note(e.Spyer.Name + " hears " + e.Spyee.Name + " no more")
			}
		})()
		test(t, w)
	})
}

func (w *world) note(text string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.notes = append(w.notes, text)
}

func (w *world) noted() string {
	synctest.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	list := w.notes
	w.notes = nil
	return strings.Join(list, "; ")
}

// The Dialplan.
func (w *world) Expand(_ context.Context, _ *channel.Channel, text string) string {
	return strings.ReplaceAll(text, "${NAME}", "expanded")
}

func (w *world) Assign(_ context.Context, c *channel.Channel, name, value string) error {
	c.SetVariable(name, value)
	return nil
}

func (w *world) Goto(_ *channel.Channel, place string) error {
	w.note("go to " + place)
	return nil
}
func (w *world) Exists(l channel.Location, _ string) bool { return l.Exten == "7" }

// The Voice.
func (w *world) Prompt(_ context.Context, c *channel.Channel, name, _ string) (byte, error) {
	w.note(c.Name() + " is played " + name)
	return 0, nil
}
func (w *world) Has(name, _ string) bool { return name == "spy-test" }

type beep int

func (b *beep) Next() (media.Frame, error) {
	if *b--; *b < 0 {
		return media.Frame{}, io.EOF
	}
	return channeltest.Tone(media.SLin, 8000), nil
}

func (w *world) Open(string, string, *channel.Channel) (channel.Source, error) {
	b := beep(5)
	return &b, nil
}

// talk sends a leg's voice for a time, and to it what another says; 0 is nothing.
func talk(t *testing.T, c *channeltest.Channel, d time.Duration, in, out float64) {
	t.Helper()
	for range d / (20 * time.Millisecond) {
		if in > 0 {
			c.Deliver(channeltest.Tone(media.SLin, in))
		}
		if out > 0 {
			if err := c.Write(channeltest.Tone(media.SLin, out)); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// recorded reads a file of linear samples, behind a header of a length, and returns how
// long it is and how loud.
func (w *world) recorded(name string, header int) (time.Duration, int) {
	w.t.Helper()
	data, err := os.ReadFile(filepath.Join(w.Spool, name))
	if err != nil {
		w.t.Error(err)
		return 0, 0
	}
	samples := media.AppendSamples(nil, data[header:])
	return time.Duration(len(samples)) * time.Second / 8000, media.Magnitude(samples)
}

// near reports whether a recording is as long and loud as wanted, within a tenth.
func (w *world) near(name string, header int, length time.Duration, loud int) {
	w.t.Helper()
	got, level := w.recorded(name, header)
	if got < length*9/10 || got > length*11/10 || level < loud*9/10 || level > loud*11/10 {
		w.t.Errorf("%s lasts %v and has the level %d, want %v and %d", name, got, level, length, loud)
	}
}

func TestMixMonitor(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		c := w.Leg(t, &channeltest.Leg{Format: media.SLin})
		if err := w.mixMonitor(t.Context(), c.Channel, "a/mix.wav,i(id)r(in.sln)t(out.sln)p,touch '"+w.Spool+"/^{NAME}'"); err != nil {
			t.Fatal(err)
		}
		if got, want := w.noted(), "start Test/1; Test/1 is played beep"; got != want {
			t.Errorf("%s, want %s", got, want)
		}
		id, _ := c.Variable("id")
		file, _ := c.Variable("MIXMONITOR_FILENAME")
		if got, err := w.read(t.Context(), c.Channel, id+",filename"); err != nil || got != file || file != filepath.Join(w.Spool, "a/mix.wav") {
			t.Errorf("MIXMONITOR is %q, %v", got, err)
		}
		talk(t, c, time.Second, 4000, 0)
		talk(t, c, time.Second, 0, 2000)
		talk(t, c, time.Second, 4000, 2000)
		time.Sleep(time.Second) // nobody says anything
		if err := w.stopMixMonitor(t.Context(), c.Channel, id); err != nil {
			t.Fatal(err)
		}
		if got := w.noted(); got != "stop Test/1" {
			t.Error(got)
		}
		w.near("in.sln", 0, 2*time.Second, 2546)
		w.near("out.sln", 0, 2*time.Second, 1273)
		w.near("a/mix.wav", 44, 3*time.Second, (2546+1273+3820)/3)
		if _, err := os.Stat(filepath.Join(w.Spool, "expanded")); err != nil {
			t.Error("the command was not run:", err)
		}
		if w.find(c.Channel, "") != nil || c.Tapped() {
			t.Error("the recording goes on")
		}
	})
}

func TestARecordingEndsWithItsLeg(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		c := w.Leg(t, &channeltest.Leg{Format: media.SLin})
		tape, err := w.start(t.Context(), c.Channel, "mix.sln", "V(1)", "")
		if err != nil {
			t.Fatal(err)
		}
		talk(t, c, time.Second, 2000, 0)
		c.Hangup(16)
		<-tape.done
		w.near("mix.sln", 0, time.Second, 2546)
		if got := w.noted(); got != "start Test/1" {
			t.Error(got)
		}
	})
}

// Who ends a recording finds its files whole, and does not wait for the command that follows.
func TestTheEndOfARecordingDoesNotWaitForItsCommand(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		c := w.Leg(t, &channeltest.Leg{Format: media.SLin})
		on, over := filepath.Join(w.Spool, "on"), filepath.Join(w.Spool, "over")
		const command = "n=0; while [ ! -e %s ] && [ $n -lt 500 ]; do sleep 0.01; n=$((n+1)); done; echo $n > %s"
		if err := w.mixMonitor(t.Context(), c.Channel, fmt.Sprintf("whole.sln,,"+command, on, over)); err != nil {
			t.Fatal(err)
		}
		talk(t, c, time.Second, 4000, 0)
		if err := w.stopMixMonitor(t.Context(), c.Channel, ""); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(over); err == nil {
			t.Error("it waited for the command")
		}
		w.near("whole.sln", 0, time.Second, 2546)
		if err := os.WriteFile(on, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	})
}

func TestOptionsOfARecording(t *testing.T) {
	for _, c := range []struct {
		name, options, file string
		want                time.Duration
		level               int
	}{
		{"while bridged", "b", "mix.sln", 0, 0},
		{"added to", "a", "mix.sln", 2 * time.Second, 1273},
		{"quieter", "W(-1)", "mix.sln", time.Second, 1273},
		{"beside each other", "D", "mix.raw", 2 * time.Second, 1273}, // two voices of a second each, one silent
		{"in step", "S", "mix.sln", time.Second, 2546},
	} {
		t.Run(c.name, func(t *testing.T) {
			in(t, func(t *testing.T, w *world) {
				leg := w.Leg(t, &channeltest.Leg{Format: media.SLin})
				if c.options == "a" { // a second of silence before
					if err := os.WriteFile(filepath.Join(w.Spool, "mix.sln"), make([]byte, 16000), 0o600); err != nil {
						t.Fatal(err)
					}
				}
				stop, err := w.Record(leg.Channel, "mix.sln", c.options+"t(out.sln)", "")
				if err != nil {
					t.Fatal(err)
				}
				talk(t, leg, time.Second, 4000, 0)
				stop()
				w.near(c.file, 0, c.want, c.level)
				out := time.Duration(0)
				if c.options == "S" {
					out = time.Second
				}
				w.near("out.sln", 0, out, 0)
			})
		})
	}
}

func TestMixMonitorMute(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		c := w.Leg(t, &channeltest.Leg{Format: media.SLin})
		ask := func(fields ...string) string {
			given := map[string]string{}
			for i := 0; i < len(fields); i += 2 {
				given[fields[i]] = fields[i+1]
			}
			answer := ""
			err := w.actMute(t.Context(), &command.ActionRequest{Get: func(key string) string { return given[key] }, Reply: func(r, _ string, _ ...command.Field) { answer = r }})
			if err != nil {
				return err.Error()
			}
			return answer
		}
		if got := ask("Channel", "Test/1", "Direction", "both", "State", "1"); got != "Cannot set mute flag" {
			t.Error(got)
		}
		stop, err := w.Record(c.Channel, "mix.sln", "", "")
		if err != nil {
			t.Fatal(err)
		}
		talk(t, c, time.Second, 4000, 0)
		time.Sleep(100 * time.Millisecond)
		if got := ask("Channel", "Test/1", "Direction", "read", "State", "1"); got != "Success" || w.noted() != "mute read" {
			t.Error(got)
		}
		talk(t, c, time.Second, 4000, 0)
		stop()
		w.near("mix.sln", 0, 2*time.Second, 1273)
	})
}

// A far end hears the tones of B over what it is told.
func TestBeepsWhileRecording(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		leg := &channeltest.Leg{Format: media.SLin}
		c := w.Leg(t, leg)
		stop, err := w.Record(c.Channel, "mix.sln", "B(2)", "")
		if err != nil {
			t.Fatal(err)
		}
		talk(t, c, 3*time.Second, 0, 1)
		stop()
		loud := 0
		for _, f := range leg.Heard() {
			if int16(binary.LittleEndian.Uint16(f.Data[10:])) > 1000 {
				loud++
			}
		}
		if loud != 5 {
			t.Errorf("%d frames of a tone, want 5", loud)
		}
	})
}

func TestChanSpy(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		far := &channeltest.Leg{Format: media.SLin}
		target := w.Leg(t, far)
		ear := &channeltest.Leg{Format: media.SLin}
		spy := w.Leg(t, ear)
		done := make(chan error, 1)
		w.Go("spy", func() { done <- w.chanSpy(spy.Context(), spy.Channel, "Test/1,dXE") })
		if got, want := w.noted(), "Test/2 is played beep; Test/2 is played spy-test; Test/2 is played digits/1; Test/2 hears Test/1"; got != want {
			t.Errorf("%s\nwant %s", got, want)
		}
		talk(t, target, 500*time.Millisecond, 4000, 2000)
		heard := ear.Heard()
		if l := channeltest.Level(heard[len(heard)-5:]); l < 5500 || l > 6500 {
			t.Errorf("the spy hears %v of 4000 and 2000", l)
		}
		before := len(far.Heard())
		talk(t, spy, 200*time.Millisecond, 3000, 0)
		if n := len(far.Heard()); n != before {
			t.Error("who only listens is heard")
		}
		spy.Deliver(media.Frame{Kind: media.DTMFEnd, Digit: '5'})
		synctest.Wait()
		talk(t, spy, 200*time.Millisecond, 3000, 0)
		if all := far.Heard(); channeltest.Level(all[before:]) < 2500 {
			t.Error("a whisper is not heard")
		}
		w.noted()
		target.Hangup(16)
		if err := <-done; err != nil {
			t.Error(err)
		}
		if got := w.noted(); got != "Test/2 hears Test/1 no more" {
			t.Error(got)
		}
	})
}

func TestTheEndsOfListening(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		target := w.Leg(t, &channeltest.Leg{Format: media.SLin})
		target.SetLocation(channel.Location{Context: "office", Exten: "100", Priority: 1})
		target.SetVariable("SPYGROUP", "red:blue")
		for _, c := range []struct {
			name, data, keys, want string
			run                    func(context.Context, *channel.Channel, string) error
		}{
			{"nobody is there", "nobody,qS", "", "", w.chanSpy},
			{"a key", "Test/1,qx(5)", "5", "hears Test/1; no more", w.chanSpy},
			{"an extension", "Test/1,qX", "7", "hears Test/1; go to default,7,1; no more", w.chanSpy},
			{"of a group", ",qg(blue)x(5)", "5", "hears Test/1; no more", w.chanSpy},
			{"of another group", ",qg(green)S", "", "", w.chanSpy},
			{"of an extension", "100@office,qx(5)", "5", "hears Test/1; no more", w.extenSpy},
			{"while bridged", "Test/1,qbS", "", "", w.chanSpy},
		} {
			spy := w.Leg(t, &channeltest.Leg{Format: media.SLin})
			spy.SetLocation(channel.Location{Context: "default", Exten: "1", Priority: 1})
			done := make(chan error, 1)
			w.Go("spy", func() { done <- c.run(spy.Context(), spy.Channel, c.data) })
			synctest.Wait()
			for _, key := range c.keys {
				spy.Deliver(media.Frame{Kind: media.DTMFEnd, Digit: byte(key)})
			}
			if err := <-done; err != nil {
				t.Errorf("%s: %v", c.name, err)
			}
			got := strings.NewReplacer(spy.Name()+" ", "", "hears Test/1 no more", "no more").Replace(w.noted())
			if got != c.want {
				t.Errorf("%s: %s, want %s", c.name, got, c.want)
			}
			spy.End()
		}
		if err := w.mixMonitor(t.Context(), target.Channel, ""); !errors.Is(err, errNoFile) {
			t.Errorf("MixMonitor without a file: %v", err)
		}
	})
}

// A spy who waits looks for legs from time to time, however much it says meanwhile.
func TestAWaitingSpyLooksNowAndThen(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		c := w.Leg(t, &channeltest.Leg{Format: media.SLin})
		looks := 0
		var found atomic.Bool
		s := &spying{house: w.House, c: c.Channel, wanted: func(*channel.Channel) bool { looks++; return found.Load() }}
		w.Go("talk", func() {
			talk(t, c, 2*time.Second, 4000, 0)
			w.Leg(t, &channeltest.Leg{Format: media.SLin})
			found.Store(true)
		})
		if done, err := s.wait(t.Context()); done || err != nil {
			t.Errorf("done %v, error %v", done, err)
		}
		if looks < 8 || looks > 10 {
			t.Errorf("%d looks in 2.25 s, want one each 250 ms", looks)
		}
	})
}
