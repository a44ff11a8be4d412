package cli

import (
	"os/user"
	"testing"
	"time"
)

func TestPrompt(t *testing.T) {
	now := time.Date(2026, 11, 21, 12, 18, 59, 0, time.UTC)
	me, err := user.Current()
	if err != nil {
		t.Skip("no user")
	}
	for form, want := range map[string]string{
		"[%h|%H|%d|%t|%#|%s|%%|%x]> ": "[vm.office|vm|2026-11-21|12:18:59|>||%|]> ",
		"%C31;1%h%C0> ":               "vm.office> ",
		"%u %":                        me.Username + " %",
	} {
		if got := prompt(form, "vm.office", now); got != want {
			t.Errorf("%q: %q, want %q", form, got, want)
		}
	}
}

func TestHello(t *testing.T) {
	for hello, want := range map[string]string{
		"vm/17/22.1": "Connected to Asterisk 22.1 currently running on vm (pid = 17)",
		"else":       "Connected to Asterisk else",
	} {
		if got := (&Client{Hello: hello}).Welcome(); got != want {
			t.Errorf("%q: %q, want %q", hello, got, want)
		}
	}
}
