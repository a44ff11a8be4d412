package sip

import (
	"slices"
	"strings"
	"testing"
)

// headerText is all headers of a message, for comparison.
func headerText(m *Message) string {
	var list []string
	for _, h := range m.Headers {
		list = append(list, h.Name+"="+h.Value)
	}
	return strings.Join(list, "|")
}

func TestEditHeaders(t *testing.T) {
	const start = "v=SIP/2.0/UDP a, SIP/2.0/UDP b|X=1|Route=<sip:r1>, <sip:r2>|x=2|f=<sip:a@h>;tag=1"
	for _, test := range []struct {
		name string
		edit func(m *Message)
		want string
	}{
		{"add", func(m *Message) { m.Add("Y", "3") }, start + "|Y=3"},
		{"line ends", func(m *Message) { m.Add("Y", "a\r\nZ: b\nc\r") }, start + "|Y=a Z: b c"},
		{"set", func(m *Message) { m.Set("X", "3") }, "v=SIP/2.0/UDP a, SIP/2.0/UDP b|X=3|Route=<sip:r1>, <sip:r2>|f=<sip:a@h>;tag=1"},
		{"set what is not there", func(m *Message) { m.Set("Y", "3") }, start + "|Y=3"},
		{"set by the long name", func(m *Message) { m.Set("From", "<sip:b@h>") }, "v=SIP/2.0/UDP a, SIP/2.0/UDP b|X=1|Route=<sip:r1>, <sip:r2>|x=2|From=<sip:b@h>"},
		{"remove", func(m *Message) { m.Remove("x") }, "v=SIP/2.0/UDP a, SIP/2.0/UDP b|Route=<sip:r1>, <sip:r2>|f=<sip:a@h>;tag=1"},
		{"remove what is not there", func(m *Message) { m.Remove("q") }, start},
		{"remove the first", func(m *Message) { m.RemoveFirst("X") }, "v=SIP/2.0/UDP a, SIP/2.0/UDP b|Route=<sip:r1>, <sip:r2>|x=2|f=<sip:a@h>;tag=1"},
		{"prepend before its kin", func(m *Message) { m.Prepend("x", "0") }, "v=SIP/2.0/UDP a, SIP/2.0/UDP b|x=0|X=1|Route=<sip:r1>, <sip:r2>|x=2|f=<sip:a@h>;tag=1"},
		{"prepend before all", func(m *Message) { m.Prepend("Y", "0") }, "Y=0|" + start},
		{"pop an element", func(m *Message) { m.PopElement("Route") }, strings.Replace(start, "<sip:r1>, ", "", 1)},
		{"pop a line", func(m *Message) { m.PopElement("X") }, strings.Replace(start, "X=1|", "", 1)},
	} {
		m := &Message{Method: Options}
		for _, h := range strings.Split(start, "|") {
			name, value, _ := strings.Cut(h, "=")
			m.Add(name, value)
		}
		test.edit(m)
		if got := headerText(m); got != test.want {
			t.Errorf("%s: got\n%s\nwant\n%s", test.name, got, test.want)
		}
	}
}

func TestEditKeepsTypedValues(t *testing.T) {
	m := NewRequest(Invite, URI{Scheme: "sip", Host: "h"})
	m.Add("Via", "SIP/2.0/UDP a, SIP/2.0/UDP b")
	m.Add("Via", "SIP/2.0/UDP c")
	m.Prepend("v", "SIP/2.0/UDP top")
	hosts := []string{m.Via.Host}
	for {
		if _, ok := m.PopElement("Via"); !ok {
			break
		}
		hosts = append(hosts, m.Via.Host)
	}
	if want := []string{"top", "a", "b", "c", ""}; !slices.Equal(hosts, want) {
		t.Errorf("topmost Via: got %q, want %q", hosts, want)
	}
	m.SetAddress("To", Address{Display: "B", URI: URI{Scheme: "sip", User: "b", Host: "h"}, Params: ";tag=7"})
	m.SetCSeq(4, Invite)
	m.Set("i", "id")
	m.Set("Contact", "<sip:c1@h>, <sip:c2@h>")
	if m.To.Tag() != "7" || m.CSeq != (CSeq{4, Invite}) || m.CallID != "id" || m.Contact.URI.User != "c1" {
		t.Errorf("To %v, CSeq %v, Call-ID %s, Contact %v", m.To, m.CSeq, m.CallID, m.Contact)
	}
	m.Remove("t")
	m.Remove("Contact")
	m.Set("Call-ID", "")
	if !m.To.IsZero() || !m.Contact.IsZero() || m.CallID != "" {
		t.Errorf("To %v, Contact %v and Call-ID %q are still there", m.To, m.Contact, m.CallID)
	}
}

