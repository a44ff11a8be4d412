package sharedline

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

	"github.com/octothorpe/octothorpe/internal/bridge"
	"github.com/octothorpe/octothorpe/internal/call"
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/channel/channeltest"
	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/event"
)

// world is an exchange with shared lines, whose conferences are lists of names.
type world struct {
	*channeltest.Exchange
	*House
	t *testing.T

	mu    sync.Mutex
	rooms map[string]map[*channel.Channel]context.CancelFunc
	held  map[string]bool // by name
	slow  time.Duration   // how long who is marked takes to come
}

// Confer implements Rooms: who is marked ends it for the others.
func (w *world) Confer(ctx context.Context, c *channel.Channel, name string, user, _ map[string]string) error {
	inside, leave := context.WithCancel(ctx)
	defer leave()
	if user["marked"] == "yes" {
		time.Sleep(w.slow)
	}
	w.mu.Lock()
	if w.rooms[name] == nil {
		w.rooms[name] = map[*channel.Channel]context.CancelFunc{}
	}
	w.rooms[name][c] = leave
	w.mu.Unlock()
	<-inside.Done()
	w.mu.Lock()
	delete(w.rooms[name], c)
	w.mu.Unlock()
	if user["marked"] == "yes" {
		w.Kick(name)
	}
	return context.Cause(ctx)
}

// Hold implements Rooms.
func (w *world) Hold(_ string, c *channel.Channel, on bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.held[c.Name()] = on
}

// Kick implements Rooms.
func (w *world) Kick(name string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, leave := range w.rooms[name] {
		leave()
	}
}

// Execute implements Dialplan: the one application that is run is ConfKick.
func (w *world) Execute(_ context.Context, _ *channel.Channel, application, data string) error {
	if application != "ConfKick" {
		return errors.New("there is no " + application)
	}
	w.Kick(strings.TrimSuffix(data, ",all"))
	return nil
}

// Make implements Dialplan.
func (w *world) Make([]Extension) error { return nil }

// talkers are who is in a conference.
func (w *world) talkers(room string) string {
	synctest.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	var names []string
	for c := range w.rooms[room] {
		names = append(names, strings.TrimPrefix(c.Name(), "Test/"))
	}
	slices.Sort(names)
	return strings.Join(names, " ")
}

func in(t *testing.T, file string, test func(t *testing.T, w *world)) {
	t.Helper()
	channeltest.In(t, func(t *testing.T, x *channeltest.Exchange) {
		x.Register(&channeltest.Driver{Exchange: x, Behave: func(destination string, c *channeltest.Channel) {
			switch {
			case strings.HasPrefix(destination, "soon"):
				time.Sleep(time.Second)
				c.Accept()
			case strings.HasPrefix(destination, "busy"):
				c.RemoteHangup(channel.CauseUserBusy)
			}
		}})
		w := &world{Exchange: x, t: t, rooms: map[string]map[*channel.Channel]context.CancelFunc{}, held: map[string]bool{}}
		w.House = &House{Calls: &call.Calls{Channels: x.Registry, Bridges: bridge.NewRegistry(x.Registry), Logger: slog.New(slog.DiscardHandler)},
			Dialplan: w, Rooms: w, Look: func(string) {}, Logger: slog.New(slog.DiscardHandler)}
		w.reload(file)
		ctx, stop := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { w.House.Run(ctx) })
		defer running.Wait()
		defer stop()
		test(t, w)
	})
}

// reload puts a file in force.
func (w *world) reload(file string) {
	w.t.Helper()
	f, err := config.Parse(File, []byte(file), config.Options{})
	if err != nil {
		w.t.Fatal(err)
	}
	g, problems := Read(f)
	if len(problems) > 0 {
		w.t.Fatal(problems)
	}
	w.Configure(g)
}

// runs has a new leg run an application, and returns the leg and what a variable is
// once that has ended.
func (w *world) runs(run func(context.Context, *channel.Channel, string) error, data, variable string) (*channeltest.Channel, func() string) {
	c := w.Leg(w.t, &channeltest.Leg{})
	over := make(chan struct{})
	w.Go(c.Name(), func() {
		defer close(over)
		defer c.End()
		_ = run(c.Context(), c.Channel, data)
	})
	return c, func() string {
		<-over
		value, _ := c.Variable(variable)
		return value
	}
}

const office = `
[line1]
type=trunk
device=Test/soon-far
ringtimeout=10
[line2]
type=trunk
device=Test/busy-far
barge=no
hold=private
[one]
type=station
device=Test/never-one
trunk=line1
trunk=line2
[two]
type=station
device=Test/soon-two
ringdelay=3
trunk=line1
trunk=line2,ringdelay=60
`

func (w *world) want(what, got, want string) {
	w.t.Helper()
	if got != want {
		w.t.Errorf("%s: %q, want %q", what, got, want)
	}
}

