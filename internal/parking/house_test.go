package parking

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/octothorpe/octothorpe/internal/bridge"
	"github.com/octothorpe/octothorpe/internal/call"
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/channel/channeltest"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/media"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is an exchange with parking lots, whose dialplan is a list of extensions and whose
// prompts are heard at once.
type world struct {
	*channeltest.Exchange
	*House
	t *testing.T

	mu     sync.Mutex
	extens []Extension
	heard  []string
}

func (w *world) Exists(channel.Location, string) bool { return false }

func (w *world) Resolve(*channel.Channel, string) (channel.Location, error) {
	return channel.Location{}, errors.New("there is no such place")
}

func (w *world) Step(channel.Location) (application, data string) { return "", "" }

func (w *world) Make(replaced []string, list []Extension) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.extens = append(slices.DeleteFunc(w.extens, func(e Extension) bool { return slices.Contains(replaced, e.Registrar) }), list...)
	return nil
}

func (w *world) Prompt(_ context.Context, c *channel.Channel, name, _ string) (byte, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.heard = append(w.heard, c.Name()+" "+name)
	return 0, nil
}

func (w *world) Aside(*bridge.Bridge, *channel.Channel, string) {}

func in(t *testing.T, file string, test func(t *testing.T, w *world)) {
	t.Helper()
	channeltest.In(t, func(t *testing.T, x *channeltest.Exchange) {
		w := &world{Exchange: x, t: t}
		logger := slog.New(slog.DiscardHandler)
		w.House = &House{Calls: &call.Calls{Channels: x.Registry, Bridges: bridge.NewRegistry(x.Registry), Logger: logger}, Dialplan: w, Voice: w,
			Logger: logger, Touch: func(string) {}}
		w.reload(file)
		test(t, w)
		for _, c := range x.All() {
			c.Hangup(channel.CauseNormalClearing)
		}
		synctest.Wait()
	})
}

func (w *world) reload(file string) {
	w.t.Helper()
	lots, problems := read(w.t, file)
	if len(problems) > 0 {
		w.t.Fatal(problems)
	}
	w.Configure(lots, false)
}

// runs has a new leg run an application, and returns it and what the application returns.
func (w *world) runs(app func(context.Context, *channel.Channel, string) error, data string) (*channeltest.Channel, chan error) {
	w.t.Helper()
	c := w.Leg(w.t, &channeltest.Leg{})
	done := make(chan error, 1)
	w.Go(c.Name(), func() {
		defer c.End()
		done <- app(c.Context(), c.Channel, data)
	})
	return c, done
}

// busy is a leg whose owner does what it is asked for only after a time.
func (w *world) busy(d time.Duration) *channeltest.Channel {
	w.t.Helper()
	c := w.Leg(w.t, &channeltest.Leg{})
	w.Calls.Employ(c.Channel, func(ctx context.Context, _ *channel.Channel) error {
		<-ctx.Done()
		time.Sleep(d)
		return context.Cause(ctx)
	})
	return c
}

// Who fetches a call waits for a leg that is on its way to its space, for a moment: one that
// takes longer stays where it is to be parked.
func TestFetchOfALegThatIsOnItsWay(t *testing.T) {
	for takes, meets := range map[time.Duration]bool{500 * time.Millisecond: true, 3 * time.Second: false} {
		in(t, "", func(t *testing.T, w *world) {
			c := w.busy(takes)
			s, err := w.Find("default").take(c.Channel, wishes{})
			if err != nil {
				t.Fatal(err)
			}
			if err := c.Interrupt(w.errand(s, false)); err != nil {
				t.Fatal(err)
			}
			by, done := w.runs(w.fetch, ",701")
			time.Sleep(4 * time.Second)
			if got := by.BridgeID() != "" && by.BridgeID() == c.BridgeID(); got != meets {
				t.Errorf("takes %s: they talk: %v", takes, got)
			}
			if parked := w.Find("default").at("701") == s; parked == meets {
				t.Errorf("takes %s: it is in its space: %v", takes, parked)
			}
			if meets {
				c.RemoteHangup(channel.CauseNormalClearing)
			}
			if err := <-done; !errors.Is(err, errHangup) && err != nil {
				t.Errorf("takes %s: %v", takes, err)
			}
		})
	}
}

