package main

import (
	"path/filepath"
	"strings"
	"testing"
)

const told = `Event: Newchannel
Channel: Local/a-1;1
Uniqueid: 1795238609.0

Event: VarSet
Channel: Local/a-1;1
Uniqueid: 1795238609.0
Variable: A
Value: 1

Event: Hangup
Channel: Local/a-1;1
Uniqueid: 1795238609.0
Cause: 16
`

func TestCompare(t *testing.T) {
	for _, c := range []struct {
		name        string
		old, new    string
		differences int
		says        string
	}{
		{"the same at another time", "1795238609.0", "1895238609.7", 0, ""},
		{"another value", "Value: 1", "Value: 2", 1, `Value is "2", want "1"`},
		{"a missing key", "Cause: 16\n", "", 1, "no Cause"},
		{"a key too many", "Cause: 16\n", "Cause: 16\nCause-code: 1\n", 1, "unknown key Cause-code"},
		{"keys in another order", "Variable: A\nValue: 1", "Value: 1\nVariable: A", 1, "order of keys"},
		{"a missing event", "Event: VarSet\nChannel: Local/a-1;1\nUniqueid: 1795238609.0\nVariable: A\nValue: 1\n\n", "", 1, "missing: VarSet"},
		{"an event too many", "Event: Hangup", "Event: Newstate\nChannel: Local/a-1;1\n\nEvent: Hangup", 1, "extra:   Newstate"},
	} {
		got := compare(parseMessages([]byte(told)), parseMessages([]byte(strings.ReplaceAll(told, c.old, c.new))))
		if len(got) != c.differences || !strings.Contains(strings.Join(got, "\n"), c.says) {
			t.Errorf("%s: got %q, want %d with %q", c.name, got, c.differences, c.says)
		}
	}
}

// What was recorded can be read, and its script played again.
func TestRecordsAreReadable(t *testing.T) {
	for _, folder := range []string{"manager", "cli"} {
		files, err := filepath.Glob("../../internal/" + folder + "/testdata/reference/*.txtar")
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: no records (%v)", folder, err)
		}
		for _, file := range files {
			scenario, err := readScenario(file)
			if err != nil {
				t.Error(err)
				continue
			}
			if !strings.Contains(scenario.Comment, "Recorded with Asterisk ") {
				t.Errorf("%s does not say with what it was recorded", file)
			}
			if len(parseMessages(scenario.Received)) == 0 {
				t.Errorf("%s has a script and no record", file)
			}
		}
	}
}

func TestOutlineKeepsTheFormOnly(t *testing.T) {
	for _, c := range []struct{ printed, want string }{
		{"    Dial: Attempts something long.\n", "    Dial: …\n"},
		{"  -= Info about it =-\n\n[Synopsis]\nDoes this and\nthat.\n", "  -= Info about it =-\n\n[Synopsis]\n…\n"},
		{"core show help    -- Shows a text\n", "core show help    -- …\n"},
		{"Module    Description   Use Count\nacl       What it does  3\n", "Module    Description   Use Count\nacl       …             3\n"},
	} {
		if got := outline(c.printed); got != c.want {
			t.Errorf("outline(%q) = %q, want %q", c.printed, got, c.want)
		}
	}
	if got, want := withoutUsage("Usage: core show x\n       explains at length\n"), "Usage: core show x\n…\n"; got != want {
		t.Errorf("withoutUsage: got %q, want %q", got, want)
	}
}
