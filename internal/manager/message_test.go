package manager

import (
	"bufio"
	"errors"
	"io"
	"strings"
	"testing"
)

// What Asterisk 22 takes, and how it understands it.
func TestMessagesAreReadAsTheReferenceReadsThem(t *testing.T) {
	long := func(n int) string { return ("V: " + strings.Repeat("x", n))[:n] }
	lines := func(n int) string { return strings.Repeat("V: x\r\n", n) }
	for _, c := range []struct {
		name, text string
		action, id string
		want       error
	}{
		{"plain", "Action: Ping\r\nActionID: 5\r\n\r\n", "Ping", "5", nil},
		{"LF alone", "Action: Ping\nActionID: 5\n\n", "Ping", "5", nil},
		{"no blank", "aCTION:Ping\r\nactionid:5\r\n\r\n", "Ping", "5", nil},
		{"blanks before, and behind", "Action: \t ping  \r\nActionID: 5 \r\n\r\n", "ping  ", "5 ", nil},
		{"a blank in the key", "Action : Ping\r\nActionID: 5\r\n\r\n", "", "5", nil},
		{"a blank before the key", " Action: Ping\r\nActionID: 5\r\n\r\n", "", "5", nil},
		{"no colon", "hello\r\nAction: Ping\r\n\r\n", "Ping", "", nil},
		{"nothing", "\r\n", "", "", nil},
		{"the longest line", "Action: Ping\r\n" + long(1022) + "\r\nActionID: 5\r\n\r\n", "Ping", "5", nil},
		{"the longest line with LF", "Action: Ping\n" + long(1023) + "\nActionID: 5\n\n", "Ping", "5", nil},
		{"a line too long", "Action: Ping\r\n" + long(1023) + "\r\nActionID: 5\r\n\r\n", "Ping", "5", errLongLine},
		{"lines too long", long(2048) + "\r\n" + long(5000) + "\r\nActionID: 5\r\n\r\n", "", "5", errLongLine},
		{"all lines", "Action: Ping\r\n" + lines(127) + "\r\n", "Ping", "", nil},
		{"one too many", "Action: Ping\r\nActionID: 5\r\n" + lines(127) + "\r\n", "Ping", "5", errManyLines},
	} {
		r := bufio.NewReaderSize(strings.NewReader(c.text+"Action: Next\r\n\r\n"), readAtOnce)
		var p messageReader
		m, err := p.read(r)
		if m.get("Action") != c.action || m.get("ActionID") != c.id || !errors.Is(err, c.want) {
			t.Errorf("%s: action %q, ID %q, error %v; want %q, %q, %v", c.name, m.get("Action"), m.get("ActionID"), err, c.action, c.id, c.want)
		}
		if m, err := p.read(r); err != nil || m.get("Action") != "Next" {
			t.Errorf("%s: the next message is %v, %v", c.name, m, err)
		}
		if _, err := p.read(r); !errors.Is(err, io.EOF) {
			t.Errorf("%s: at the end %v", c.name, err)
		}
	}
}

// Neither the key nor the value of a field begins another line.
func TestFieldIsOneLine(t *testing.T) {
	if got, want := string(appendField(nil, "Body\r\nAction", "a\nb")), "Body  Action: a b\r\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// What Asterisk 22 makes of a text of presence.
func TestEscaped(t *testing.T) {
	if got, want := Escaped("a\\r\tb'c\"d?\x01e"), "a\\\\r\\tb\\'c\\\"d\\?\x01e"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
