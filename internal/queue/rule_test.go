package queue

import "testing"

// What the reference lists for lines that are not as they should be, and what is told of them.
func TestChangesThatAreOddlyWritten(t *testing.T) {
	for text, want := range map[string]struct {
		line string
		told bool
	}{"3": {"", true}, "x,3": {"0,3,+0", true}, "3,,1": {"3,+0,1", false}, "5,x": {"5,0,+0", true}, "3,+2,-1": {"3,+2,-1", false}, "-1,3": {"", true}} {
		c, wrong := parseChange(text)
		line := ""
		if c != nil {
			line = c.line()
		}
		if line != want.line || (wrong != "") != want.told {
			t.Errorf("%s: %q, told %q, want %q", text, line, wrong, want.line)
		}
	}
}
