package sip

import (
	"bufio"
	"bytes"
	"errors"
	"strings"
	"testing"
)

// FuzzParse checks that what can be read can be written and read again as the
// same, from a datagram and from a stream, and that what cannot is told as a
// ParseError.
func FuzzParse(f *testing.F) {
	for _, c := range tortureCases(f) {
		f.Add(c.message)
	}
	f.Add(typicalInvite)
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := Parse(b)
		if err != nil {
			var bad *ParseError
			if !errors.As(err, &bad) {
				t.Fatalf("got %v, want a ParseError", err)
			}
			if bad.Message != nil {
				exercise(t, bad.Message)
			}
			return
		}
		exercise(t, m)
		first := m.AppendTo(nil)
		again, err := Parse(first)
		if err != nil {
			t.Fatalf("what was written cannot be read: %v\n%q", err, first)
		}
		if second := again.AppendTo(nil); !bytes.Equal(first, second) {
			t.Fatalf("written first\n%q\nand then\n%q", first, second)
		}
		if again.From != m.From || again.To != m.To || again.Contact != m.Contact || again.Via != m.Via || again.CSeq != m.CSeq || again.URI != m.URI {
			t.Fatalf("typed values of\n%+v\nand then\n%+v", m, again)
		}
		r := bufio.NewReaderSize(bytes.NewReader(first), 16)
		stream, err := ReadMessage(r, nil)
		if err != nil || !bytes.Equal(stream.AppendTo(nil), first) || r.Buffered() != 0 {
			t.Fatalf("read from a stream: %v, %v\n%q", stream, err, first)
		}
	})
}

// exercise reads and edits all that there is.
func exercise(t *testing.T, m *Message) {
	if vias, err := m.Vias(); err == nil && len(vias) > 0 && vias[0] != m.Via {
		t.Fatalf("the first Via is %v, the topmost %v", vias[0], m.Via)
	}
	contacts, _ := m.Contacts()
	for _, a := range append(contacts, m.From, m.To) {
		if a.IsZero() {
			continue
		}
		b, err := ParseAddress(a.String())
		if err != nil || b.URI != a.URI || b.Tag() != a.Tag() {
			t.Fatalf("%+v is written as %s and read as %+v, %v", a, a, b, err)
		}
		if tagged, err := ParseAddress(a.WithTag("x1").String()); !a.Star && (err != nil || tagged.Tag() != "x1") {
			t.Fatalf("%s with a tag is %s, %v", a, tagged, err)
		}
	}
	for _, h := range m.Headers {
		_, _ = m.Addresses(h.Name)
		_ = m.List(h.Name)
	}
	_, _ = m.MaxForwards()
	_, _ = m.RAck()
	_, _ = m.Event()
	_, _ = m.SubscriptionState()
	_, _ = m.Replaces()
	_, _ = m.SessionExpires()
	_ = m.Causes()
	_, _ = ParseCredentials(m.Get("Authorization"))
	if r := NewResponse(m, 400, "", "tag").String(); strings.Count(r, "\r\n\r\n") != 1 {
		t.Fatalf("an answer has two ends:\n%q", r)
	}
	c := m.Clone()
	for {
		if _, ok := c.PopElement("Via"); !ok {
			break
		}
	}
	if c.Via != (Via{}) {
		t.Fatalf("no Via is left, but %v is the topmost", c.Via)
	}
}

// FuzzReadMessage checks that a stream ends with an error and never loops.
func FuzzReadMessage(f *testing.F) {
	f.Add(append(bytes.Clone(typicalInvite), typicalInvite...))
	f.Add([]byte("\r\n\r\nOPTIONS sip:a SIP/2.0\r\nl: 1\r\n\r\nx"))
	limits := ReadLimits{Head: 4096, Body: 1024, Headers: 40}
	f.Fuzz(func(t *testing.T, b []byte) {
		r := bufio.NewReaderSize(bytes.NewReader(b), 16)
		for n := 0; ; n++ {
			m, err := limits.Read(r, nil)
			var bad *ParseError
			if err != nil && !(errors.As(err, &bad) && bad.Framed) {
				return
			}
			if err == nil && (len(m.Headers) > 40 || len(m.Body) > 1024) {
				t.Fatalf("%d headers, %d bytes of body", len(m.Headers), len(m.Body))
			}
			if n > len(b) {
				t.Fatal("more messages than bytes")
			}
		}
	})
}

// FuzzURI checks that a URI is written as it is read, and equals itself.
func FuzzURI(f *testing.F) {
	for _, c := range tortureCases(f) {
		if m, err := Parse(c.message); err == nil {
			for _, u := range []URI{m.URI, m.From.URI, m.To.URI, m.Contact.URI} {
				f.Add(u.String())
			}
		}
	}
	for _, s := range []string{"sip:a:b@[::1]:5060;lr;x=%41?a=b&c=d", "tel:+1(2)-3;ext=4;phone-context=+5", "sips:h", "urn:a:b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		u, err := ParseURI(s)
		if err != nil {
			return
		}
		v, err := ParseURI(u.String())
		if err != nil || v != u {
			t.Fatalf("%q is read as %+v, written as %q and read as %+v, %v", s, u, u, v, err)
		}
		if !u.Equal(v) {
			t.Fatalf("%q does not equal itself", u)
		}
		w := u.WithParam("x-test", "a b")
		if got, _ := w.Param("x-test"); u.Opaque == "" && u.Scheme != "tel" && got != "a b" {
			t.Fatalf("%q with a parameter is %q", u, w)
		}
	})
}
