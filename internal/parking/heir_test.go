package parking

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/octothorpe/octothorpe/internal/bridge"
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/channel/channeltest"
	"github.com/octothorpe/octothorpe/internal/event"
)

// succession is a call of two of which one is to take the place of a parked leg.
type succession struct {
	half, heir *channeltest.Channel
	left       chan error // of the half's Park
	from       *bridge.Bridge
	how        bridge.Moving
	told       *channeltest.Record
}

// succeed parks a leg and asks for another to inherit its stay.
func (w *world) succeed() *succession {
	w.t.Helper()
	s := &succession{told: channeltest.Listen(w.t, w.Bus, event.KindGeneric)}
	s.half, s.left = w.runs(w.park, "default,t(10)")
	w.willInherit(s)
	return s
}

// willInherit makes the heir and asks for it.
func (w *world) willInherit(s *succession) {
	w.t.Helper()
	from, err := w.Calls.Bridges.Create(bridge.Options{Dissolve: true})
	if err != nil {
		w.t.Fatal(err)
	}
	s.from = from
	s.heir = w.talks(from)
	w.talks(from)
	synctest.Wait()
	how, ok := w.lot().Inherit(s.half.Channel, s.heir.Channel)
	if !ok {
		w.t.Fatal("nobody may inherit")
	}
	if _, again := w.lot().Inherit(s.half.Channel, s.heir.Channel); again {
		w.t.Error("two may inherit")
	}
	how.Swap = s.half.UniqueID()
	s.how = how
}

// talks is a leg that is in a bridge, and goes on elsewhere if it is told so.
func (w *world) talks(b *bridge.Bridge) *channeltest.Channel {
	c := w.Leg(w.t, &channeltest.Leg{})
	w.Calls.Employ(c.Channel, func(ctx context.Context, c *channel.Channel) error { return b.Join(ctx, c, bridge.JoinOptions{}) })
	return c
}

func (w *world) lot() bridge.Options { return w.Find("default").at("701").bridge.Options() }

// comes has the heir go to the lot.
func (w *world) comes(s *succession) {
	w.t.Helper()
	if !s.from.MoveWith(s.heir.Channel, w.Find("default").bridge, s.how) {
		w.t.Fatal("it was not moved")
	}
	synctest.Wait()
}

// names are the events that were told of parking.
func (s *succession) names() (list []string) {
	for _, e := range s.told.Events() {
		list = append(list, e.Event.(*event.Generic).Name)
	}
	return list
}

func (s *succession) want(t *testing.T, want ...string) {
	t.Helper()
	got := s.names()
	if len(got) != len(want) {
		t.Fatalf("told %q, want %q", got, want)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("told %q, want %q", got, want)
		}
	}
}

// The leg that takes a Local half's place in a lot has its space, its time, and is who is fetched.
func TestAStayIsInherited(t *testing.T) {
	for name, test := range map[string]func(t *testing.T, w *world, s *succession){
		"and given up": func(t *testing.T, w *world, s *succession) {
			s.heir.RemoteHangup(channel.CauseNormalClearing)
			synctest.Wait()
			s.want(t, "ParkedCall", "ParkedCallSwap", "ParkedCallGiveUp")
			if w.Find("default").at("701") != nil {
				t.Error("the space is taken")
			}
		},
		"and fetched": func(t *testing.T, w *world, s *succession) {
			by, _ := w.runs(w.fetch, "default,701")
			time.Sleep(time.Second)
			if id := by.BridgeID(); id == "" || id != s.heir.BridgeID() {
				t.Errorf("they are in bridges %q and %q", id, s.heir.BridgeID())
			}
			s.heir.RemoteHangup(channel.CauseNormalClearing)
			synctest.Wait()
			s.want(t, "ParkedCall", "ParkedCallSwap", "UnParkedCall")
		},
		"and inherited again": func(t *testing.T, w *world, s *succession) {
			next := &succession{half: s.heir, told: s.told}
			w.willInherit(next)
			w.comes(next)
			s.want(t, "ParkedCall", "ParkedCallSwap", "ParkedCallSwap")
			if now := w.Find("default").at("701"); now == nil || now.leg() != next.heir.Channel {
				t.Error("the second heir is not in the space")
			}
		},
		"and its time is up": func(t *testing.T, w *world, s *succession) {
			time.Sleep(11 * time.Second)
			s.want(t, "ParkedCall", "ParkedCallSwap", "ParkedCallTimeOut")
			if got := s.heir.Location().Context; got != "park-dial" {
				t.Errorf("it went to the context %q", got)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			in(t, "", func(t *testing.T, w *world) {
				s := w.succeed()
				w.comes(s)
				if err := <-s.left; err == nil {
					t.Error("the half goes on in its dialplan")
				}
				if now := w.Find("default").at("701"); now == nil || now.leg() != s.heir.Channel {
					t.Fatal("the heir is not in the space")
				}
				test(t, w, s)
			})
		})
	}
}

// An heir that does not come leaves the stay to whose it was, and one whose predecessor has
// left meanwhile ends it. Who fetches the call waits for what comes of it.
func TestAnHeirThatDoesNotCome(t *testing.T) {
	in(t, "", func(t *testing.T, w *world) {
		s := w.succeed()
		by, _ := w.runs(w.fetch, "default,701")
		synctest.Wait()
		if by.BridgeID() != "" {
			t.Error("it was fetched while it was nobody's")
		}
		s.how.Lost()
		synctest.Wait()
		if id := by.BridgeID(); id == "" || id != s.half.BridgeID() {
			t.Errorf("they are in bridges %q and %q", id, s.half.BridgeID())
		}
	})
	in(t, "", func(t *testing.T, w *world) {
		s := w.succeed()
		s.half.RemoteHangup(channel.CauseNormalClearing)
		<-s.left
		s.want(t, "ParkedCall")
		s.how.Lost()
		s.want(t, "ParkedCall", "ParkedCallGiveUp")
		if w.Find("default").at("701") != nil {
			t.Error("the space is taken")
		}
	})
}

// A time that is up while the heir is on the way is the heir's.
func TestTheTimeIsUpOnTheWay(t *testing.T) {
	in(t, "", func(t *testing.T, w *world) {
		s := w.succeed()
		time.Sleep(12 * time.Second)
		s.want(t, "ParkedCall")
		w.comes(s)
		time.Sleep(time.Second)
		s.want(t, "ParkedCall", "ParkedCallSwap", "ParkedCallTimeOut")
		if got := s.heir.Location().Context; got != "park-dial" {
			t.Errorf("it went to the context %q", got)
		}
	})
}
