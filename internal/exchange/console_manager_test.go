package exchange

import (
	"strings"
	"testing"

	"github.com/octothorpe/octothorpe/internal/facts"
	"github.com/octothorpe/octothorpe/internal/manager"
)

// Who may do what is the reference's: an action of ours asks for the classes that it
// asks for there.
func TestActionsHaveTheReferencesPrivileges(t *testing.T) {
	k := begin(t, "[house]\nexten => 1,1,NoOp()\n")
	defer k.end()
	want := map[string]string{}
	for _, a := range facts.Actions() {
		want[a.Name] = "<none>"
		if len(a.Privilege) > 0 {
			want[a.Name] = strings.Join(a.Privilege, ",")
		}
	}
	compared := 0
	for _, a := range k.manager.Actions() {
		classes, known := want[a.Name]
		if !known {
			continue // of modules that the reference, as it was asked, did not have
		}
		if got := manager.ClassList(a.Privilege); got != classes {
			t.Errorf("%s needs %s, want %s", a.Name, got, classes)
		}
		compared++
	}
	if compared < 130 {
		t.Errorf("%d actions were compared", compared)
	}
}

// What the console says of the manager is what Asterisk 22 prints, but for the texts.
func TestManagerOnTheConsole(t *testing.T) {
	k := begin(t, "[house]\nexten => 1,1,NoOp()\n")
	defer k.end()
	for line, parts := range map[string][]string{
		"manager show commands": {"  Action                                       Synopsis\n", // as wide as the longest name
			"  PJSIPShowRegistrationInboundContactStatuses  "},
		"manager show command getvar ping": {"\n  -= Info about Manager Command 'Getvar' =- \n\n",
			"[Syntax]\nAction: Getvar\n[ActionID:] <value>\n[Channel:] <value>\nVariable: <value>\n\n[Privilege]\ncall,reporting,all\n\n  -= Info about Manager Command 'Ping'",
			"[Privilege]\n<none>\n\n"},
		"manager show event hangup": {"Event: hangup\n\n  -= Info about Manager Event 'Hangup' =- \n\n", "\nTechCause: <value>\n\n\n"}, // two empty lines, by AMI
		"manager show settings":     {"  Channel vars:              \n  Disabled events:           \n  Debug:                     No             \n"},
		"http show status":          {"/ws => ", "\nEnabled Redirects:\n  None.\n\nPath Restrictions:\n  None.\n"},
		"reload nosuch":             {"No such module 'nosuch'\n"},
	} {
		got := k.execute(line)
		for _, part := range parts {
			if !strings.Contains(got, part) {
				t.Errorf("%s\n%s\nhas not\n%s", line, got, part)
			}
		}
	}
	for _, line := range strings.Split(k.execute("manager show commands"), "\n") {
		if len(line) > 80 {
			t.Errorf("wider than a screen: %q", line)
		}
	}
}
