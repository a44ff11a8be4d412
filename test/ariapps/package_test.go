package ariapps

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/ari"
)

func TestPackage(t *testing.T) {
	exchanges(t, nil, func(t *testing.T, x *xchange) {
		t.Run("requests", func(t *testing.T) { requests(t, x) })
		t.Run("call", func(t *testing.T) { call(t, x) })
		t.Run("serve", func(t *testing.T) { serve(t, x) })
		t.Run("resync", func(t *testing.T) { resync(t, x) })
		t.Run("replaced", func(t *testing.T) { replaced(t, x) })
		t.Run("claim", func(t *testing.T) { claim(t, x) })
		t.Run("over websocket", func(t *testing.T) { overWebSocket(t, x) })
	})
}

func requests(t *testing.T, x *xchange) {
	c := x.client(t, nil)
	ctx := within(t)
	info, err := c.Asterisk.GetInfo(ctx, &ari.AsteriskGetInfoOptions{Only: []string{"system", "status"}})
	if err != nil || info.System == nil || info.System.Version == "" || info.Status == nil || info.Status.StartupTime.IsZero() || info.Build != nil {
		t.Errorf("info: %+v, %v", info, err)
	}
	if err := c.Asterisk.SetGlobalVar(ctx, "COLOUR", "dark & blue,%"); err != nil {
		t.Error(err)
	}
	if v, err := c.Asterisk.GetGlobalVar(ctx, "COLOUR"); err != nil || v.Value != "dark & blue,%" {
		t.Errorf("the variable is %+v, %v", v, err)
	}
	var refused *ari.Error
	if _, err := c.Channels.Get(ctx, "no/such;1"); !errors.As(err, &refused) || refused.Status != http.StatusNotFound || refused.Message != "Channel not found" {
		t.Errorf("a channel that is not there: %v", err)
	}
	if _, err := c.Originate(ctx, "Nonsense", nil); ari.Status(err) == 0 {
		t.Errorf("a call to nobody: %v", err)
	}
	if err := c.DeviceStates.Update(ctx, "Stasis:door", "BUSY"); err != nil {
		t.Error(err)
	}
	if states, err := c.DeviceStates.List(ctx); err != nil || !slices.Contains(states, ari.DeviceState{Name: "Stasis:door", State: "BUSY"}) {
		t.Errorf("the devices are %+v, %v", states, err)
	}
	oddities(t, x.client(t, nil, "odd"))
	viewer := x.client(t, func(c *ari.Config) { c.Username, c.Password = "viewer", "look" })
	if err := viewer.DeviceStates.Delete(ctx, "Stasis:door"); ari.Status(err) != http.StatusForbidden {
		t.Errorf("a viewer writes: %v", err)
	}
	if err := c.DeviceStates.Delete(ctx, "Stasis:door"); err != nil {
		t.Error(err)
	}
	config := x.config("app")
	config.Password = "wrong"
	if _, err := ari.Connect(ctx, config); ari.Status(err) != http.StatusUnauthorized {
		t.Errorf("a wrong password: %v", err)
	}
}

