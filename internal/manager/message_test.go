package manager

import "testing"

// Neither the key nor the value of a field begins another line.
func TestFieldIsOneLine(t *testing.T) {
	if got, want := string(appendField(nil, "Body\r\nAction", "a\nb")), "Body  Action: a b\r\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
