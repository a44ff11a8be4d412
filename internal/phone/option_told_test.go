package phone

import (
	"slices"
	"testing"
)

// Options that are honoured, and those that say what is so anyway, are not told of.
func TestHonouredOptionsAreNotToldOf(t *testing.T) {
	for _, c := range []struct{ face, text string }{
		{PJSIP, "[x]\ntype=endpoint\nt38_udptl_ipv6=no\ntone_zone=\n"},
		{SIP, "[general]\nmaxcallbitrate=384\n[x]\ntype=peer\nparkinglot=\nhost=127.0.0.1\n"},
		{SIP, "[general]\npedantic=no\nnotifyhold=yes\n[x]\ntype=peer\nkeepalive=30\nhost=127.0.0.1\nacl=\n"},
	} {
		if _, problems := load(t, c.face, c.text); len(problems) > 0 {
			t.Errorf("%q: told of %v", c.text, problems)
		}
	}
}

// What can have no effect is said to have none, and why.
func TestPointlessOptions(t *testing.T) {
	names := namesOfSIP()
	for name := range pointless {
		if !names[name] {
			t.Errorf("chan_sip has no option %s", name)
		}
	}
	_, problems := load(t, SIP, "[general]\ndumphistory=yes\nstunaddr=192.0.2.1\n[x]\ntype=peer\nhost=127.0.0.1\ncc_agent_policy=generic\n")
	var told []string
	for _, p := range problems {
		told = append(told, p.Problem)
	}
	_, kept := load(t, PJSIP, "[x]\ntype=contact\nuri=sip:x@127.0.0.1\n[y]\ntype=subscription_persistence\n")
	for _, p := range kept {
		told = append(told, p.Problem)
	}
	want := []string{"dumphistory has no effect: " + pointless["dumphistory"], "stunaddr has no effect: " + pointless["stunaddr"], "cc_agent_policy has no effect: there is no call completion (CCBS, CCNR)",
		"type=contact has no effect: " + pjsipKept["contact"], "type=subscription_persistence has no effect: " + pjsipKept["subscription_persistence"]}
	if !slices.Equal(told, want) {
		t.Errorf("told of %q, want %q", told, want)
	}
}
