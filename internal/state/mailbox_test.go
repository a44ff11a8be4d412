package state

import (
	"slices"
	"testing"

	"github.com/octothorpe/octothorpe/internal/event"
)

func TestMailboxes(t *testing.T) {
	bus := event.NewBus()
	var told []event.MessageWaiting
	defer bus.Subscribe(event.Kinds(event.KindMessageWaiting), func(s event.Stamped) { told = append(told, *s.Event.(*event.MessageWaiting)) })()
	m := NewMailboxes(bus)
	var touched []string
	m.Touched = func(device string) { touched = append(touched, device) }
	device := func(want string) {
		t.Helper()
		if got := m.Device("a@x"); got != want {
			t.Errorf("the device is %s, want %s", got, want)
		}
	}
	device(Invalid)
	m.Restore("a@x", Counts{Old: 1})
	device(NotInUse)
	m.Set("a@x", Counts{New: 2, Old: 1})
	device(InUse)
	m.SetRemote("b@x", Counts{New: 3})
	if !m.Forget("a@x") || m.Forget("nosuch") {
		t.Error("what is forgotten is not told right")
	}
	device(Invalid)
	want := []event.MessageWaiting{{Mailbox: "a@x", New: 2, Old: 1}, {Mailbox: "b@x", New: 3, Remote: true}, {Mailbox: "a@x"}}
	if !slices.Equal(told, want) {
		t.Errorf("told %+v, want %+v", told, want)
	}
	if !slices.Equal(touched, []string{"MWI:a@x", "MWI:b@x", "MWI:a@x"}) {
		t.Errorf("touched %q", touched)
	}
	if names := m.Names(); !slices.Equal(names, []string{"b@x"}) || !m.Remote("b@x") || m.Remote("a@x") {
		t.Errorf("known are %q", names)
	}
}

// A mailbox that is gone is not another exchange's any more.
func TestAMailboxThatIsForgottenIsNobodys(t *testing.T) {
	m := NewMailboxes(event.NewBus())
	m.SetRemote("a@x", Counts{1, 0})
	if !m.Remote("a@x") {
		t.Fatal("it is not known to be another exchange's")
	}
	if !m.Forget("a@x") || m.Remote("a@x") {
		t.Error("it is still another exchange's")
	}
}

// A device is busy where it is at any exchange.
func TestDevicesElsewhere(t *testing.T) {
	local := Invalid
	b := NewBoard(event.NewBus(), func(string) string { return local })
	for _, step := range []struct{ exchange, there, here, want string }{
		{"one", InUse, Invalid, InUse},
		{"one", NotInUse, Invalid, NotInUse},
		{"two", Ringing, Invalid, Ringing},
		{"two", NotInUse, Busy, Busy},
	} {
		local = step.here
		if b.SetRemote(step.exchange, "PJSIP/1", step.there); b.Device("PJSIP/1") != step.want {
			t.Errorf("%+v: %s", step, b.Device("PJSIP/1"))
		}
	}
	if !b.Remote("PJSIP/1") || b.Remote("PJSIP/2") || b.Local("PJSIP/1") != Busy {
		t.Error("what is elsewhere is not told from what is here")
	}
}
