package ariapps

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/ari"
)

// TestCuts cuts the connection again and again while calls come and go. Each call is handled once and comes to its end, whether that was
// told or found out.
func TestCuts(t *testing.T) {
	exchanges(t, nil, func(t *testing.T, x *xchange) {
		ctx, cancel := context.WithCancel(within(t))
		defer cancel()
		cable := &cutter{dial: x.dial}
		c := x.client(t, func(c *ari.Config) {
			c.HTTPClient = &http.Client{Transport: &http.Transport{DialContext: cable.DialContext}}
		}, "app")
		var mu sync.Mutex
		began, ended := map[string]int{}, map[string]int{}
		served := make(chan error, 1)
		go func() {
			served <- c.Serve(ctx, func(ctx context.Context, call *ari.ChannelHandle, start *ari.StasisStart) error {
				mu.Lock()
				began[call.ID]++
				mu.Unlock()
				<-ctx.Done()
				if errors.Is(context.Cause(ctx), ari.ErrLeft) {
					mu.Lock()
					ended[call.ID]++
					mu.Unlock()
				}
				return nil
			})
		}()
		watch := c.Subscribe(ari.SubscribeOptions{Types: []string{"Reconnected"}})
		other := x.client(t, nil)
		handled := func(want int) {
			for n := 0; n < want && ctx.Err() == nil; time.Sleep(5 * time.Millisecond) {
				mu.Lock()
				n = len(began)
				mu.Unlock()
			}
		}
		const rounds, calls = 8, 5
		for round := range rounds {
			var ids []string
			for range calls { // while the application listens
				leg, err := other.Channels.Originate(ctx, "Local/app@test/n", &ari.ChannelOriginateOptions{Context: "test", Extension: "hold", Priority: 1})
				if err != nil {
					t.Fatal(err)
				}
				ids = append(ids, leg.ID)
			}
			inside(ctx, t, other, calls)
			handled((round + 1) * calls) // what was never told and ends while nobody listens stays unknown
			cable.cut(true)
			for _, id := range ids[:calls-1] {
				if err := other.Channels.Hangup(ctx, id, nil); err != nil {
					t.Error(err)
				}
			}
			inside(ctx, t, other, 1)
			cable.cut(false)
			if _, err := ari.Await[*ari.Reconnected](ctx, watch); err != nil {
				t.Fatal(err)
			}
			if err := other.Channels.Hangup(ctx, ids[calls-1], nil); err != nil {
				t.Error(err)
			}
			inside(ctx, t, other, 0)
		}
		for ; ; time.Sleep(10 * time.Millisecond) {
			mu.Lock()
			n := len(ended)
			mu.Unlock()
			if n == rounds*calls || ctx.Err() != nil {
				break
			}
		}
		cancel()
		<-served
		for id, n := range began {
			if n != 1 || ended[id] != 1 {
				t.Errorf("call %s began %d times and ended %d times", id, n, ended[id])
			}
		}
		if len(began) != rounds*calls {
			t.Errorf("%d calls of %d were handled", len(began), rounds*calls)
		}
	})
}

// inside waits until a number of channels are in the application.
func inside(ctx context.Context, t *testing.T, c *ari.Client, want int) {
	t.Helper()
	for ; ; time.Sleep(10 * time.Millisecond) {
		channels, err := c.Channels.List(ctx)
		if err != nil {
			t.Fatalf("waiting for %d in the application: %v", want, err)
		}
		n := 0
		for _, one := range channels {
			if one.Dialplan.AppName == "Stasis" && strings.HasSuffix(one.Name, ";2") {
				n++
			}
		}
		if n == want && (want > 0 || len(channels) == 0) {
			return
		}
	}
}