// call makes a call and does all that handles can.
func call(t *testing.T, x *xchange) {
	ctx := within(t)
	c := x.client(t, nil, "app")
	leg, err := c.Originate(ctx, "Local/press@test", &ari.ChannelOriginateOptions{AppArgs: "one,two", Variables: map[string]string{"__KEYS": "5"}})
	if err != nil {
		t.Fatal(err)
	}
	defer leg.Close()
	start, err := leg.WaitStart(ctx)
	if err != nil || !slices.Equal(start.Args, []string{"one", "two"}) || start.Timestamp.IsZero() {
		t.Fatalf("%+v, %v", start, err)
	}
	if err := leg.WaitUp(ctx); err != nil {
		t.Fatal(err)
	}
	if d := leg.Data(); d.ID != leg.ID || !strings.HasPrefix(d.Name, "Local/press@test-") || d.State != "Up" {
		t.Errorf("the channel is %+v", d)
	}
	if digit, err := ari.Await[*ari.ChannelDtmfReceived](ctx, leg); err != nil || digit.Digit != "5" {
		t.Errorf("%+v, %v", digit, err)
	}
	playback, err := leg.Play(ctx, nil, "sound:beep", "sound:beep")
	if err != nil {
		t.Fatal(err)
	}
	if err := playback.Wait(ctx); err != nil {
		t.Error(err)
	}
	var kinds []string
	for e, err := range playback.All(ctx) {
		if err != nil {
			t.Fatal(err)
		}
		kinds = append(kinds, e.EventType())
	}
	if want := []string{"PlaybackStarted", "PlaybackContinuing", "PlaybackStarted", "PlaybackFinished"}; !slices.Equal(kinds, want) {
		t.Errorf("the playback tells %q", kinds)
	}
	record(t, c)
	bridge, err := c.NewBridge(ctx, &ari.BridgeCreateOptions{Type: "mixing", Name: "room"})
	if err != nil {
		t.Fatal(err)
	}
	defer bridge.Close()
	if err := bridge.AddChannel(ctx, []string{leg.ID}, nil); err != nil {
		t.Fatal(err)
	}
	if err := bridge.WaitChannel(ctx, leg.ID, true); err != nil {
		t.Error(err)
	}
	if err := bridge.RemoveChannel(ctx, []string{leg.ID}); err != nil {
		t.Error(err)
	}
	if err := bridge.WaitChannel(ctx, leg.ID, false); err != nil {
		t.Error(err)
	}
	if err := bridge.Destroy(ctx); err != nil {
		t.Error(err)
	}
	if err := bridge.Wait(ctx, func(ari.Bridge) bool { return false }); !errors.Is(err, ari.ErrOver) {
		t.Errorf("a bridge that ended: %v", err)
	}
	if err := leg.Follow(ctx); err != nil {
		t.Error(err)
	}
	if err := leg.ContinueInDialplan(ctx, &ari.ChannelContinueInDialplanOptions{Context: "test", Extension: "brief", Priority: 1}); err != nil {
		t.Fatal(err)
	}
	if err := leg.WaitLeft(ctx); err != nil {
		t.Error(err)
	}
	end, err := leg.WaitEnd(ctx)
	if err != nil || end.Cause != 17 || end.CauseTxt == "" {
		t.Errorf("the end is %+v, %v", end, err)
	}
	if err := leg.Hangup(ctx, nil); ari.Status(err) != http.StatusNotFound {
		t.Errorf("hang up what has ended: %v", err)
	}
}

