package stasis

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/octothorpe/octothorpe/internal/event"
)

// A tape is a client that notes what it is told.
type tape struct {
	mu     sync.Mutex
	told   []map[string]any
	most   int // messages that it takes; 0 is all
	closed bool
}

func (k *tape) Send(message []byte) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.closed || k.most > 0 && len(k.told) >= k.most {
		return false
	}
	var m map[string]any
	if err := json.Unmarshal(message, &m); err != nil {
		panic(fmt.Sprintf("%s: %v", message, err))
	}
	k.told = append(k.told, m)
	return true
}

func (k *tape) Share(begin, end []byte) bool { return k.Send(slices.Concat(begin, end)) }

func (k *tape) Waiting() int { return 0 }
func (k *tape) Flush()       {}

func (k *tape) Close() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.closed = true
}

// heard are the types and channels of what was told since it was asked last.
func (k *tape) heard() []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	var list []string
	for _, m := range k.told {
		list = append(list, shown(m))
	}
	k.told = nil
	return list
}

// place is the place of the last event that was told.
func (k *tape) place(t *testing.T) string {
	t.Helper()
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.told) == 0 {
		t.Fatal("nothing was told")
	}
	place, ok := k.told[len(k.told)-1]["sequence"].(string)
	if !ok {
		t.Fatalf("there is no place in %v", k.told[len(k.told)-1])
	}
	return place
}

func shown(m map[string]any) string {
	text := strings.TrimPrefix(m["type"].(string), "Channel")
	if c, ok := m["channel"].(map[string]any); ok {
		text += " " + c["id"].(string)
	}
	if app := m["application"]; app != "app" {
		text += " of " + app.(string)
	}
	return text
}

// missed is a backlog as heard shows it.
func missed(t *testing.T, b *Backlog) []string {
	t.Helper()
	k := &tape{}
	for message := range b.All() {
		k.Send(message)
	}
	last := uint64(0)
	for _, m := range k.told {
		_, number, ok := parsePlace(m["sequence"].(string))
		if !ok || number <= last {
			t.Errorf("%v comes behind %d", m, last)
		}
		last = number
	}
	return k.heard()
}

func testHub(t *testing.T, k Keeping) *Hub {
	h := New(Config{Bus: event.NewBus(), Logger: slog.New(slog.DiscardHandler), Entity: "here", Keeping: k})
	t.Cleanup(h.Close)
	return h
}

func (h *Hub) listen(t *testing.T, o Listening, names ...string) (*tape, *Backlog) {
	t.Helper()
	k := &tape{}
	b, err := h.Register(names, o, k)
	if err != nil {
		t.Fatal(err)
	}
	return k, b
}

// state publishes that the state of channels has changed.
func (h *Hub) state(ids ...string) {
	for _, id := range ids {
		h.Bus.Publish(&event.Newstate{Channel: &event.Channel{UniqueID: id, Name: "Local/" + id}})
	}
}

func same(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

var counted = Listening{Everything: true, Sequence: true}

func since(place string) Listening { return Listening{Everything: true, Sequence: true, Since: place} }

// Who comes back is told what it has missed, and then what is new, in one order.
func TestResume(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := testHub(t, Keeping{Bytes: 1 << 20, Time: time.Minute})
		k, _ := h.listen(t, counted, "app", "other")
		first := k.place(t)
		same(t, k.heard(), "ApplicationRegistered", "ApplicationRegistered of other")
		h.state("1")
		place := k.place(t)
		h.Unregister(k)
		time.Sleep(30 * time.Second)
		h.state("2")
		if h.Has("app") {
			t.Error("somebody listens")
		}
		k, b := h.listen(t, since(place), "app", "other")
		h.state("3")
		same(t, slices.Sorted(slices.Values(missed(t, b))), "StateChange 2", "StateChange 2 of other") // either is told first
		same(t, slices.Sorted(slices.Values(k.heard())), "StateChange 3", "StateChange 3 of other")
		// The connection was lost before the exchange has noticed.
		again, b := h.listen(t, since(first), "app", "other")
		if b.Len() != 6 {
			t.Errorf("it is told %q", missed(t, b))
		}
		same(t, k.heard(), "ApplicationReplaced", "ApplicationReplaced of other")
		h.Unregister(k) // that is over already
		h.state("4")
		same(t, slices.Sorted(slices.Values(again.heard())), "StateChange 4", "StateChange 4 of other")
	})
}

// What clients tell an application whose client has gone for a while is kept, as everything is.
func TestUserEventsAreKept(t *testing.T) {
	h := testHub(t, Keeping{Bytes: 1 << 20, Time: time.Minute})
	one, _ := h.listen(t, counted, "app")
	place := one.place(t)
	h.Unregister(one)
	if err := h.UserEvent("app", "meanwhile", nil, nil, nil, nil); err != nil {
		t.Fatal(err)
	}
	_, b := h.listen(t, since(place), "app")
	same(t, missed(t, b), "Userevent")
	if err := h.UserEvent("none", "meanwhile", nil, nil, nil, nil); err == nil {
		t.Error("an application that nobody knows was told something")
	}
}

