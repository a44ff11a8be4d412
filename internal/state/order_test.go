package state

import (
	"runtime"
	"testing"

	"github.com/octothorpe/octothorpe/internal/event"
)

// A hint tells last what is so, though a state that a user sets for one of its
// devices overtakes a slow look at another.
func TestWhatIsToldLastIsSo(t *testing.T) {
	bus := event.NewBus()
	told := ""
	defer bus.Subscribe(event.Kinds(event.KindExtensionStatus), func(s event.Stamped) {
		told = s.Event.(*event.ExtensionStatus).StatusText
	})()
	var b *Board
	device, looks, set := NotInUse, 0, make(chan struct{})
	b = NewBoard(bus, func(string) string {
		if looks--; looks == 0 { // the custom state is known by now
			go func() { defer close(set); b.SetCustom("Custom:lamp", Busy) }()
			for range 10_000 { // enough for it to overtake, if it may
				runtime.Gosched()
			}
		}
		return device
	})
	b.SetHints([]Hint{{"100", "default", "Custom:lamp&PJSIP/100"}}, false)
	b.Refresh()
	device, looks = InUse, 2 // of the device itself, and for the hint
	b.Touch("PJSIP/100")
	b.Refresh()
	<-set
	if told != "Busy" {
		t.Errorf("the hint was told to be %s at last, want Busy", told)
	}
}

// A hint follows the devices of a driver in any case, and of a Local device both halves tell, as on Asterisk 22.
func TestHintsFollowDevicesInAnyCase(t *testing.T) {
	bus := event.NewBus()
	told, devices := "", ""
	defer bus.Subscribe(event.Kinds(event.KindExtensionStatus, event.KindDeviceStateChange), func(s event.Stamped) {
		switch e := s.Event.(type) {
		case *event.ExtensionStatus:
			told += e.Exten + " " + e.StatusText + ";"
		case *event.DeviceStateChange:
			devices += e.Device + ";"
		}
	})()
	now := NotInUse
	b := NewBoard(bus, func(string) string { return now })
	b.SetHints([]Hint{{"1", "default", "local/x@y"}, {"2", "default", "Local/x@y"}}, true)
	b.Refresh()
	devices, now = "", InUse
	b.Touch("Local/x@y")
	b.Refresh()
	if want := "1 InUse;2 InUse;"; told != want || devices != "Local/x@y;Local/x@y;" {
		t.Errorf("told %q of %q, want %q", told, devices, want)
	}
}

// A hint follows its device however "Custom:" is spelt; the rest of the name is the
// user's, with its case.
func TestCustomIsSpeltInAnyCase(t *testing.T) {
	bus := event.NewBus()
	told := ""
	defer bus.Subscribe(event.Kinds(event.KindExtensionStatus), func(s event.Stamped) {
		e := s.Event.(*event.ExtensionStatus)
		told += e.Exten + " " + e.Hint + " " + e.StatusText + ";"
	})()
	b := NewBoard(bus, func(string) string { return Invalid })
	kept := ""
	b.Keep = func(name, state string) { kept += name + " " + state + ";" }
	b.SetHints([]Hint{{"1", "default", "custom:lampA"}, {"2", "default", "Custom:lampB"}}, true)
	b.Refresh()
	for _, device := range []string{"CUSTOM:lampA", "custom:lampB", "Custom:LAMPB"} {
		b.SetCustom(device, InUse)
	}
	b.Restore("lampA", Busy)
	if want := "1 custom:lampA InUse;2 Custom:lampB InUse;1 custom:lampA Busy;"; told != want {
		t.Errorf("told %q, want %q", told, want)
	}
	if want := "lampA INUSE;lampB INUSE;LAMPB INUSE;"; kept != want {
		t.Errorf("kept %q, want %q", kept, want)
	}
	if got := b.Device("cUSTOM:lampA"); got != Busy {
		t.Errorf("the device is %s, want %s", got, Busy)
	}
}
