package exchange

import (
	"strings"
	"testing"
)

// What is included is looked for in all that makes the dialplan, at the start and when a
// part of it is read again.
func TestIncludesOfAllLanguagesAreLookedAtTogether(t *testing.T) {
	k := prepareTrial(t, "[house]\ninclude => branches\ninclude => scripts\ninclude => parkedcalls\ninclude => nowhere\n")
	k.write("extensions.ael", "context branches { includes { scripts; gone; } }\n")
	k.write("extensions.lua", "extensions = { scripts = {} }\n")
	k.write("res_parking.conf", "[default]\nparkext=700\nparkpos=701-702\n")
	if err := k.Start(); err != nil {
		t.Fatal(err)
	}
	defer k.end()
	told := func(after string) {
		t.Helper()
		k.logs.Flush()
		for what, want := range map[string]int{"house tries to include the nonexistent context nowhere": 1,
			"branches tries to include the nonexistent context gone": 1, "tries to include": 2} {
			if got := strings.Count(k.logged(), what); got != want*len(strings.Split(after, " and ")) {
				t.Errorf("after %s the log has %q %d times", after, what, got)
			}
		}
	}
	told("the start")
	_ = k.execute("dialplan reload")
	told("the start and dialplan reload")
	_ = k.execute("ael reload")
	told("the start and dialplan reload and ael reload")
}
