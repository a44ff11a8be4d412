package app

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/octothorpe/octothorpe/internal/bridge"
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/local"
)

const paged = `
[test]
exten => page,1,Set(_CALLER=1)
same => n,Page(Local/one@test/n&Local/two@test/n&Local/never@test/n&nonsense,OPTIONS,5)
same => n,NoOp(over)
exten => one,1,Answer()
same => n,Wait(60)
exten => two,1,Wait(1)
same => n,Answer()
same => n,Wait(60)
exten => never,1,Wait(60)
exten => before,1,Set(SEEN=${CALLER})
same => n,Return()
exten => caller,1,NoOp(before)
same => n,Return()
`

// confer has legs meet in a bridge. An announcement is played before.
func (x *exchange) confer(ctx context.Context, c *channel.Channel, name string, user, _ map[string]string) error {
	if sound := user["announcement"]; sound != "" {
		if _, err := x.playFile(ctx, c, sound, ""); err != nil {
			return err
		}
	}
	room, err := x.room(name)
	if err != nil {
		return err
	}
	if user["marked"] == "yes" {
		defer room.Destroy()
	}
	return room.Join(ctx, c, bridge.JoinOptions{Mute: user["startmuted"] == "yes"})
}

// room is the one of a name; several may come at once.
func (x *exchange) room(name string) (*bridge.Bridge, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if room := x.Bridges.Find(name); room != nil {
		return room, nil
	}
	return x.Bridges.Create(bridge.Options{ID: name, Type: "base", Mixing: true, Keep: true})
}

// TestPage has a leg page two that answer, one late, and one that does not.
func TestPage(t *testing.T) {
	for _, test := range []struct{ options, toCaller, toCalled, said string }{
		{"", "beep", "", ""},
		{"q", "", "", ""},
		{"qA(demo-thanks)", "demo-thanks", "demo-thanks", ""},
		{"qA(demo-thanks)n", "", "demo-thanks", ""},
		{"qb(test^before^1)B(test^caller^1)", "", "", "before"},
	} {
		t.Run(test.options, func(t *testing.T) {
			in(t, strings.ReplaceAll(paged, "OPTIONS", test.options), func(t *testing.T, x *exchange) {
				x.Confer = x.confer
				x.Channels.Register(&local.Driver{Channels: x.Channels, Bridges: x.Bridges, Dialplan: localPlan{x}, Logger: x.Logger})
				caller, _ := x.call(t, "page")
				x.mu.Lock()
				x.of = caller.Name()
				x.mu.Unlock()
				time.Sleep(10 * time.Second)
				room := x.Bridges.Find(caller.Snapshot().BridgeID)
				if room == nil {
					t.Fatal("the caller is in no bridge")
				}
				var called []string
				for _, c := range room.Channels() {
					if c == caller {
						continue
					}
					name, _, _ := strings.Cut(c.Name(), "@")
					called = append(called, name)
					if got := x.to(c.Name()); got != test.toCalled {
						t.Errorf("%s heard %q, want %q", c.Name(), got, test.toCalled)
					}
					if v, _ := c.Variable("SEEN"); strings.Contains(test.options, "b(") && v != "1" {
						t.Errorf("%s has run nothing before it was called", c.Name())
					}
				}
				slices.Sort(called)
				if got := strings.Join(called, " "); got != "Local/one Local/two" {
					t.Errorf("in the room are %s", got)
				}
				if got := x.to(caller.Name()); got != test.toCaller {
					t.Errorf("the caller heard %q, want %q", got, test.toCaller)
				}
				if got := x.heard(); got != test.said {
					t.Errorf("the caller said %q, want %q", got, test.said)
				}
				caller.Hangup(channel.CauseNormalClearing)
				synctest.Wait()
				time.Sleep(time.Second)
				for _, c := range x.Channels.All() {
					if !c.HungUp() {
						t.Errorf("%s is left", c.Name())
					}
				}
			})
		})
	}
}

// Who still hears the announcement when the page is over would be alone in the conference.
func TestNobodyListensToAPageThatIsOver(t *testing.T) {
	in(t, strings.ReplaceAll(paged, "OPTIONS", "qA(demo-thanks)n"), func(t *testing.T, x *exchange) {
		x.Confer = func(ctx context.Context, c *channel.Channel, name string, user, bridge map[string]string) error {
			if user["announcement"] != "" {
				time.Sleep(5 * time.Second)
			}
			return x.confer(ctx, c, name, user, bridge)
		}
		x.Channels.Register(&local.Driver{Channels: x.Channels, Bridges: x.Bridges, Dialplan: localPlan{x}, Logger: x.Logger})
		caller, _ := x.call(t, "page")
		time.Sleep(3 * time.Second)
		caller.Hangup(channel.CauseNormalClearing)
		time.Sleep(10 * time.Second)
		for _, c := range x.Channels.All() {
			if !c.HungUp() {
				t.Errorf("%s is left", c.Name())
			}
		}
	})
}