// Who was parked and who fetches the call are told each other's number.
func TestWhoIsConnectedByAFetch(t *testing.T) {
	in(t, "", func(t *testing.T, w *world) {
		numbered := func(text string) event.Party { return event.Party{Number: event.Number{Text: text, Valid: true}} }
		parked := w.busy(0)
		parked.SetCaller(numbered("201"))
		s, err := w.Find("default").take(parked.Channel, wishes{})
		if err != nil {
			t.Fatal(err)
		}
		if err := parked.Interrupt(w.errand(s, false)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		by, done := w.runs(func(ctx context.Context, c *channel.Channel, data string) error {
			c.SetCaller(numbered("203"))
			return w.fetch(ctx, c, data)
		}, ",701")
		time.Sleep(time.Second)
		if a, b := parked.Connected().Number.Text, by.Connected().Number.Text; a != "203" || b != "201" {
			t.Errorf("they are connected to %q and %q, want 203 and 201", a, b)
		}
		parked.RemoteHangup(channel.CauseNormalClearing)
		<-done
	})
}

// A phone that sends a call to a lot hears that it is there, or that it went before.
func TestATransferToALotIsFollowed(t *testing.T) {
	for _, goes := range []bool{false, true} {
		in(t, "", func(t *testing.T, w *world) {
			b, err := w.Calls.Bridges.Create(bridge.Options{Dissolve: true})
			if err != nil {
				t.Fatal(err)
			}
			var legs [2]*channeltest.Channel
			for i := range legs {
				legs[i] = w.Leg(t, &channeltest.Leg{})
				w.Calls.Employ(legs[i].Channel, func(ctx context.Context, c *channel.Channel) error {
					err := b.Join(ctx, c, bridge.JoinOptions{})
					time.Sleep(time.Second) // it is under way
					return err
				})
			}
			synctest.Wait()
			w.Calls.Parks = func(channel.Location) func(c, by *channel.Channel) (channel.Interrupt, error) {
				return func(c, by *channel.Channel) (channel.Interrupt, error) {
					s, err := w.Find("default").take(c, wishes{parker: by.Name()})
					return w.errand(s, false), err
				}
			}
			heard := make(chan media.Signal, 10)
			if err := w.Calls.BlindTransfer(legs[0].Channel, call.Transfer{Plain: true, Follow: func(s media.Signal) { heard <- s }}); err != nil {
				t.Fatal(err)
			}
			want := media.Answered
			if goes {
				legs[1].RemoteHangup(channel.CauseNormalClearing)
				want = media.HangupSignal
			}
			time.Sleep(2 * time.Second)
			if got, more := <-heard, len(heard); got != want || more > 0 {
				t.Errorf("it heard %v and %d more, want %v", got, more, want)
			}
			if parked := w.Find("default").at("701") != nil; parked == goes {
				t.Errorf("the call is parked: %v", parked)
			}
			legs[1].RemoteHangup(channel.CauseNormalClearing)
		})
	}
}

// A lot that is taken out of the file keeps who is parked in it, has no extensions, takes nobody
// else, and is gone when it is empty.
func TestALotThatIsTakenOutOfTheFile(t *testing.T) {
	in(t, "[sales]\nparkext=800\nparkpos=801-803\n", func(t *testing.T, w *world) {
		c, _ := w.runs(w.park, "sales")
		synctest.Wait()
		w.reload("")
		if got := w.Device("801@parkedcalls"); got != "INUSE" {
			t.Error(got)
		}
		other, done := w.runs(w.park, "sales")
		<-done
		if want := other.Name() + " pbx-parkingfailed"; !slices.Equal(w.heard, []string{want}) {
			t.Errorf("heard %q, want %q", w.heard, want)
		}
		var made []string
		for _, e := range w.extens {
			if strings.HasPrefix(e.Exten, "8") {
				made = append(made, e.Exten)
			}
		}
		if len(made) > 0 {
			t.Errorf("extensions %q, want none", made)
		}
		by, _ := w.runs(w.fetch, "sales,801")
		synctest.Wait()
		if by.BridgeID() == "" || by.BridgeID() != c.BridgeID() {
			t.Error("it was not fetched")
		}
		if w.Find("sales") != nil {
			t.Error("it is still there")
		}
		c.RemoteHangup(channel.CauseNormalClearing)
		synctest.Wait()
		if list := w.Calls.Bridges.All(); len(list) != 0 {
			t.Errorf("%d bridges are left", len(list))
		}
	})
}
