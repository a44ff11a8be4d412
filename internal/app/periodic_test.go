package app

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/function"
	"github.com/octothorpe/octothorpe/internal/local"
	"github.com/octothorpe/octothorpe/internal/media"
)

// TestPeriodicHook has a leg with voice run an extension each two seconds, not without voice
// and not while it is off.
func TestPeriodicHook(t *testing.T) {
	in(t, "[test]\nexten => s,1,Wait(60)\nexten => beep,1,Answer()\nsame => n,NoOp(${HOOK_ID} ${HOOK_CHANNEL})\nsame => n,Wait(0.5)\n", func(t *testing.T, x *exchange) {
		x.Channels.Register(&local.Driver{Channels: x.Channels, Bridges: x.Bridges, Dialplan: localPlan{x}, Logger: x.Logger})
		for _, f := range (&function.House{Channels: x.Channels, Logger: x.Logger}).Functions() {
			x.engine.AddFunction(f)
		}
		var spied []string
		x.engine.AddApplication(Application{Row: command.Row{Name: "ChanSpy"}, Run: func(ctx context.Context, c *channel.Channel, data string) error {
			spied = append(spied, data)
			if err := c.Answer(); err != nil {
				return err
			}
			<-ctx.Done()
			return context.Cause(ctx)
		}})
		c, _ := x.call(t, "s")
		for _, bad := range []string{"", "test,beep", "test,beep,0", "test,beep,x", "test,,2"} {
			if id, err := x.periodicBegin(t.Context(), c, bad); err == nil {
				t.Errorf("PERIODIC_HOOK(%s) is hook %s", bad, id)
			}
		}
		id, err := x.periodicBegin(t.Context(), c, "test,beep,2")
		if err != nil || id != "0" {
			t.Fatalf("the first hook is %q, %v", id, err)
		}
		voice := func(d time.Duration) {
			for range d / (20 * time.Millisecond) {
				c.Deliver(media.Frame{Kind: media.Voice, Format: media.ULaw, Data: make([]byte, 160), Samples: 160})
				time.Sleep(20 * time.Millisecond)
			}
		}
		voice(5 * time.Second)
		synctest.Wait()
		if got := strings.Join(spied, " "); got != c.Name()+",qEB "+c.Name()+",qEB" {
			t.Errorf("in five seconds %q spied", got)
		}
		for _, turn := range []string{"off", "on"} {
			if err := x.periodicSwitch(t.Context(), c, id, turn); err != nil {
				t.Fatal(err)
			}
			if turn == "off" {
				voice(5 * time.Second)
			} else {
				time.Sleep(5 * time.Second)
			}
			synctest.Wait()
			if len(spied) != 2 {
				t.Errorf("after it was %s and had silence it ran %d times", turn, len(spied))
			}
		}
		if err := x.periodicSwitch(t.Context(), c, "7", "off"); err == nil {
			t.Error("there is a hook 7")
		}
		c.Hangup(channel.CauseNormalClearing)
		synctest.Wait()
	})
}
