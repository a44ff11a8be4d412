package agent

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/octothorpe/octothorpe/internal/bridge"
	"github.com/octothorpe/octothorpe/internal/call"
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/channel/channeltest"
	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/media"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// voice takes a second for each sound.
type voice struct {
	mu   sync.Mutex
	said []string
}

func (v *voice) note(c *channel.Channel, name string) {
	v.mu.Lock()
	v.said = append(v.said, c.Name()+" "+name)
	v.mu.Unlock()
	time.Sleep(time.Second)
}
func (v *voice) Prompt(_ context.Context, c *channel.Channel, name, _ string) (byte, error) {
	v.note(c, name)
	return 0, nil
}
func (v *voice) Aside(_ *bridge.Bridge, c *channel.Channel, name string) { v.note(c, name) }

// house is an exchange with agents, and what their devices told.
type house struct {
	*House
	x     *channeltest.Exchange
	voice *voice
	began time.Time
	mu    sync.Mutex
	told  []string
}

func (h *house) heard() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return strings.Join(h.told, " ")
}

func in(t *testing.T, conf string, test func(t *testing.T, h *house)) {
	t.Helper()
	channeltest.In(t, func(t *testing.T, x *channeltest.Exchange) {
		logger := slog.New(slog.DiscardHandler)
		h := &house{x: x, voice: &voice{}, began: time.Now()}
		h.House = &House{Calls: &call.Calls{Channels: x.Registry, Bridges: bridge.NewRegistry(x.Registry), Logger: logger}, Voice: h.voice, Logger: logger}
		h.Look = func(device string) {
			s := fmt.Sprintf("%d:%s", int(time.Since(h.began)/time.Second), h.Device(strings.TrimPrefix(device, "Agent:")))
			h.mu.Lock()
			defer h.mu.Unlock()
			if n := len(h.told); n == 0 || h.told[n-1][strings.Index(h.told[n-1], ":"):] != s[strings.Index(s, ":"):] {
				h.told = append(h.told, s)
			}
		}
		f, err := config.Parse("agents.conf", []byte(conf), config.Options{})
		if err != nil {
			t.Fatal(err)
		}
		read, problems := Read(f)
		if len(problems) > 0 {
			t.Error(problems)
		}
		h.Configure(read)
		test(t, h)
		for _, c := range x.All() {
			c.Hangup(channel.CauseNormalClearing)
		}
		synctest.Wait()
		if h.hold != nil {
			h.hold.Destroy()
		}
	})
}

// run has a new leg run an application, and returns it and what the application returns.
func (h *house) run(t *testing.T, app func(context.Context, *channel.Channel, string) error, data string) (*channeltest.Channel, chan error) {
	t.Helper()
	c := h.x.Leg(t, &channeltest.Leg{})
	return c, h.runOn(c, app, data)
}

func (h *house) runOn(c *channeltest.Channel, app func(context.Context, *channel.Channel, string) error, data string) chan error {
	done := make(chan error, 1)
	h.x.Go(c.Name(), func() {
		defer c.End()
		done <- app(c.Context(), c.Channel, data)
	})
	return done
}

// numbered returns a new leg that has a number.
func (h *house) numbered(t *testing.T, number string) *channeltest.Channel {
	c := h.x.Leg(t, &channeltest.Leg{})
	c.SetCaller(event.Party{Number: event.Number{Valid: true, Text: number}})
	return c
}

// logIn has an agent log in, and returns when it can be asked for.
func (h *house) logIn(t *testing.T, data string) (*channeltest.Channel, chan error) {
	t.Helper()
	leg, off := h.run(t, h.login, data)
	time.Sleep(probation)
	synctest.Wait()
	return leg, off
}

func status(c *channeltest.Channel) string {
	v, _ := c.Variable("AGENT_STATUS")
	return v
}

func TestAnAgentTakesCalls(t *testing.T) {
	in(t, "[1]\nwrapuptime=4000\n", func(t *testing.T, h *house) {
		leg, caller := h.numbered(t, "201"), h.numbered(t, "555")
		off := h.runOn(leg, h.login, "1,s")
		time.Sleep(probation)
		synctest.Wait()
		done := h.runOn(caller, h.request, "1")
		time.Sleep(1500 * time.Millisecond) // it has heard the beep
		if leg.BridgeID() == "" || leg.BridgeID() != caller.BridgeID() || status(caller) != "" {
			t.Fatalf("in %q and %q, %q", leg.BridgeID(), caller.BridgeID(), status(caller))
		}
		if got, who := leg.Connected().Number.Text, caller.Connected().Number.Text; got != "555" || who != "201" {
			t.Errorf("the agent sees %q, the caller %q", got, who)
		}
		if got := caller.State(); got != event.Up {
			t.Errorf("with its agent the caller is %v, want up", got)
		}
		other, busy := h.run(t, h.request, "1")
		if err := <-busy; err != nil || status(other) != "BUSY" {
			t.Errorf("%v %s", err, status(other))
		}
		time.Sleep(1500 * time.Millisecond)
		caller.Hangup(channel.CauseNormalClearing)
		<-done
		time.Sleep(5 * time.Second)
		if got := leg.Connected().Number.Text; got != "" {
			t.Errorf("after the call the agent still sees %q", got)
		}
		const want = "0:UNAVAILABLE 5:NOT_INUSE 5:INUSE 12:NOT_INUSE"
		if got := h.heard(); got != want {
			t.Errorf("told %s, want %s", got, want)
		}
		h.logoff("1", false)
		<-off
		if got := h.Device("1"); got != "UNAVAILABLE" {
			t.Error(got)
		}
	})
}

