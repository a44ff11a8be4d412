package exchange

import (
	"strings"
	"testing"
)

// The variables of an originated leg: functions are written to before the caller
// ID of the action is set, and those of the account in manager.conf come first.
func TestOriginateVariables(t *testing.T) {
	k := begin(t, "[house]\nexten => 1,1,Answer()\nsame => n,Wait(60)\n")
	clerk := k.loginAs("clerk")
	for _, c := range []struct{ id, more, variable, want string }{
		{"a", "", "OFFICE", "north"},
		{"b", "Variable: OFFICE=south", "OFFICE", "south"},
		{"c", "Variable: CALLERID(num)=77,PLAIN=1", "CALLERID(num)", "77"},
		{"d", "Variable: CALLERID(num)=77\nCallerID: \"A\" <9>", "CALLERID(num)", "9"},
		{"e", "Variable: DB(office/key)=1", "DB(office/key)", ""},
	} {
		action := "Action: Originate\nChannel: Local/1@house\nApplication: Wait\nData: 60\nChannelId: " + c.id
		if c.more != "" {
			action += "\n" + c.more
		}
		if got, want := clerk.answer(action), "Message: Originate successfully queued"; got != want {
			t.Fatalf("%q is answered %q, want %q", action, got, want)
		}
		got := clerk.answer("Action: Getvar\nChannel: " + c.id + "\nVariable: " + c.variable)
		if want := "Variable: " + c.variable + "|Value: " + c.want; got != want {
			t.Errorf("after %q: %q, want %q", c.more, got, want)
		}
	}
	k.end()
}

// An identity that is too long, or that a leg has, makes no call.
func TestOriginateIdentity(t *testing.T) {
	k := begin(t, "[house]\nexten => 1,1,Answer()\nsame => n,Wait(60)\n")
	clerk := k.loginAs("clerk")
	long := make([]byte, 150)
	for i := range long {
		long[i] = 'x'
	}
	const failed, tooLong = "Message: Originate failed", "Message: Uniqueid length exceeds maximum of 149"
	for _, c := range []struct{ ids, want string }{
		{"ChannelId: one\nOtherChannelId: two", "Message: Originate successfully queued"},
		{"ChannelId: one", failed},
		{"ChannelId: two", failed},
		{"ChannelId: three\nOtherChannelId: one", failed},
		{"ChannelId: same\nOtherChannelId: same", failed},
		{"ChannelId: " + string(long), tooLong},
		{"OtherChannelId: " + string(long), tooLong},
		{"ChannelId: " + string(long[1:]), "Message: Originate successfully queued"},
	} {
		if got := clerk.answer("Action: Originate\nChannel: Local/1@house\nApplication: Wait\nData: 60\n" + c.ids); got != c.want {
			t.Errorf("%s is answered %q, want %q", c.ids, got, c.want)
		}
	}
	if n := k.channels.Count(); n != 4 {
		t.Errorf("%d legs stand, want 4", n)
	}
	k.end()
}

// A call of the console that nobody answers is nothing for the log; one that could
// not be made is.
func TestTheLogOfOriginatedCalls(t *testing.T) {
	k := begin(t, "[house]\nexten => 1,1,Hangup()\n")
	boss := k.login()
	k.execute("channel originate Local/1@house application Wait 1")
	for range 2 { // both halves
		boss.until("Event: Hangup")
	}
	k.execute("channel originate PJSIP/nobody application Wait 1")
	k.eventually("the calls are over", func() bool { return strings.Contains(k.logged(), "PJSIP/nobody") && k.channels.Count() == 0 })
	k.end()
	log := k.logged()
	if !strings.Contains(log, "originated call failed device=PJSIP/nobody") {
		t.Errorf("the log does not tell of PJSIP/nobody:\n%s", log)
	}
	if strings.Contains(log, "device=Local/1@house") {
		t.Errorf("the log tells that nobody answered:\n%s", log)
	}
}