// What is not kept any more is an error, and so is a place that never was.
func TestTooLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := testHub(t, Keeping{Bytes: 4000, Time: time.Minute})
		refused := func(place string) {
			t.Helper()
			if _, err := h.Register([]string{"app"}, since(place), &tape{}); !errors.Is(err, ErrTooLate) {
				t.Errorf("since %q: %v", place, err)
			}
		}
		refused("x-1")
		if h.Bus.Wants(event.KindNewstate) {
			t.Error("somebody listens to the bus")
		}
		k, _ := h.listen(t, counted, "app")
		h.state("1")
		place := k.place(t)
		h.Unregister(k)
		for _, wrong := range []string{"nothing", "-", "x-1", h.epoch + "-999", h.epoch + ".1-1", h.epoch + "-x"} {
			refused(wrong)
		}
		if _, err := h.Register([]string{"app", "third"}, since(place), &tape{}); !errors.Is(err, ErrTooLate) {
			t.Errorf("with an application of which nothing is kept: %v", err)
		}
		if _, err := h.Register([]string{"app"}, Listening{Since: place, Share: true}, &tape{}); !errors.Is(err, ErrTooLate) {
			t.Errorf("as one of several: %v", err)
		}
		k, b := h.listen(t, since(place), "app")
		same(t, missed(t, b))
		// Too much has come.
		h.Unregister(k)
		h.state("1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12")
		refused(place)
		h.telling.Lock()
		j := h.apps["app"].journal
		if h.journals.bytes > 4000 || j.bytes != h.journals.bytes || len(j.list) == 0 || j.floor == 0 {
			t.Errorf("%d messages, %d bytes and %d in all are kept", len(j.list), j.bytes, h.journals.bytes)
		}
		place = fmt.Sprintf("%s-%d", h.epoch, j.floor)
		h.telling.Unlock()
		k, b = h.listen(t, since(place), "app")
		if b.Len() == 0 {
			t.Error("nothing is left")
		}
		// Too much time has passed, and the application is no more.
		h.state("13")
		place = k.place(t)
		h.Unregister(k)
		time.Sleep(59 * time.Second)
		synctest.Wait()
		same(t, h.Names(), "app")
		time.Sleep(time.Second)
		synctest.Wait()
		same(t, h.Names())
		refused(place)
		if h.journals.bytes != 0 || len(h.journals.all) != 0 || h.Bus.Wants(event.KindNewstate) {
			t.Errorf("%d bytes are kept", h.journals.bytes)
		}
	})
}

// Events age while the client listens, too.
func TestAge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := testHub(t, Keeping{Bytes: 1 << 20, Time: time.Minute})
		k, _ := h.listen(t, counted, "app")
		h.state("1")
		early := k.place(t)
		h.state("2")
		time.Sleep(50 * time.Second)
		h.state("3")
		late := k.place(t)
		time.Sleep(20 * time.Second)
		h.Unregister(k)
		if _, err := h.Register([]string{"app"}, since(early), &tape{}); !errors.Is(err, ErrTooLate) {
			t.Error(err)
		}
		h.state("4")
		_, b := h.listen(t, since(late), "app")
		same(t, missed(t, b), "StateChange 4")
	})
}

// The application that has most loses first.
func TestFairRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := testHub(t, Keeping{Bytes: 10_000, Time: time.Minute})
		quiet, _ := h.listen(t, Listening{Sequence: true}, "quiet")
		place := quiet.place(t)
		loud, _ := h.listen(t, counted, "loud")
		h.tellApp("quiet", "StasisStart", "", nil)
		for range 100 {
			h.state("1")
		}
		h.Unregister(quiet)
		h.Unregister(loud)
		if _, err := h.Register([]string{"loud"}, since(loud.place(t)[:len(h.epoch)]+"-1"), &tape{}); !errors.Is(err, ErrTooLate) {
			t.Error(err)
		}
		_, b := h.listen(t, since(place), "quiet")
		same(t, missed(t, b), "StasisStart of quiet")
	})
}

// Who does not count its events is told them without places, and nothing is kept.
func TestNotCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := testHub(t, Keeping{Bytes: 1 << 20, Time: time.Minute})
		k, _ := h.listen(t, Listening{Everything: true}, "app")
		h.state("1")
		if m := k.told[0]; len(k.told) != 1 || m["sequence"] != nil || h.count != 0 {
			t.Errorf("it is told %v", k.told)
		}
		// One that counts takes over, and then one that does not.
		counting, _ := h.listen(t, counted, "app")
		h.state("2")
		counting.place(t)
		k, _ = h.listen(t, Listening{}, "app")
		h.state("3")
		if m := k.told[0]; m["sequence"] != nil || len(h.journals.all) != 0 {
			t.Errorf("it is told %v", m)
		}
		h.Unregister(k)
		same(t, h.Names())
		// Nothing is kept where nothing may be.
		h = testHub(t, Keeping{})
		k, _ = h.listen(t, counted, "app")
		h.state("1")
		h.Unregister(k)
		same(t, h.Names())
	})
}