// A call that comes in rings the stations, the late ones later; who answers talks, and
// the line is free when the last station has left.
func TestCallComesIn(t *testing.T) {
	in(t, office, func(t *testing.T, w *world) {
		outside, status := w.runs(w.trunkApp, "line1", "SLATRUNK_STATUS")
		synctest.Wait()
		w.want("device", w.Device("one_line1"), "RINGING")
		if w.Made("never-one") == nil || w.Made("soon-two") != nil {
			t.Error("one does not ring at once, or two does")
		}
		time.Sleep(4 * time.Second)
		w.want("talk", w.talkers("SLA_line1"), "1 soon-two")
		w.want("device", w.Device("one_line1"), "INUSE")
		if !w.Made("never-one").HungUp() {
			t.Error("one still rings")
		}
		other, joined := w.runs(w.stationApp, "one_line1", "SLASTATION_STATUS")
		w.want("talk", w.talkers("SLA_line1"), "1 2 soon-two")
		w.Made("soon-two").RemoteHangup(channel.CauseNormalClearing)
		w.want("talk", w.talkers("SLA_line1"), "1 2")
		other.RemoteHangup(channel.CauseNormalClearing)
		w.want("station", joined(), "SUCCESS")
		w.want("trunk", status(), "SUCCESS")
		synctest.Wait()
		w.want("device", w.Device("one_line1"), "NOT_INUSE")
		_ = outside
	})
}

// A call that nobody takes ends when it has rung for as long as it may, and when its
// caller has had enough.
func TestNobodyAnswers(t *testing.T) {
	in(t, strings.ReplaceAll(office, "soon-two", "never-two"), func(t *testing.T, w *world) {
		began := time.Now()
		_, status := w.runs(w.trunkApp, "line1", "SLATRUNK_STATUS")
		w.want("trunk", status(), "RINGTIMEOUT")
		if rang := time.Since(began); rang != 10*time.Second {
			t.Errorf("it rang for %s", rang)
		}
		synctest.Wait()
		if !w.Made("never-two").HungUp() {
			t.Error("two still rings")
		}
		outside, status := w.runs(w.trunkApp, "line1", "SLATRUNK_STATUS")
		time.Sleep(time.Second)
		outside.RemoteHangup(channel.CauseNormalClearing)
		w.want("trunk", status(), "UNANSWERED")
		for _, name := range []string{"nosuch", "LINE1"} {
			first, _ := w.runs(w.trunkApp, "line1", "SLATRUNK_STATUS")
			synctest.Wait()
			_, status := w.runs(w.trunkApp, name, "SLATRUNK_STATUS")
			w.want(name, status(), "FAILURE")
			first.RemoteHangup(channel.CauseNormalClearing)
			synctest.Wait()
		}
	})
}

// A station calls out on its first idle line, puts it on hold, and another takes it.
func TestHold(t *testing.T) {
	in(t, office, func(t *testing.T, w *world) {
		station, status := w.runs(w.stationApp, "one", "SLASTATION_STATUS")
		synctest.Wait()
		w.want("device while it is called", w.Device("two_line1"), "INUSE")
		_, refused := w.runs(w.stationApp, "two_line1", "SLASTATION_STATUS")
		w.want("a line that is being called", refused(), "CONGESTION")
		time.Sleep(1500 * time.Millisecond)
		w.want("talk", w.talkers("SLA_line1"), "1 soon-far")
		w.Bus.Publish(&event.Hold{Channel: station.Snapshot()})
		w.want("station", status(), "SUCCESS")
		w.want("talk", w.talkers("SLA_line1"), "soon-far")
		w.want("device", w.Device("two_line1"), "ONHOLD")
		if !w.held["Test/soon-far"] {
			t.Error("the outside hears no music")
		}
		other, status := w.runs(w.stationApp, "two_line1", "SLASTATION_STATUS")
		w.want("talk", w.talkers("SLA_line1"), "3 soon-far")
		w.want("device", w.Device("one_line1"), "INUSE")
		if w.held["Test/soon-far"] {
			t.Error("the outside still hears music")
		}
		other.RemoteHangup(channel.CauseNormalClearing)
		w.want("station", status(), "SUCCESS")
		synctest.Wait()
		if !w.Made("soon-far").HungUp() {
			t.Error("the outside is still there")
		}
	})
}

// Who may not take a line, and where that is busy, gets CONGESTION.
func TestRefusals(t *testing.T) {
	in(t, office, func(t *testing.T, w *world) {
		for name, want := range map[string]string{"one_line2": "CONGESTION", "one_line3": "CONGESTION", "three": "FAILURE", "": "FAILURE"} {
			_, status := w.runs(w.stationApp, name, "SLASTATION_STATUS")
			w.want(name, status(), want)
		}
		w.want("device of a line that was busy", w.Device("one_line2"), "NOT_INUSE")
		outside, _ := w.runs(w.trunkApp, "line2", "SLATRUNK_STATUS")
		synctest.Wait()
		talks, _ := w.runs(w.stationApp, "one_line2", "SLASTATION_STATUS")
		synctest.Wait()
		_, status := w.runs(w.stationApp, "two_line2", "SLASTATION_STATUS")
		w.want("barge=no", status(), "CONGESTION")
		w.Bus.Publish(&event.Hold{Channel: talks.Snapshot()})
		synctest.Wait()
		_, status = w.runs(w.stationApp, "two_line2", "SLASTATION_STATUS")
		w.want("hold=private", status(), "CONGESTION")
		again, _ := w.runs(w.stationApp, "one_line2", "SLASTATION_STATUS")
		synctest.Wait()
		w.want("device", w.Device("one_line2"), "INUSE")
		again.RemoteHangup(channel.CauseNormalClearing)
		synctest.Wait()
		if !outside.HungUp() && w.talkers("SLA_line2") != "" {
			t.Error("the line is not free")
		}
	})
}

