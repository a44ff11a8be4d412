package function

import "testing"

func TestTestTime(t *testing.T) {
	x := newExchange(t, "[probe]\nexten => s,1,NoOp()\n")
	c := x.leg(t, "s")
	defer c.End()
	for _, test := range []struct{ value, want string }{
		{"2024/12/25 12:00:00 America/New_York", "1735146000"},
		{"2024/12/25 12:00:00 UTC", "1735128000"},
		{"2024-12-25 12:00:00", "before"},
		{"2024/12/25", "before"},
		{"2024/12/25 12:00:00 Nowhere/City", "before"},
		{"", "before"},
	} {
		c.SetVariable("TESTTIME", "before")
		_ = x.Assign(t.Context(), c, "TESTTIME()", test.value)
		if got, _ := c.Variable("TESTTIME"); got != test.want {
			t.Errorf("%q sets %q, want %q", test.value, got, test.want)
		}
	}
}

func TestAMIClient(t *testing.T) {
	x := newExchange(t, "[probe]\nexten => s,1,NoOp()\n")
	c := x.leg(t, "s")
	defer c.End()
	x.house.ManagerSessions = func(account string) (int, bool) { return 3, account == "admin" }
	for text, want := range map[string]string{"${AMI_CLIENT(admin,sessions)}": "3", "${AMI_CLIENT(admin,Sessions)}": "3", "${AMI_CLIENT(nobody,sessions)}": "",
		"${AMI_CLIENT(admin,what)}": "", "${AMI_CLIENT(admin)}": "", "${AMI_CLIENT()}": ""} {
		if got := x.Expand(t.Context(), c, text); got != want {
			t.Errorf("%s is %q, want %q", text, got, want)
		}
	}
}