// Who takes the place of a client that listened to everything does not have to.
func TestDeaf(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := testHub(t, Keeping{Bytes: 1 << 20, Time: time.Minute})
		k, _ := h.listen(t, counted, "app")
		h.Unregister(k)
		k, _ = h.listen(t, Listening{Sequence: true}, "app")
		k.heard()
		h.state("1")
		same(t, k.heard())
	})
}

// A client that takes no more is closed, and others are told all.
func TestFull(t *testing.T) {
	h := testHub(t, Keeping{})
	slow := &tape{most: 3}
	if _, err := h.Register([]string{"slow"}, Listening{Everything: true}, slow); err != nil {
		t.Fatal(err)
	}
	k, _ := h.listen(t, Listening{Everything: true}, "app")
	h.state("1", "2", "3", "4", "5")
	same(t, k.heard(), "StateChange 1", "StateChange 2", "StateChange 3", "StateChange 4", "StateChange 5")
	if !slow.closed || h.Dropped() == 0 {
		t.Error("the slow one goes on")
	}
}

// Applications are told of an event in the order in which they were registered.
func TestOrder(t *testing.T) {
	h := testHub(t, Keeping{})
	var told []string
	names := []string{"zoe", "ann", "mia", "bob", "eve", "kim"}
	for _, name := range names {
		if _, err := h.Register([]string{name}, Listening{Everything: true}, &scribe{&told, name}); err != nil {
			t.Fatal(err)
		}
	}
	h.state("1")
	h.state("2")
	same(t, told, append(slices.Clone(names), names...)...)
}

// Applications that are many share the beginning of a message, and are told the same.
func TestCrowd(t *testing.T) {
	h := testHub(t, Keeping{Bytes: 1 << 20, Time: time.Minute})
	tapes := map[string]*tape{}
	for i := range crowd + 2 {
		name := fmt.Sprintf("app%d", i)
		tapes[name] = &tape{}
		if _, err := h.Register([]string{name}, Listening{Everything: true, Sequence: i == 0}, tapes[name]); err != nil {
			t.Fatal(err)
		}
	}
	tapes["app5"].most = 1
	before := h.Figures()
	h.state("1")
	h.state("2")
	for name, k := range tapes {
		want := 2
		switch name {
		case "app0":
			want = 3 // its place was told first
		case "app5":
			want = 1
		}
		if len(k.told) != want || k.closed != (name == "app5") {
			t.Errorf("%s was told %v, want %d; closed is %t", name, k.told, want, k.closed)
		}
		for _, m := range k.told {
			if m["application"] != name || (m["sequence"] != nil) != (name == "app0") {
				t.Errorf("%s was told %v", name, m)
			}
		}
	}
	after := h.Figures()
	if n := after.Delivered - before.Delivered; n != 2*(crowd+2) {
		t.Errorf("%d were delivered", n)
	}
	if after.Dropped != 1 {
		t.Errorf("%d were dropped", after.Dropped)
	}
}

// What many hear of a leg is told in rounds, but to the application that it is in at once.
func TestTheMasterIsToldAtOnce(t *testing.T) {
	h := testHub(t, Keeping{})
	haste := map[string]*hasteOf{}
	for i := range crowd + 2 {
		name := fmt.Sprintf("app%d", i)
		haste[name] = &hasteOf{}
		if _, err := h.Register([]string{name}, Listening{Everything: true}, haste[name]); err != nil {
			t.Fatal(err)
		}
	}
	h.legs.all["1"] = &Leg{told: "app3"}
	h.state("1")
	h.state("2")
	for name, k := range haste {
		want := hasteOf{shared: 2}
		if name == "app3" {
			want = hasteOf{sent: 1, shared: 1}
		}
		if *k != want {
			t.Errorf("%s was told %+v, want %+v", name, *k, want)
		}
	}
}

// A hasteOf counts what is sent at once, and what may wait.
type hasteOf struct{ sent, shared int }

func (s *hasteOf) Send([]byte) bool       { s.sent++; return true }
func (s *hasteOf) Share(_, _ []byte) bool { s.shared++; return true }
func (s *hasteOf) Waiting() int           { return 0 }
func (s *hasteOf) Flush()                 {}
func (s *hasteOf) Close()                 {}

// A scribe notes who is told something.
type scribe struct {
	told *[]string
	name string
}

func (s *scribe) Send([]byte) bool       { *s.told = append(*s.told, s.name); return true }
func (s *scribe) Share(_, _ []byte) bool { return s.Send(nil) }
func (s *scribe) Waiting() int           { return 0 }
func (s *scribe) Flush()                 {}
func (s *scribe) Close()                 {}
