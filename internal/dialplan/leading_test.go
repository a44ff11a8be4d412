package dialplan

import "testing"

func TestLeadingInt(t *testing.T) {
	for text, want := range map[string]int{"1": 1, "1,": 1, "12x": 12, "+3": 3, "-2": -2, "-2 ": -2} {
		if n, ok := leadingInt(text); !ok || n != want {
			t.Errorf("%q: %d, %v, want %d", text, n, ok, want)
		}
	}
	for _, text := range []string{"", "x", "+", "-x", "x1"} {
		if n, ok := leadingInt(text); ok {
			t.Errorf("%q: %d, want none", text, n)
		}
	}
}