// Who has just logged in has to stay for a while before it gets calls.
func TestAnAgentOnProbation(t *testing.T) {
	in(t, "[1]\n", func(t *testing.T, h *house) {
		h.run(t, h.login, "1,s")
		time.Sleep(probation - time.Second)
		early, done := h.run(t, h.request, "1")
		if err := <-done; err != nil || status(early) != "BUSY" || h.Device("1") != "UNAVAILABLE" {
			t.Errorf("%v %s, the device is %s", err, status(early), h.Device("1"))
		}
		time.Sleep(2 * time.Second)
		if got := h.Device("1"); got != "NOT_INUSE" {
			t.Error(got)
		}
	})
}

func TestWhoIsNotThere(t *testing.T) {
	in(t, "[1]\n", func(t *testing.T, h *house) {
		for id, want := range map[string]string{"1": "NOT_LOGGED_IN", "2": "INVALID"} {
			c, done := h.run(t, h.request, id)
			if err := <-done; err != nil || status(c) != want {
				t.Errorf("%s: %v %s", id, err, status(c))
			}
		}
		h.logIn(t, "1,s")
		for id, want := range map[string]string{"1": "ALREADY_LOGGED_IN", "2": "INVALID"} {
			c, done := h.run(t, h.login, id)
			if err := <-done; err != nil || status(c) != want {
				t.Errorf("%s: %v %s", id, err, status(c))
			}
		}
	})
}

func TestAnAgentAcknowledges(t *testing.T) {
	for keys, comes := range map[string]bool{"*": true, "#": false} {
		in(t, "[1]\nackcall=yes\nacceptdtmf=*\nautologoff=3\n", func(t *testing.T, h *house) {
			leg, off := h.logIn(t, "1,s")
			caller, done := h.run(t, h.request, "1")
			time.Sleep(2 * time.Second)
			leg.Deliver(media.Frame{Kind: media.DTMFEnd, Digit: keys[0]})
			synctest.Wait()
			if got := leg.BridgeID() == caller.BridgeID(); got != comes {
				t.Errorf("%s: talks %v", keys, got)
			}
			if comes {
				leg.Hangup(channel.CauseNormalClearing)
				if err := <-done; !errors.Is(err, errHangup) {
					t.Error(err)
				}
				return
			}
			if err := <-done; err != nil || status(caller) != "NOT_CONNECTED" {
				t.Errorf("%v %s", err, status(caller))
			}
			<-off // since it did not acknowledge in time
		})
	}
}

func TestACallerWhoGivesUpFreesTheAgent(t *testing.T) {
	in(t, "[1]\nackcall=yes\n", func(t *testing.T, h *house) {
		h.logIn(t, "1,s")
		caller, done := h.run(t, h.request, "1")
		time.Sleep(2 * time.Second)
		caller.Hangup(channel.CauseNormalClearing)
		<-done
		if got := h.Device("1"); got != "NOT_INUSE" {
			t.Error(got)
		}
	})
}

func TestASoftLogoffWaitsForTheEndOfTheCall(t *testing.T) {
	in(t, "[1]\n", func(t *testing.T, h *house) {
		leg, off := h.logIn(t, "1,s")
		caller, done := h.run(t, h.request, "1")
		time.Sleep(2 * time.Second)
		h.logoff("1", true)
		synctest.Wait()
		if leg.HungUp() || leg.BridgeID() != caller.BridgeID() {
			t.Fatal("the call has ended")
		}
		caller.Hangup(channel.CauseNormalClearing)
		<-done
		if err := <-off; !errors.Is(err, errHangup) {
			t.Error(err)
		}
	})
}

// A caller who gives up before the agent comes ends what a soft log-off waits for, too.
func TestASoftLogoffWaitsNoLongerThanTheCaller(t *testing.T) {
	in(t, "[1]\nackcall=yes\n", func(t *testing.T, h *house) {
		_, off := h.logIn(t, "1,s")
		caller, done := h.run(t, h.request, "1")
		time.Sleep(2 * time.Second)
		h.logoff("1", true)
		caller.Hangup(channel.CauseNormalClearing)
		<-done
		select {
		case <-off:
		case <-time.After(time.Minute):
			t.Error("the agent is still logged in")
		}
	})
}

// Who is taken out of the file stays logged in, and is not known any more once it logs off.
func TestAnAgentWhoIsTakenOutOfTheFile(t *testing.T) {
	in(t, "[1]\n[2]\n", func(t *testing.T, h *house) {
		leg, off := h.logIn(t, "1,s")
		h.Configure(&File{})
		if h.find("2") != nil || h.find("1") == nil {
			t.Fatalf("agents %v", h.all())
		}
		leg.Hangup(channel.CauseNormalClearing)
		<-off
		const want = "0:UNAVAILABLE 5:NOT_INUSE 5:INVALID"
		if got := h.heard(); got != want {
			t.Errorf("told %s, want %s", got, want)
		}
	})
}

func TestCallsOfAnAgentAreRecorded(t *testing.T) {
	in(t, "[1]\nrecordagentcalls=yes\n", func(t *testing.T, h *house) {
		recorded := make(chan string, 1)
		h.Record = func(_ context.Context, b *bridge.Bridge, c *channel.Channel) { recorded <- c.Name() + " " + b.ID() }
		leg, _ := h.logIn(t, "1,s")
		caller, _ := h.run(t, h.request, "1")
		if got, want := <-recorded, leg.Name()+" "+caller.BridgeID(); got != want {
			t.Errorf("recorded %q, want %q", got, want)
		}
	})
}
