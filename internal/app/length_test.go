package app

import (
	"testing"
	"time"
)

// What Asterisk 22 waits for these: Wait and WaitDigit take a unit and nothing else,
// others the number with which a text begins. -1 is no time.
func TestLengthsOfTime(t *testing.T) {
	const none = -1
	for _, c := range []struct {
		text            string
		length, seconds time.Duration
	}{
		{"2", 2 * time.Second, 2 * time.Second},
		{"2s", 2 * time.Second, 2 * time.Second},
		{"2500ms", 2500 * time.Millisecond, 2500 * time.Second},
		{"2S", 2 * time.Second, 2 * time.Second},
		{"2 s", 2 * time.Second, 2 * time.Second},
		{"0.05m", 3 * time.Second, 50 * time.Millisecond},
		{"0.0005H", 1800 * time.Millisecond, 500 * time.Microsecond},
		{" 1.5 ", 1500 * time.Millisecond, 1500 * time.Millisecond},
		{".5", 500 * time.Millisecond, 500 * time.Millisecond},
		{"+2", 2 * time.Second, 2 * time.Second},
		{"0x3", 3 * time.Second, 3 * time.Second},
		{"1e0", time.Second, time.Second},
		{"2sec", none, 2 * time.Second},
		{"3 seconds", none, 3 * time.Second},
		{"abc", none, none},
		{"", none, none},
		{"nan", none, none},
		{"-1s", none, none},
		{"1e300", longest, longest},
		{"9999999999h", longest, longest},
	} {
		if d, err := timeLength(c.text); d != max(c.length, 0) || (err != nil) != (c.length == none) {
			t.Errorf("timeLength(%q) = %v, %v; want %v", c.text, d, err, c.length)
		}
		if d, err := seconds(c.text); d != max(c.seconds, 0) || (err != nil) != (c.seconds == none) {
			t.Errorf("seconds(%q) = %v, %v; want %v", c.text, d, err, c.seconds)
		}
	}
	for text, want := range map[string]time.Duration{"1500": 1500 * time.Millisecond, "2s": 2 * time.Millisecond, "1500ms": 1500 * time.Millisecond,
		"abc": time.Hour, "": time.Hour, "-5": time.Hour, "9223372036854775807": longest} {
		if got := milliseconds(text, time.Hour); got != want {
			t.Errorf("milliseconds(%q) = %v, want %v", text, got, want)
		}
	}
}
