package manager

import (
	"bufio"
	"bytes"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

// messagesOf reads all messages of a text, and what was wrong with each.
func messagesOf(r io.Reader) (list []message, wrong []error) {
	in := bufio.NewReaderSize(r, readAtOnce)
	var p messageReader
	for {
		m, err := p.read(in)
		if err != nil && m.fields == nil && err != errLongLine && err != errManyLines { //nolint:errorlint // they are not wrapped
			return list, append(wrong, err)
		}
		list, wrong = append(list, message{slices.Clone(m.fields), m.text}), append(wrong, err)
	}
}

// torture is what clients should not send, and do.
var torture = []string{
	"Action: Ping\r\nActionID: 5\r\n\r\n", "Action: Ping\nActionID: 5\n\n", "Action: Ping\r\r\n\r\n", "\r\n\r\n", ":\r\n: :\r\n\r\n",
	"Action: Pi\x00ng\r\n\x00\r\n\r\n", "\xff\xfe: \x80\r\n\r\n", "A:" + strings.Repeat("x", 3000) + "\r\n\r\n", strings.Repeat("A: b\r\n", 300) + "\r\n",
	"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "Action: Login\r\nUsername: boss", "Action: Filter\r\nOperation: Add\r\nFilter: (((\r\n\r\n",
	"Action: Events\r\nEventMask: on\r\nSince: x-1\r\nSequence: yes\r\n\r\n", "Action: WaitEvent\r\nTimeout: -1\r\n\r\n", "Action: UserEvent\r\nUserEvent: a\r\nb: c\r\n\r\n",
}

// However the bytes of a client arrive, the messages are the same, and bounded.
func FuzzMessages(f *testing.F) {
	for _, text := range torture {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		whole, wrong := messagesOf(bytes.NewReader(text))
		single, alike := messagesOf(iotest.OneByteReader(bytes.NewReader(text)))
		if len(whole) != len(single) || len(wrong) != len(alike) {
			t.Fatalf("%d messages at once, %d byte by byte", len(whole), len(single))
		}
		for i, m := range whole {
			if len(m.fields) > maxHeaders || strings.Count(m.text, "\n") > maxHeaders || len(m.fields) != len(single[i].fields) || m.text != single[i].text {
				t.Fatalf("message %d has %d fields, and %d; %q, and %q", i, len(m.fields), len(single[i].fields), m.text, single[i].text)
			}
			for j, field := range m.fields {
				if field != single[i].fields[j] || strings.ContainsAny(field.Key, ":\n\x00") || strings.ContainsAny(field.Value, "\n\x00") || len(field.Key)+len(field.Value) > maxLine {
					t.Fatalf("field %q, and %q", field, single[i].fields[j])
				}
			}
		}
	})
}

// Whatever a client sends that is logged in, the session answers the next ping or has
// ended; it neither hangs nor takes others along.
func FuzzSession(f *testing.F) {
	for _, text := range torture {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if bytes.Contains(bytes.ToLower(text), []byte("login")) {
			return // a wrong one waits a second
		}
		k := newTrial(t, "")
		defer k.end()
		c := k.login("boss", "secret")
		answers := make(chan bool, 1)
		go func() {
			for lines := bufio.NewScanner(c.r); lines.Scan(); {
				if lines.Text() == "ActionID: the last" {
					answers <- true
					return
				}
			}
			answers <- false // it has ended
		}()
		go func() {
			_, _ = c.Write(text)
			_, _ = io.WriteString(c, "\r\n\r\nAction: Ping\r\nActionID: the last\r\n\r\n")
		}()
		if !<-answers && !bytes.Contains(bytes.ToLower(text), []byte("logoff")) {
			t.Fatal("the session ended")
		}
	})
}

// An object of a browser becomes lines that are one message, whatever is in it.
func FuzzObjects(f *testing.F) {
	for _, text := range []string{`{"Action":"Ping"}`, `{"a":["b\r\n\r\nAction: x",1,true,null]}`, `{"a":{"b":1}}`, `[`, `{"":""}`, `{"Ac\ntion":"x"}`} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		lines, ok := linesOf(text)
		if !ok {
			return
		}
		if !bytes.HasSuffix(lines, []byte("\r\n")) || bytes.Count(lines, []byte("\r\n\r\n")) > 1 || bytes.Contains(bytes.ReplaceAll(lines, []byte("\r\n"), nil), []byte("\n")) {
			t.Fatalf("%q of %q", lines, text)
		}
		if back := appendJSON(nil, lines); bytes.IndexByte(back, '\n') != len(back)-1 {
			t.Fatalf("%q is not one line", back)
		}
	})
}