func TestLists(t *testing.T) {
	m := &Message{Status: 200}
	m.Add("Supported", "timer,  ,replaces ")
	m.Add("k", "100rel")
	m.Add("Warning", `399 h "a, b", 399 h "c\", d"`)
	m.Add("Route", `<sip:a,b@h>,"x, <y>" <sip:c@h>;q="1,2"`)
	for name, want := range map[string][]string{
		"Supported": {"timer", "replaces", "100rel"},
		"warning":   {`399 h "a, b"`, `399 h "c\", d"`},
		"Route":     {"<sip:a,b@h>", `"x, <y>" <sip:c@h>;q="1,2"`},
		"Allow":     nil,
	} {
		if got := m.List(name); !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	if !m.Has("k", "TIMER") || !m.Has("supported", "100rel") || m.Has("Supported", "time") || m.Has("Require", "timer") {
		t.Error("Has does not agree with the list")
	}
	if got := len(m.All("k")); got != 2 {
		t.Errorf("All: got %d lines, want 2", got)
	}
}

func TestNewResponse(t *testing.T) {
	m, err := Parse(crlfed("INVITE sip:b@h SIP/2.0\nv: SIP/2.0/UDP a;branch=1\nRecord-Route: <sip:r1>\nVia: SIP/2.0/UDP c\nf: <sip:a@h>;tag=1\n" +
		"t: <sip:b@h>\nSubject: x\ni: id\nCSeq: 1 INVITE\nRecord-Route: <sip:r2>\nContact: <sip:a@c>\n\n"))
	if err != nil {
		t.Fatal(err)
	}
	const common = "Call-ID=id|From=<sip:a@h>;tag=1|To=<sip:b@h>"
	for _, test := range []struct {
		status       int
		tag, headers string
	}{
		{100, "9", "Via=SIP/2.0/UDP a;branch=1|Via=SIP/2.0/UDP c|" + common + "|CSeq=1 INVITE"},
		{200, "9", "Via=SIP/2.0/UDP a;branch=1|Record-Route=<sip:r1>|Via=SIP/2.0/UDP c|Record-Route=<sip:r2>|" + common + ";tag=9|CSeq=1 INVITE"},
		{404, "", "Via=SIP/2.0/UDP a;branch=1|Via=SIP/2.0/UDP c|" + common + "|CSeq=1 INVITE"},
	} {
		r := NewResponse(m, test.status, "", test.tag)
		if got := headerText(r); got != test.headers {
			t.Errorf("%d: got\n%s\nwant\n%s", test.status, got, test.headers)
		}
		again, err := Parse(r.AppendTo(nil))
		if err != nil || again.To.Tag() != r.To.Tag() || again.Status != test.status || again.Reason != ReasonPhrase(test.status) {
			t.Errorf("%d: written and read as %v, %v", test.status, again, err)
		}
	}
	if m.To.Tag() != "" {
		t.Error("the request has got the tag")
	}
	m.Set("To", "<sip:b@h>;tag=old")
	if got := NewResponse(m, 200, "Fine", "new"); got.To.Tag() != "old" || got.Get("To") != "<sip:b@h>;tag=old" || got.Reason != "Fine" {
		t.Errorf("in a dialog: got\n%s", got)
	}
}

func TestWrittenMessageIsOneMessage(t *testing.T) {
	m := NewRequest(Options, URI{Scheme: "sip", Host: "h"})
	m.Headers = append(m.Headers, Header{"Subject", "a\r\nX: b\r\n\r\nOPTIONS"}, Header{"l", "99"})
	m.SetBody("text/plain", []byte("hi"))
	want := "OPTIONS sip:h SIP/2.0\r\nSubject: a X: b  OPTIONS\r\nContent-Type: text/plain\r\nContent-Length:  2\r\n\r\nhi"
	if got := m.String(); got != want {
		t.Errorf("got\n%q, want\n%q", got, want)
	}
	c := m.Clone()
	c.SetBody("", nil)
	if c.Get("Content-Type") != "" || m.Get("Content-Type") != "text/plain" || len(m.Body) != 2 {
		t.Errorf("a change of the copy changed the message:\n%s", m)
	}
}
