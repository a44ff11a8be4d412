package ami

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

func TestParse(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       Message
	}{
		{"plain", "Event: Hangup\r\nCause: 16\r\n\r\n", Message{{"Event", "Hangup"}, {"Cause", "16"}}},
		{"line feeds alone", "Event: Hangup\nCause: 16\n\n", Message{{"Event", "Hangup"}, {"Cause", "16"}}},
		{"no space", "Event:Hangup\r\nCause:\r\n\r\n", Message{{"Event", "Hangup"}, {"Cause", ""}}},
		{"one space is not the value's", "Output:   indented\r\n\r\n", Message{{"Output", "  indented"}}},
		{"colons", "URI: sip:a@b:5060\r\n\r\n", Message{{"URI", "sip:a@b:5060"}}},
		{"no colon", "Response: Follows\r\nsome text\r\n\r\n", Message{{"Response", "Follows"}, {"", "some text"}}},
		{"a colon first", ": x\r\n\r\n", Message{{"", ": x"}}},
		{"empty lines before", "\r\n\r\n\nEvent: A\r\n\r\n", Message{{"Event", "A"}}},
		{"a carriage return inside", "A: x\ry\r\n\r\n", Message{{"A", "x\ry"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			for what, source := range map[string]io.Reader{"whole": strings.NewReader(c.text), "in bytes": iotest.OneByteReader(strings.NewReader(c.text))} {
				r := NewReader(source, Limits{})
				got, err := r.Read()
				if err != nil || !slices.Equal(got, c.want) {
					t.Errorf("%s: %q, %v, want %q", what, got, err, c.want)
				}
				if _, err := r.Read(); !errors.Is(err, io.EOF) {
					t.Errorf("%s: then %v, want the end", what, err)
				}
			}
			if got := Parse(strings.TrimLeft(c.text, "\r\n")); !slices.Equal(got, c.want) {
				t.Errorf("Parse: %q, want %q", got, c.want)
			}
		})
	}
}

func TestReaderInsideAMessage(t *testing.T) {
	r := NewReader(strings.NewReader("Event: A\r\n\r\nEvent: B\r\nChan"), Limits{})
	if _, err := r.Read(); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Read(); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("got %v, want an unexpected end", err)
	}
}

func TestReaderLine(t *testing.T) {
	r := NewReader(iotest.OneByteReader(strings.NewReader("Asterisk Call Manager/11.0.0\r\nEvent: A\r\n\r\n")), Limits{})
	if got, err := r.Line(); got != "Asterisk Call Manager/11.0.0" || err != nil {
		t.Errorf("the banner is %q, %v", got, err)
	}
	if got, err := r.Read(); got.Event() != "A" || err != nil {
		t.Errorf("then %q, %v", got, err)
	}
	if _, err := NewReader(strings.NewReader(strings.Repeat("x", 5000)), Limits{Message: 100}).Line(); !errors.Is(err, ErrTooLarge) {
		t.Errorf("a banner without an end: %v", err)
	}
}

// A message that is too large is passed over in bounded memory, and the next one is
// read.
func TestReaderLimits(t *testing.T) {
	for _, c := range []struct{ name, text string }{
		{"a long line", "Response: Success\r\nActionID: 7\r\nOutput: " + strings.Repeat("x", 100_000) + "\r\nMore: y\r\n\r\n"},
		{"a long line without CR", "Response: Success\nActionID: 7\nOutput: " + strings.Repeat("x", 100_000) + "\n\n"},
		{"many lines", "Response: Success\r\nActionID: 7\r\n" + strings.Repeat("a: b\r\n", 300) + "\r\n"},
		{"much", "Response: Success\r\nActionID: 7\r\n" + strings.Repeat("Output: "+strings.Repeat("z", 90)+"\r\n", 90) + "\r\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, size := range []int{1, 7, 1000, 1 << 20} {
				r := NewReader(chunks{strings.NewReader(c.text + "Event: Next\r\n\r\n"), size}, Limits{Message: 4000, Fields: 200})
				head, err := r.Read()
				if !errors.Is(err, ErrTooLarge) {
					t.Fatalf("in pieces of %d: %v, want ErrTooLarge", size, err)
				}
				if head.Get("ActionID") != "7" {
					t.Errorf("in pieces of %d: its beginning is %q", size, head)
				}
				if m, err := r.Read(); m.Event() != "Next" || err != nil {
					t.Errorf("in pieces of %d: then %q, %v", size, m, err)
				}
				if len(r.buffer) > 16<<10 {
					t.Errorf("in pieces of %d: %d bytes of buffer", size, len(r.buffer))
				}
			}
		})
	}
}

