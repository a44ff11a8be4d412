package state

import (
	"fmt"
	"testing"

	"github.com/octothorpe/octothorpe/internal/event"
)

// Names that strangers make up do not fill the memory; what is in use, or of a
// hint, or a user's stays.
func TestDevicesAreBounded(t *testing.T) {
	busy := "Local/busy@x"
	b := NewBoard(event.NewBus(), func(device string) string {
		if device == busy {
			return InUse
		}
		return NotInUse
	})
	b.SetHints([]Hint{{"100", "default", "PJSIP/100"}}, true)
	b.SetCustom("Custom:lamp", NotInUse)
	b.Touch(busy)
	b.Refresh()
	for i := range 3 * maxDevices {
		b.Touch(fmt.Sprintf("Local/%d@x", i))
		b.Refresh()
		if n := len(b.last); n > maxDevices {
			t.Fatalf("%d devices after %d", n, i)
		}
	}
	kept := map[string]bool{}
	for _, d := range b.Devices() {
		kept[d.Device] = true
	}
	for _, device := range []string{busy, "PJSIP/100", "Custom:lamp"} {
		if !kept[device] {
			t.Errorf("%s is forgotten", device)
		}
	}
}

func TestHintsThatAreGoneAreForgotten(t *testing.T) {
	b := NewBoard(event.NewBus(), func(string) string { return NotInUse })
	for i := range 10 {
		b.SetHints([]Hint{{fmt.Sprint(i), "default", "PJSIP/100"}}, true)
		b.Refresh()
	}
	if n := len(b.shown); n != 1 {
		t.Errorf("%d hints are remembered, want 1", n)
	}
}
