package exchange

import (
	"testing"

	"github.com/octothorpe/octothorpe/internal/state"
)

// States of custom devices outlive the exchange, in the entries in which Asterisk 22
// keeps them; one that an administrator made nonsense of is that of no device.
func TestCustomStatesOutliveTheExchange(t *testing.T) {
	k := begin(t, "[house]\nexten => night,1,Set(DEVICE_STATE(Custom:night)=INUSE)\nexten => night,hint,custom:night\n")
	k.execute("channel originate Local/night@house/n application Wait 0")
	k.eventually("the state", func() bool { return k.board.Device("Custom:night") == state.InUse })
	if v, _ := k.database.Get("CustomDevstate", "night"); v != state.InUse {
		t.Errorf("AstDB keeps %q, want %s", v, state.InUse)
	}
	k.execute("database put CustomDevstate junk xx")
	dirs := k.dirs
	k.end()
	next, err := New(Options{State: dirs.Etc, Version: "22"})
	if err != nil {
		t.Fatal(err)
	}
	k.Exchange = next
	if err := k.Start(); err != nil {
		t.Fatal(err)
	}
	defer k.end()
	if h, ok := k.board.Of("night", "house"); !ok || h.State.Text != "InUse" {
		t.Errorf("the hint tells %v, %v; want InUse", h.State, ok)
	}
	for device, want := range map[string]string{"Custom:night": state.InUse, "Custom:junk": state.Invalid, "Custom:none": state.Unknown} {
		if got := k.board.Device(device); got != want {
			t.Errorf("%s is %s, want %s", device, got, want)
		}
	}
}
