package ami

import (
	"slices"
	"strings"
	"testing"
)

func TestMessageKeepsOrderAndRepetitions(t *testing.T) {
	m := Action("Originate", "Channel", "Local/1@x", "Variable", "A=1", "Variable", "B=2", "Async")
	want := "Action: Originate\r\nChannel: Local/1@x\r\nVariable: A=1\r\nVariable: B=2\r\nAsync: \r\n\r\n"
	if got := m.String(); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := slices.Collect(m.All("VARIABLE")); !slices.Equal(got, []string{"A=1", "B=2"}) {
		t.Errorf("All = %q", got)
	}
	if got := m.Get("channel"); got != "Local/1@x" {
		t.Errorf("Get = %q", got)
	}
	if _, ok := m.Lookup("Async"); !ok {
		t.Error("an empty value counts as none")
	}
	if _, ok := m.Lookup("Exten"); ok {
		t.Error("a key that is not there was found")
	}
}

func TestMessageChangesAreCopies(t *testing.T) {
	m := Message{{"Action", "A"}, {"K", "1"}, {"k", "2"}}
	if got := m.Set("K", "3").String(); got != "Action: A\r\nK: 3\r\n\r\n" {
		t.Errorf("Set: %q", got)
	}
	if got := m.Set("New", "x").Get("New"); got != "x" {
		t.Errorf("Set of a new key: %q", got)
	}
	if got := m.Without("k").String(); got != "Action: A\r\n\r\n" {
		t.Errorf("Without: %q", got)
	}
	one, two := m.With("X", "1"), m.With("X", "2")
	if one.Get("X") != "1" || two.Get("X") != "2" || len(m) != 3 {
		t.Errorf("With shares its room: %v %v %v", one, two, m)
	}
}

// No value can bring a line of its own.
func TestMessageInjection(t *testing.T) {
	m := Message{{"Action", "Originate"}, {"CallerID", "x\r\nAction: Command"}, {"K\nL", "v"}}
	if got := m.String(); strings.Count(got, "\n") != 4 {
		t.Errorf("sent as %q", got)
	}
	// Asterisk takes a line that begins with a zero byte for an empty one.
	if got, want := (Message{{"Action", "Status"}, {"\x00X", "a\x00b"}, {}, {"", "\x00"}, {"", "bare"}}).String(), "Action: Status\r\n X: a b\r\n \r\nbare\r\n\r\n"; got != want {
		t.Errorf("sent as %q, want %q", got, want)
	}
	for _, bad := range []Message{m, {}, {{"Channel", "x"}}, Action("A", "", "v"), Action("A", "K: v", "x"), Action("A", "\x00K", "x"), Action("A", "K", "\x00")} {
		if bad.keyed() == nil {
			t.Errorf("%q may be sent", bad.String())
		}
	}
}

func TestMessageErr(t *testing.T) {
	for _, c := range []struct {
		text string
		want string
	}{
		{"Response: Success\r\n", ""},
		{"Response: Error\r\nMessage: No such channel\r\n", "ami: No such channel"},
		{"Response: error\r\n", "ami: the action failed"},
		{"Event: OriginateResponse\r\nResponse: Error\r\n", ""},
		{"", ""},
	} {
		got := ""
		if err := Parse(c.text).Err(); err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%q: %q, want %q", c.text, got, c.want)
		}
	}
}