// Who joined a line on which another station is on hold can put it on hold, too.
func TestHoldOfWhoJoined(t *testing.T) {
	in(t, office, func(t *testing.T, w *world) {
		w.runs(w.trunkApp, "line1", "SLATRUNK_STATUS")
		synctest.Wait()
		first, _ := w.runs(w.stationApp, "one_line1", "SLASTATION_STATUS")
		synctest.Wait()
		w.runs(w.stationApp, "two_line1", "SLASTATION_STATUS")
		synctest.Wait()
		w.Bus.Publish(&event.Hold{Channel: first.Snapshot()})
		w.want("talk", w.talkers("SLA_line1"), "1 3")
		third := strings.ReplaceAll(office, "[two]", "[three]\ntype=station\ndevice=Test/never\ntrunk=line1\n[two]")
		w.reload(third)
		w.want("device of a station that is new", w.Device("three_line1"), "ONHOLD")
		joined, status := w.runs(w.stationApp, "three_line1", "SLASTATION_STATUS")
		w.want("talk", w.talkers("SLA_line1"), "1 3 4")
		w.Bus.Publish(&event.Hold{Channel: joined.Snapshot()})
		w.want("station", status(), "SUCCESS")
		w.want("talk", w.talkers("SLA_line1"), "1 3")
	})
}

// A station that hangs up before the outside is in the conference leaves it there alone
// no more than one that hangs up later.
func TestHangupAsTheOutsideAnswers(t *testing.T) {
	in(t, office, func(t *testing.T, w *world) {
		w.slow = 100 * time.Millisecond
		station, _ := w.runs(w.stationApp, "one_line1", "SLASTATION_STATUS")
		time.Sleep(time.Second + 50*time.Millisecond)
		station.RemoteHangup(channel.CauseNormalClearing)
		time.Sleep(time.Second)
		w.want("talk", w.talkers("SLA_line1"), "")
		w.want("device", w.Device("one_line1"), "NOT_INUSE")
		if !w.Made("soon-far").HungUp() {
			t.Error("the outside is still there")
		}
	})
}

// A line that is being called stays the same line when the file is read again, and no other
// call comes to be on it; its stations' keys go on to work.
func TestReloadWhileALineIsCalled(t *testing.T) {
	in(t, office, func(t *testing.T, w *world) {
		station, status := w.runs(w.stationApp, "one_line1", "SLASTATION_STATUS")
		synctest.Wait()
		w.Bus.Publish(&event.Hold{Channel: station.Snapshot()}) // there is nobody to be put on hold
		synctest.Wait()
		w.reload(strings.ReplaceAll(office, "ringtimeout=10", "barge=no"))
		w.want("device while it is called", w.Device("two_line1"), "INUSE")
		_, refused := w.runs(w.trunkApp, "line1", "SLATRUNK_STATUS")
		w.want("a call that comes in", refused(), "FAILURE")
		time.Sleep(1500 * time.Millisecond)
		w.want("talk", w.talkers("SLA_line1"), "1 soon-far")
		_, refused = w.runs(w.stationApp, "two_line1", "SLASTATION_STATUS")
		w.want("barge=no, which is new", refused(), "CONGESTION")
		w.Bus.Publish(&event.Hold{Channel: station.Snapshot()})
		w.want("station", status(), "SUCCESS")
		w.want("device", w.Device("ONE_line1"), "ONHOLD")
	})
}

// What a trunk's line of a station says wrongly is told.
func TestKeysThatAreWrong(t *testing.T) {
	f, err := config.Parse(File, []byte("[one]\ntype=station\nhold=perhaps\ntrunk=line1,ringtimeout=soon,ringdelay=99999999999,colour=3,ringdelay=2\n"), config.Options{})
	if err != nil {
		t.Fatal(err)
	}
	g, problems := Read(f)
	var told []string
	for _, p := range problems {
		told = append(told, p.Problem)
	}
	want := []string{"hold = perhaps is not known", "ringtimeout=soon of the trunk line1 is no time", "ringdelay=99999999999 of the trunk line1 is no time",
		"unknown option colour of the trunk line1"}
	if !slices.Equal(told, want) {
		t.Errorf("problems %q, want %q", told, want)
	}
	if k := g.stations[0].keys[0]; k.delay != 2*time.Second || k.ring != 0 {
		t.Errorf("delay %s, ring %s", k.delay, k.ring)
	}
}
