package exchange

import "testing"

// What a client of AMI is refused that has not the class system, and what every
// client is, with the texts of Asterisk 22.
func TestClientsDoWhatTheyMay(t *testing.T) {
	k := begin(t, "[house]\nexten => 1,1,Wait(60)\n")
	const forbidden, unset, blacklisted = "Message: Originate Access Forbidden: app or data blacklisted", "Message: Variable not set", "Message: Command blacklisted"
	start := func(application, data string) string {
		return "Action: Originate\nAsync: true\nChannel: Nope/1\nApplication: " + application + "\nData: " + data
	}
	const queued = "Message: Originate successfully queued"
	if err := k.database.Put("house", "key", "value"); err != nil {
		t.Fatal(err)
	}
	clerk, boss := k.loginAs("clerk"), k.login()
	boss.do("Action: Events\nEventMask: off")
	boss.until("Events: Off")
	for _, c := range []struct{ action, clerk, boss string }{
		{start("System", "true"), forbidden, queued},
		{start("ExecIfTime", "*,*,*,*?NoOp()"), forbidden, queued},
		{start("StopMixMonitor", ""), forbidden, queued},
		{start("Reload", ""), forbidden, queued},
		{start("DBdeltree", "house"), forbidden, queued},
		{start("NoOp", "${EVAL(x)}"), forbidden, queued},
		{start("Set", "DB(house/key)=other"), forbidden, queued},
		{start("NoOp", "shell"), queued, queued},
		{start("Record", "x.wav"), queued, queued},
		{"Action: Getvar\nVariable: EVAL(x)", "Message: GetVar Access Forbidden: Variable", "Variable: EVAL(x)|Value: x"},
		{"Action: Getvar\nVariable: A}${EVAL(x)", "Message: GetVar Access Forbidden: Variable", "Variable: A}${EVAL(x)|Value: x"},
		{"Action: Getvar\nVariable: DB(house/key)", "Variable: DB(house/key)|Value: ", "Variable: DB(house/key)|Value: "},
		{"Action: Getvar\nVariable: DB_DELETE(house/key)", "Variable: DB_DELETE(house/key)|Value: ", "Variable: DB_DELETE(house/key)|Value: "},
		{"Action: Status\nChannel: nope\nVariables: LEN(x),EVAL(x)", "Message: Status Access Forbidden: Variables", "Message: No such channel"},
		{"Action: Setvar\nVariable: DB(house/key)\nValue: other", unset, unset},
		{"Action: Setvar\nVariable: DB_DELETE(house/key)\nValue: other", unset, unset},
		{"Action: Setvar\nVariable: NOSUCH(x)\nValue: other", unset, unset},
		{"Action: Setvar\nVariable: LEN(x)\nValue: other", unset, unset},
		{"Action: Setvar\nVariable: GLOBAL(A)\nValue: other", "Message: Variable Set", "Message: Variable Set"},
		{"Action: Command\nCommand: module load x", blacklisted, blacklisted},
		{"Action: Command\nCommand:  Module  unload x", blacklisted, blacklisted},
		{"Action: Command\nCommand: restart gracefully", blacklisted, blacklisted},
		{"Action: DBDel\nFamily: house\nKey: key", "Message: Permission denied", "Message: Key deleted successfully"},
	} {
		if got := clerk.answer(c.action); got != c.clerk {
			t.Errorf("%q of a clerk is answered %q, want %q", c.action, got, c.clerk)
		}
		if got := boss.answer(c.action); got != c.boss {
			t.Errorf("%q of the boss is answered %q, want %q", c.action, got, c.boss)
		}
	}
	k.engine.LiveDangerously.Store(true)
	if got := clerk.answer("Action: Setvar\nVariable: DB(house/key)\nValue: live"); got != "Message: Variable Set" {
		t.Errorf("with live_dangerously DB is answered %q", got)
	}
	if v, _ := k.database.Get("house", "key"); v != "live" {
		t.Errorf("DB holds %q", v)
	}
	k.end()
}
