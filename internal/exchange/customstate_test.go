package exchange

import (
	"strings"
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
	for _, c := range []struct{ line, want string }{ // as Asterisk 22 answers
		{"devstate change custom:lamp busy", "Changing lamp to busy\n"},
		{"devstate change SIP/x BUSY", "The devstate command can only be used to set 'Custom:' device state!\nCommand 'devstate change SIP/x BUSY' failed.\n"},
		{"devstate change Custom: BUSY", "Usage: devstate change <device> <state>\n"},
		{"devstate change Custom:x bogus", "Usage: devstate change <device> <state>\n"},
		{"devstate list", "\n" + strings.Repeat("-", 69) + "\n--- Custom Device States --------------------------------------------\n" + strings.Repeat("-", 69) +
			"\n---\n--- Name: 'Custom:junk'  State: 'xx'\n---\n--- Name: 'Custom:lamp'  State: 'BUSY'\n---\n--- Name: 'Custom:night'  State: 'INUSE'\n---\n" +
			strings.Repeat("-", 69) + "\n" + strings.Repeat("-", 69) + "\n\n"},
	} {
		var out strings.Builder
		_ = k.Execute(t.Context(), c.line, &out) // what went wrong is in the answer
		if !strings.HasPrefix(out.String(), c.want) {
			t.Errorf("%s:\n%s\nwant\n%s", c.line, out.String(), c.want)
		}
	}
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
	for device, want := range map[string]string{"Custom:night": state.InUse, "Custom:junk": state.Invalid, "Custom:lamp": state.Busy, "Custom:none": state.Unknown} {
		if got := k.board.Device(device); got != want {
			t.Errorf("%s is %s, want %s", device, got, want)
		}
	}
}
