package phone

import (
	"slices"
	"strings"
	"testing"
)

// What does not happen yet is warned of, and nothing else.
func TestOptionsForLaterAreTold(t *testing.T) {
	tests := []struct {
		face, text string
		told       []string
	}{
		{PJSIP, "[x]\ntype=endpoint\nt38_udptl_ipv6=no\ntone_zone=\n", nil},
		{SIP, "[general]\nmaxcallbitrate=384\n[x]\ntype=peer\nparkinglot=\nhost=127.0.0.1\n", nil},
		{SIP, "[general]\npedantic=no\nnotifyhold=yes\nstunaddr=192.0.2.1\n[x]\ntype=peer\nkeepalive=30\nhost=127.0.0.1\n", []string{"stunaddr"}},
	}
	for _, test := range tests {
		_, problems := load(t, test.face, test.text)
		var told []string
		for _, p := range problems {
			name, _, _ := strings.Cut(p.Problem, " ")
			told = append(told, name)
			if !strings.Contains(p.Problem, "not honoured yet") {
				t.Errorf("%q: %s", test.text, p.Problem)
			}
		}
		if !slices.Equal(told, test.told) {
			t.Errorf("%q: told of %q, want %q", test.text, told, test.told)
		}
	}
}

// What can have no effect is said to have none, and why.
func TestPointlessOptions(t *testing.T) {
	for name := range pointless {
		if !(&Loader{}).knownLater(name) {
			t.Errorf("chan_sip has no option %s", name)
		}
	}
	_, problems := load(t, SIP, "[general]\ndumphistory=yes\n[x]\ntype=peer\nhost=127.0.0.1\ncc_agent_policy=generic\n")
	var told []string
	for _, p := range problems {
		told = append(told, p.Problem)
	}
	_, kept := load(t, PJSIP, "[x]\ntype=contact\nuri=sip:x@127.0.0.1\n[y]\ntype=subscription_persistence\n")
	for _, p := range kept {
		told = append(told, p.Problem)
	}
	want := []string{"dumphistory has no effect: " + pointless["dumphistory"], "cc_agent_policy has no effect: there is no call completion (CCBS, CCNR)",
		"type=contact has no effect: " + pjsipKept["contact"], "type=subscription_persistence has no effect: " + pjsipKept["subscription_persistence"]}
	if !slices.Equal(told, want) {
		t.Errorf("told of %q, want %q", told, want)
	}
}
