package phone

import "testing"

// What modules.conf leaves out is not announced; what it leaves out of the rest changes nothing.
func TestAbilities(t *testing.T) {
	if a := abilitiesOf(func(string) bool { return true }); a != nil {
		t.Errorf("all modules are %+v, want nil", a)
	}
	a := abilitiesOf(func(module string) bool { return module != moduleRefer && module != moduleStates })
	for name, got := range map[string][2]string{
		"Allow":     {a.allows(), "OPTIONS, REGISTER, SUBSCRIBE, NOTIFY, PUBLISH, INVITE, ACK, BYE, CANCEL, UPDATE, PRACK, MESSAGE, INFO"},
		"Supported": {a.supports(), "100rel, timer"},
		"Accept": {a.accepts(), "application/sdp, application/simple-message-summary, application/pidf+xml, application/xpidf+xml, " +
			"application/cpim-pidf+xml, application/dialog-info+xml, application/simple-message-summary"},
	} {
		if got[0] != got[1] {
			t.Errorf("%s: %s\nwant %s", name, got[0], got[1])
		}
	}
	if !a.lacks(takerOf["REFER"]) || a.lacks(takerOf["INVITE"]) || !a.lacks(packageOf[eventDialog]) || a.lacks(packageOf[eventMWI]) {
		t.Error("REFER and dialog, and they alone, have nobody who takes them")
	}
}