// chunks reads at most size bytes at once.
type chunks struct {
	r    io.Reader
	size int
}

func (c chunks) Read(b []byte) (int, error) { return c.r.Read(b[:min(len(b), c.size)]) }

const hangup = "Event: Hangup\r\nPrivilege: call,all\r\nChannel: PJSIP/100-00000001\r\nChannelState: 6\r\nChannelStateDesc: Up\r\n" +
	"CallerIDNum: 100\r\nCallerIDName: Ana\r\nConnectedLineNum: 200\r\nConnectedLineName: <unknown>\r\nLanguage: en\r\nAccountCode: \r\n" +
	"Context: default\r\nExten: 200\r\nPriority: 2\r\nUniqueid: 1700000000.1\r\nLinkedid: 1700000000.1\r\nCause: 16\r\nCause-txt: Normal Clearing\r\n\r\n"

func TestReaderAllocations(t *testing.T) {
	source := bytes.NewReader(nil)
	r := NewReader(source, Limits{})
	text := []byte(strings.Repeat(hangup, 3))
	allocations := testing.AllocsPerRun(200, func() {
		source.Reset(text)
		r.failed = nil
		for range 3 {
			if _, err := r.Read(); err != nil {
				t.Fatal(err)
			}
		}
	}) / 3
	if allocations > 2 {
		t.Errorf("%.1f allocations a message, want at most 2", allocations)
	}
}

func BenchmarkRead(b *testing.B) {
	r := NewReader(&endless{text: []byte(strings.Repeat(hangup, 100))}, Limits{})
	b.SetBytes(int64(len(hangup)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := r.Read(); err != nil {
			b.Fatal(err)
		}
	}
}

// endless reads a text again and again.
type endless struct {
	text []byte
	at   int
}

func (e *endless) Read(b []byte) (int, error) {
	n := copy(b, e.text[e.at:])
	e.at = (e.at + n) % len(e.text)
	return n, nil
}

func BenchmarkAppend(b *testing.B) {
	m := Parse(hangup)
	var out []byte
	b.ReportAllocs()
	for b.Loop() {
		out = m.Append(out[:0])
	}
}

// FuzzRead reads any bytes, in pieces, and what was read says the same when it is sent
// and read again, but for its zero bytes, which are sent as spaces.
func FuzzRead(f *testing.F) {
	for _, seed := range []string{hangup, "\r\n\r\n", "A\r\n\r\n", "A: b\n\nC:d\r\n\r\n", ": \r\n\n", "\r", "a\r\r\n\n", "\x00: \x00\r\n\r\n", strings.Repeat("x", 5000),
		"Response: Follows\r\nPrivilege: Command\r\ntext\n--END COMMAND--\r\n\r\n", strings.Repeat("k: v\r\n", 70) + "\r\nE: f\r\n\r\n"} {
		f.Add(seed, 3)
	}
	f.Fuzz(func(t *testing.T, text string, size int) {
		limits := Limits{Message: 2000, Fields: 64}
		whole := all(t, NewReader(strings.NewReader(text), limits))
		pieces := all(t, NewReader(chunks{strings.NewReader(text), max(1, size%64)}, Limits{Message: 1 << 30, Fields: 64}))
		if len(text) < 2000 && !slices.EqualFunc(whole, pieces, slices.Equal[Message]) {
			t.Errorf("whole %q, in pieces %q", whole, pieces)
		}
		for _, m := range whole {
			again := Parse(string(m.Append(nil)))
			if len(again) != len(m) {
				t.Fatalf("%q was sent as %q", m, again)
			}
			for i, f := range m {
				if f.Key == "" && f.Value != "" && f.Value[0] != ':' {
					continue // nothing else can be said of a text with a carriage return in it
				}
				want := Field{strings.ReplaceAll(f.Key, "\x00", " "), strings.ReplaceAll(f.Value, "\x00", " ")}
				if got := again[i]; f.Key != "" && !strings.ContainsRune(f.Key+f.Value, '\r') && got != want {
					t.Errorf("%q was sent as %q", f, got)
				}
			}
		}
	})
}

func all(t *testing.T, r *Reader) []Message {
	var list []Message
	for {
		m, err := r.Read()
		switch {
		case err == nil && len(m) == 0:
			t.Fatal("an empty message")
		case err == nil:
			list = append(list, m)
		case !errors.Is(err, ErrTooLarge):
			return list
		}
	}
}