// record records a tone.
func record(t *testing.T, c *ari.Client) {
	t.Helper()
	ctx := within(t)
	leg, err := c.Originate(ctx, "Local/tone@test/n", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer leg.Close()
	if _, err := leg.WaitStart(ctx); err != nil {
		t.Fatal(err)
	}
	const name = "octothorpe-ariapps"
	recording, err := leg.Record(ctx, name, "wav", &ari.ChannelRecordOptions{IfExists: "overwrite", MaxDurationSeconds: 1})
	if err != nil {
		t.Fatal(err)
	}
	if err := recording.Wait(ctx); err != nil {
		t.Error(err)
	}
	if d := recording.Data(); d.State != "done" || d.Format != "wav" {
		t.Errorf("the recording is %+v", d)
	}
	file, err := c.Recordings.GetStoredFile(ctx, name)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(file)
	_ = file.Close()
	if err != nil || len(b) < 1000 || string(b[:4]) != "RIFF" {
		t.Errorf("the file has %d bytes, %v", len(b), err)
	}
	if err := errors.Join(c.Recordings.DeleteStored(ctx, name), leg.Hangup(ctx, nil)); err != nil {
		t.Error(err)
	}
}

// serve has calls of the dialplan come in.
func serve(t *testing.T, x *xchange) {
	ctx, cancel := context.WithCancel(within(t))
	defer cancel()
	c := x.client(t, nil, "app")
	left := make(chan error, 3)
	done := make(chan error, 1)
	go func() {
		done <- c.Serve(ctx, func(ctx context.Context, call *ari.ChannelHandle, start *ari.StasisStart) error {
			if err := call.Answer(ctx); err != nil {
				return err
			}
			if err := call.WaitUp(ctx); err != nil {
				return err
			}
			if v, err := call.GetChannelVar(ctx, "CHANNEL(state)"); err != nil || v.Value != "Up" || !slices.Equal(start.Args, []string{"one", "two"}) {
				t.Errorf("%+v, %v, %q", v, err, start.Args)
			}
			<-ctx.Done()
			left <- context.Cause(ctx)
			return nil
		})
	}()
	other := x.client(t, nil) // to whom the channels do not belong
	for range 3 {
		if _, err := other.Channels.Originate(ctx, "Local/app@test", &ari.ChannelOriginateOptions{Context: "test", Extension: "hold", Priority: 1}); err != nil {
			t.Fatal(err)
		}
	}
	for n := 0; n < 3; { // hangs up those that are answered
		time.Sleep(20 * time.Millisecond)
		channels, err := other.Channels.List(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, one := range channels {
			if strings.HasSuffix(one.Name, ";1") && one.State == "Up" && one.Dialplan.AppName == "Wait" {
				if err := other.Channels.Hangup(ctx, one.ID, nil); err == nil {
					n++
				}
			}
		}
	}
	for range 3 {
		if err := <-left; !errors.Is(err, ari.ErrLeft) {
			t.Errorf("the context ended for %v", err)
		}
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// resync loses the connection while one call ends and another is answered.
func resync(t *testing.T, x *xchange) {
	ctx := within(t)
	cable := &cutter{dial: x.dial}
	c := x.client(t, func(c *ari.Config) {
		c.HTTPClient = &http.Client{Transport: &http.Transport{DialContext: cable.DialContext}}
	}, "app")
	other := x.client(t, nil)
	make := func(id string) *ari.ChannelHandle {
		leg, err := c.Originate(ctx, "Local/hold@test", &ari.ChannelOriginateOptions{ChannelID: id})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := leg.WaitStart(ctx); err != nil {
			t.Fatal(err)
		}
		return leg
	}
	stays, goes := make("stays"), make("goes")
	bridge, err := c.NewBridge(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := bridge.AddChannel(ctx, []string{"stays", "goes"}, nil); err != nil {
		t.Fatal(err)
	}
	if err := bridge.Wait(ctx, func(b ari.Bridge) bool { return len(b.Channels) == 2 }); err != nil {
		t.Fatal(err)
	}
	before := c.Subscribe(ari.SubscribeOptions{Types: []string{"Disconnected", "Reconnected"}})
	cable.cut(true)
	if _, err := ari.Await[*ari.Disconnected](ctx, before); err != nil {
		t.Fatal(err)
	}
	if err := other.Channels.Hangup(ctx, "goes", nil); err != nil {
		t.Fatal(err)
	}
	for { // it ends in its own time
		if _, err := other.Channels.Get(ctx, "goes"); ari.Status(err) == http.StatusNotFound {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Millisecond)
	}
	cable.cut(false)
	again, err := ari.Await[*ari.Reconnected](ctx, before)
	if err != nil || len(again.Missing) > 0 {
		t.Fatal(again, err)
	}
	end, err := goes.WaitEnd(ctx)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("resumed: %t; the end was found out: %t, cause %d", again.Resumed, end.Resync, end.Cause)
	if end.Resync == again.Resumed {
		t.Error("what is resumed is not found out, and the other way round")
	}
	if err := bridge.WaitChannel(ctx, "goes", false); err != nil {
		t.Error(err)
	}
	// What is left is still ours.
	if err := stays.SetChannelVar(ctx, "A", "1", nil); err != nil {
		t.Error(err)
	}
	if v, err := ari.Await(ctx, stays, func(e *ari.ChannelVarset) bool { return e.Variable == "A" }); err != nil || v.Value != "1" {
		t.Error(v, err)
	}
	if err := stays.Hangup(ctx, &ari.ChannelHangupOptions{Reason: "busy"}); err != nil {
		t.Error(err)
	}
	if end, err := stays.WaitEnd(ctx); err != nil || end.Resync || end.Cause != 17 {
		t.Errorf("%+v, %v", end, err)
	}
	if err := bridge.Destroy(ctx); err != nil {
		t.Error(err)
	}
	if err := bridge.Wait(ctx, func(ari.Bridge) bool { return false }); !errors.Is(err, ari.ErrOver) {
		t.Error(err)
	}
}

// replaced has a second client take the application over.
func replaced(t *testing.T, x *xchange) {
	ctx := within(t)
	first := x.client(t, nil, "app")
	second := x.client(t, nil, "app")
	select {
	case <-first.Done():
	case <-ctx.Done():
		t.Fatal("the first client goes on")
	}
	if err := first.Err(); !errors.Is(err, ari.ErrReplaced) {
		t.Error(err)
	}
	leg, err := second.Originate(ctx, "Local/hold@test", nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := leg.WaitStart(ctx); err != nil {
		t.Error(err)
	}
	if err := leg.Hangup(ctx, nil); err != nil {
		t.Error(err)
	}
	if _, err := leg.WaitEnd(ctx); err != nil {
		t.Error(err)
	}
}

// claim has two programs want a call that is offered to both: one has it, and the other is told.
func claim(t *testing.T, x *xchange) {
	if x.name == "asterisk 16" {
		t.Skip("Asterisk 16 offers no calls")
	}
	ctx, cancel := context.WithCancel(within(t))
	defer cancel()
	type outcome struct {
		app string
		err error
	}
	claimed, has, served := make(chan outcome), make(chan string), make(chan error)
	clients := map[string]*ari.Client{"app": x.client(t, nil, "app"), "other": x.client(t, nil, "other")}
	for app, c := range clients {
		offers := c.Subscribe(ari.SubscribeOptions{Types: []string{"CallBroadcast"}})
		go func() {
			e, err := ari.Await[*ari.CallBroadcast](ctx, offers)
			if err == nil {
				err = c.WebSockets.ClaimChannel(ctx, e.Channel.ID, app)
			}
			claimed <- outcome{app, err}
		}()
		go func() {
			served <- c.Serve(ctx, func(context.Context, *ari.ChannelHandle, *ari.StasisStart) error {
				has <- app
				return nil
			})
		}()
	}
	if _, err := x.client(t, nil).Channels.Originate(ctx, "Local/offer@test/n", &ari.ChannelOriginateOptions{Context: "test", Extension: "hold", Priority: 1}); err != nil {
		t.Fatal(err)
	}
	winner := ""
	for range 2 {
		switch got := <-claimed; {
		case got.err == nil:
			winner += got.app
		case ari.Status(got.err) != http.StatusConflict:
			t.Errorf("%s claims: %v", got.app, got.err)
		}
	}
	if got := <-has; got != winner || winner == "" {
		t.Errorf("%s claims the call, and %s has it", winner, got)
	}
	empty(t, clients["app"])
	cancel()
	<-served
	<-served
}

// odd is a value that has to be escaped.
const odd = "dark & blue +%41=\"x\" ä"

// oddities has values in paths, queries and bodies that have to be escaped.
func oddities(t *testing.T, c *ari.Client) {
	t.Helper()
	ctx := within(t)
	named, err := c.NewBridge(ctx, &ari.BridgeCreateOptions{BridgeID: "a/b;c d%41ä", Name: odd})
	if err != nil {
		t.Fatal(err)
	}
	if b, err := named.Get(ctx); err != nil || b.Name != odd || b.ID != named.ID {
		t.Errorf("%+v, %v", b, err)
	}
	if err := named.Destroy(ctx); err != nil {
		t.Error(err)
	}
}

// overWebSocket makes a call with no other connection than the WebSocket.
func overWebSocket(t *testing.T, x *xchange) {
	if x.name == "asterisk 16" {
		t.Skip("Asterisk 16 takes no requests over the WebSocket")
	}
	ctx := within(t)
	c := x.client(t, func(c *ari.Config) { c.OverWebSocket = true; c.Timeout = 3 * time.Second }, "app")
	if info, err := c.Asterisk.GetInfo(ctx, nil); err != nil || info.Build == nil {
		t.Fatal(info, err)
	}
	leg, err := c.Originate(ctx, "Local/hold@test", &ari.ChannelOriginateOptions{Variables: map[string]string{"A": "ä \"quoted\" & %41"}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := leg.WaitStart(ctx); err != nil {
		t.Fatal(err)
	}
	if v, err := leg.GetChannelVar(ctx, "A"); err != nil || v.Value != "ä \"quoted\" & %41" {
		t.Errorf("%+v, %v", v, err)
	}
	if err := leg.SetChannelVar(ctx, "B", odd, nil); err != nil {
		t.Error(err)
	}
	if v, err := leg.GetChannelVar(ctx, "B"); err != nil || v.Value != odd {
		t.Errorf("%+v, %v", v, err)
	}
	if v, err := leg.GetChannelVar(ctx, "CALLERID(num)"); err != nil || v.Value != "" {
		t.Errorf("%+v, %v", v, err)
	}
	oddities(t, c)
	var refused *ari.Error
	if _, err := c.Channels.Get(ctx, "no/such;1"); !errors.As(err, &refused) || refused.Status != http.StatusNotFound || refused.Message != "Channel not found" {
		t.Errorf("a channel that is not there: %v", err)
	}
	if err := leg.Hangup(ctx, nil); err != nil {
		t.Error(err)
	}
	if _, err := leg.WaitEnd(ctx); err != nil {
		t.Error(err)
	}
}
