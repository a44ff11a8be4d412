package ariapps

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/ari"
)

// TestResume cuts the connection again and again while calls come, do things and go. All of it is told in the end, each event once and
// none found out; calls that come while nobody listens wait.
func TestResume(t *testing.T) {
	t.Parallel()
	x := octothorpe(t, map[string]string{"asterisk.conf": "[ari]\ngrace_seconds = 30\n"})
	ctx := within(t)
	cable := &cutter{dial: x.dial}
	c := x.client(t, func(c *ari.Config) {
		c.HTTPClient = &http.Client{Transport: &http.Transport{DialContext: cable.DialContext}}
	}, "app")
	other := x.client(t, nil)
	originate := func() string {
		leg, err := other.Channels.Originate(ctx, "Local/app@test/n", &ari.ChannelOriginateOptions{Context: "test", Extension: "hold", Priority: 1})
		if err != nil {
			t.Fatal(err)
		}
		return leg.ID
	}
	const rounds = 6
	for round := range rounds {
		first := originate()
		start, err := ari.Await[*ari.StasisStart](ctx, c.Events())
		if err != nil {
			t.Fatal(err)
		}
		cable.cut(true)
		// While nobody listens a variable is set, the call ends, and another one comes.
		if err := other.Channels.SetChannelVar(ctx, start.Channel.ID, "ROUND", fmt.Sprint(round), nil); err != nil {
			t.Fatal(err)
		}
		if err := other.Channels.Hangup(ctx, first, nil); err != nil {
			t.Fatal(err)
		}
		inside(ctx, t, other, 0)
		second := originate()
		inside(ctx, t, other, 1)
		cable.cut(false)
		var told []string
		for !slices.Contains(told, "StasisStart") {
			e, err := c.Events().Next(ctx)
			if err != nil {
				t.Fatal(err, told)
			}
			switch e := e.(type) {
			case *ari.Disconnected, *ari.StasisStart, *ari.StasisEnd:
				told = append(told, e.EventType())
			case *ari.Reconnected:
				told = append(told, fmt.Sprint(e.EventType(), e.Resumed))
			case *ari.ChannelVarset:
				if e.Variable == "ROUND" {
					told = append(told, e.Variable+e.Value)
				}
			}
			if e.Head().Resync {
				t.Errorf("%s was found out", e.EventType())
			}
		}
		want := []string{"Disconnected", "Reconnectedtrue", fmt.Sprintf("ROUND%d", round), "StasisEnd", "StasisStart"}
		if !slices.Equal(told, want) {
			t.Errorf("round %d: it is told %q, want %q", round, told, want)
		}
		if err := other.Channels.Hangup(ctx, second, nil); err != nil {
			t.Fatal(err)
		}
		if _, err := ari.Await[*ari.StasisEnd](ctx, c.Events()); err != nil {
			t.Fatal(err)
		}
		empty(t, other)
	}
}

// TestTooLate has a client come back when what it missed is not kept any more: it is refused, and asks what there is.
func TestTooLate(t *testing.T) {
	t.Parallel()
	x := octothorpe(t, map[string]string{"asterisk.conf": "[ari]\nretained_bytes = 3000\n"})
	ctx := within(t)
	cable := &cutter{dial: x.dial}
	c := x.client(t, func(c *ari.Config) {
		c.HTTPClient = &http.Client{Transport: &http.Transport{DialContext: cable.DialContext}}
	}, "app")
	leg, err := c.Originate(ctx, "Local/hold@test", nil)
	if err != nil {
		t.Fatal(err)
	}
	start, err := leg.WaitStart(ctx)
	if err != nil {
		t.Fatal(err)
	}
	cable.cut(true)
	other := x.client(t, nil)
	for n := range 20 {
		if err := other.Channels.SetChannelVar(ctx, leg.ID, "N", fmt.Sprint(n), nil); err != nil {
			t.Fatal(err)
		}
	}
	options := &ari.EventWebsocketOptions{Since: start.Sequence}
	if _, err := other.WebSockets.EventWebsocket(ctx, []string{"app"}, options); ari.Status(err) != http.StatusGone {
		t.Errorf("since %s: %v", start.Sequence, err)
	}
	if err := other.Channels.Hangup(ctx, leg.ID, nil); err != nil {
		t.Fatal(err)
	}
	inside(ctx, t, other, 0)
	cable.cut(false)
	if e, err := ari.Await[*ari.Reconnected](ctx, c.Events()); err != nil || e.Resumed {
		t.Errorf("%+v, %v", e, err)
	}
	if end, err := leg.WaitEnd(ctx); err != nil || !end.Resync {
		t.Errorf("%+v, %v", end, err)
	}
}

// TestShare has three programs share the calls of an application, each handled by one of them. One is cut off: the others take its calls over.
func TestShare(t *testing.T) {
	t.Parallel()
	x := octothorpe(t, nil)
	ctx, cancel := context.WithCancel(within(t))
	defer cancel()
	cable := &cutter{dial: x.dial}
	var mu sync.Mutex
	handled := map[string][]int{} // the programs that had a call
	var running sync.WaitGroup
	for n := range 3 {
		c := x.client(t, func(c *ari.Config) {
			c.Share = true
			if n == 0 {
				c.NoReconnect = true
				c.HTTPClient = &http.Client{Transport: &http.Transport{DialContext: cable.DialContext}}
			}
		}, "app")
		running.Go(func() {
			_ = c.Serve(ctx, func(ctx context.Context, call *ari.ChannelHandle, _ *ari.StasisStart) error {
				err := call.SetChannelVar(ctx, "BY", fmt.Sprint(n), nil)
				mu.Lock()
				handled[call.ID] = append(handled[call.ID], n)
				mu.Unlock()
				if err != nil {
					return err
				}
				<-ctx.Done()
				return nil
			})
		})
	}
	other := x.client(t, nil)
	const calls = 9
	var ids []string
	for range calls {
		leg, err := other.Channels.Originate(ctx, "Local/app@test/n", &ari.ChannelOriginateOptions{Context: "test", Extension: "hold", Priority: 1})
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, leg.ID)
	}
	inside(ctx, t, other, calls)
	until := func(what string, holds func() bool) {
		t.Helper()
		for ; ; time.Sleep(5 * time.Millisecond) {
			mu.Lock()
			ok := holds()
			mu.Unlock()
			if ok {
				return
			}
			if ctx.Err() != nil {
				t.Fatalf("%s: %v", what, handled)
			}
		}
	}
	until("the calls are handled", func() bool { return len(handled) == calls })
	var shares [3]int
	mu.Lock()
	for id, by := range handled {
		if len(by) != 1 {
			t.Errorf("call %s is handled by %v", id, by)
		}
		shares[by[0]]++
	}
	mu.Unlock()
	if shares != [3]int{3, 3, 3} {
		t.Errorf("the shares are %v", shares)
	}
	cable.cut(true)
	until("the others have its calls", func() bool {
		n := 0
		for _, by := range handled {
			if by[0] == 0 && len(by) == 2 && by[1] != 0 {
				n++
			}
		}
		return n == shares[0]
	})
	for id := range handled {
		if v, err := other.Channels.GetChannelVar(ctx, id, "BY"); err != nil || v.Value == "0" {
			t.Errorf("call %s is had by %+v, %v", id, v, err)
		}
	}
	for _, id := range ids {
		if err := other.Channels.Hangup(ctx, id, nil); err != nil {
			t.Error(err)
		}
	}
	empty(t, other)
	cancel()
	running.Wait()
	for id, by := range handled {
		if len(by) > 2 {
			t.Errorf("call %s is handled by %v", id, by)
		}
	}
}
