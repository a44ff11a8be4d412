package sip

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
)

// typicalInvite is what a desk phone sends: 12 headers and an SDP offer.
var typicalInvite = crlfed(`INVITE sip:1002@pbx.example.com;user=phone SIP/2.0
Via: SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bK-524287-1---8f3a0c6d2b7e4a11;rport
Max-Forwards: 70
Contact: <sip:1001@192.0.2.10:5060;transport=udp>
To: "Bob" <sip:1002@pbx.example.com;user=phone>
From: "Alice" <sip:1001@pbx.example.com;user=phone>;tag=7f3e9a2b
Call-ID: ZGY3ZTA1ZDk2M2Y2MjJhNmU3OTk4NmJkMTZhMDg4MDM
CSeq: 102 INVITE
Allow: INVITE, ACK, CANCEL, OPTIONS, BYE, REGISTER, NOTIFY, INFO, REFER, UPDATE
Supported: replaces, timer, 100rel
User-Agent: Deskphone 5.2
Content-Type: application/sdp
Content-Length: 149

v=0
o=- 3829 3829 IN IP4 192.0.2.10
s=-
c=IN IP4 192.0.2.10
t=0 0
m=audio 40000 RTP/AVP 0 8 101
a=rtpmap:101 telephone-event/8000
a=ptime:20
`)

func crlfed(s string) []byte { return []byte(strings.ReplaceAll(s, "\n", "\r\n")) }

func readTyped(t testing.TB, b []byte) {
	m, err := Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	if m.Via.Branch() == "" || m.From.Tag() == "" || m.To.URI.Host == "" || m.CSeq.Number != 102 || m.Contact.URI.Port != 5060 {
		t.Fatalf("typed values of %v", m)
	}
}

func TestParseAllocations(t *testing.T) {
	if n := testing.AllocsPerRun(200, func() { readTyped(t, typicalInvite) }); n > 5 {
		t.Errorf("parsing an INVITE takes %v allocations, want at most 5", n)
	}
	m, err := Parse(typicalInvite)
	if err != nil {
		t.Fatal(err)
	}
	buffer := make([]byte, 0, 2048)
	if n := testing.AllocsPerRun(200, func() { buffer = m.AppendTo(buffer[:0]) }); n != 0 {
		t.Errorf("writing an INVITE takes %v allocations, want none", n)
	}
}

func BenchmarkParse(b *testing.B) {
	b.ReportAllocs()
	b.SetBytes(int64(len(typicalInvite)))
	for b.Loop() {
		readTyped(b, typicalInvite)
	}
}

func BenchmarkAppendTo(b *testing.B) {
	m, err := Parse(typicalInvite)
	if err != nil {
		b.Fatal(err)
	}
	buffer := make([]byte, 0, 2048)
	b.ReportAllocs()
	for b.Loop() {
		buffer = m.AppendTo(buffer[:0])
	}
}

func BenchmarkResponse(b *testing.B) {
	m, err := Parse(typicalInvite)
	if err != nil {
		b.Fatal(err)
	}
	buffer := make([]byte, 0, 2048)
	b.ReportAllocs()
	for b.Loop() {
		buffer = NewResponse(m, 200, "", "a1b2c3d4").AppendTo(buffer[:0])
	}
}

func TestParse(t *testing.T) {
	m, err := Parse(typicalInvite)
	if err != nil {
		t.Fatal(err)
	}
	equal := func(what, got, want string) {
		t.Helper()
		if got != want {
			t.Errorf("%s: got %q, want %q", what, got, want)
		}
	}
	equal("method", m.Method, "INVITE")
	equal("URI", m.URI.String(), "sip:1002@pbx.example.com;user=phone")
	equal("Via", m.Via.String(), "SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bK-524287-1---8f3a0c6d2b7e4a11;rport")
	equal("branch", m.Via.Branch(), "z9hG4bK-524287-1---8f3a0c6d2b7e4a11")
	equal("From", m.From.String(), `"Alice" <sip:1001@pbx.example.com;user=phone>;tag=7f3e9a2b`)
	equal("display", m.To.Display, "Bob")
	equal("CSeq", m.CSeq.String(), "102 INVITE")
	equal("body", string(m.Body), string(typicalInvite[len(typicalInvite)-149:]))
	equal("written", strings.Replace(string(m.AppendTo(nil)), "Content-Length:  ", "Content-Length: ", 1), string(typicalInvite))
	if !m.Has("k", "TIMER") || m.Has("Supported", "path") {
		t.Errorf("Supported is read as %q", m.List("Supported"))
	}
}

func TestParseCopies(t *testing.T) {
	b := bytes.Clone(typicalInvite)
	m, err := Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	want := m.String()
	for i := range b {
		b[i] = 'x'
	}
	if got := m.String(); got != want {
		t.Errorf("the message changed with the buffer:\n%s", got)
	}
}

func TestLineFeedsAlone(t *testing.T) {
	m, err := Parse(bytes.ReplaceAll(typicalInvite, []byte("\r\n"), []byte("\n")))
	if err == nil {
		t.Fatalf("a body of 141 bytes with a length of 149 was accepted: %v", m)
	}
	b := bytes.ReplaceAll(typicalInvite, []byte("\r\n"), []byte("\n"))
	b = bytes.Replace(b, []byte("Length: 149"), []byte("Length: 141"), 1)
	m, err = Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := len(m.Headers), 12; got != want || len(m.Body) != 141 || m.CSeq.Number != 102 {
		t.Errorf("got %d headers, want %d; body %d, CSeq %v", got, want, len(m.Body), m.CSeq)
	}
}

func TestParseErrors(t *testing.T) {
	const head = "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\nFrom: <sip:a@example.com>;tag=1\nTo: <sip:b@example.com>\nCall-ID: c\n"
	for _, test := range []struct {
		name, in, header string
		status           int
		answerable       bool
	}{
		{"nothing", "", "", 0, false},
		{"line ends", "\n\n\n", "", 0, false},
		{"noise", "\x00\x01\x02\x03", "", 0, false},
		{"HTTP", "GET / HTTP/1.1\nHost: x\n\n", "", 0, false},
		{"method alone", "INVITE", "", 0, false},
		{"no headers", "OPTIONS sip:b@example.com SIP/2.0\n\n", "", 0, false},
		{"version", "OPTIONS sip:b@example.com SIP/3.0\n" + head + "CSeq: 1 OPTIONS\n\n", "", 505, true},
		{"target", "OPTIONS b SIP/2.0\n" + head + "CSeq: 1 OPTIONS\n\n", "", 400, true},
		{"target with port zero digits", "OPTIONS sip:b: SIP/2.0\n" + head + "CSeq: 1 OPTIONS\n\n", "", 400, true},
		{"no colon", "OPTIONS sip:b@example.com SIP/2.0\n" + head + "CSeq: 1 OPTIONS\nnonsense\n\n", "", 400, true},
		{"blank in a name", "OPTIONS sip:b@example.com SIP/2.0\n" + head + "CSeq: 1 OPTIONS\nX Y: z\n\n", "", 400, true},
		{"lone carriage return", "OPTIONS sip:b@example.com SIP/2.0\n" + head + "CSeq: 1 OPTIONS\nSubject: a\rX: b\n\n", "Subject", 400, true},
		{"folded start line", "OPTIONS sip:b@example.com SIP/2.0\n Via: x\n" + head + "CSeq: 1 OPTIONS\n\n", "", 400, true},
		{"no CSeq", "OPTIONS sip:b@example.com SIP/2.0\n" + head + "\n", "", 400, true},
		{"CSeq of 2^31", "OPTIONS sip:b@example.com SIP/2.0\n" + head + "CSeq: 2147483648 OPTIONS\n\n", "CSeq", 400, true},
		{"two CSeq", "OPTIONS sip:b@example.com SIP/2.0\n" + head + "CSeq: 1 OPTIONS\nCSeq: 1 OPTIONS\n\n", "CSeq", 400, true},
		{"empty Call-ID", "OPTIONS sip:b@example.com SIP/2.0\n" + strings.Replace(head, ": c", ":", 1) + "CSeq: 1 OPTIONS\n\n", "Call-ID", 400, true},
		{"From is *", "OPTIONS sip:b@example.com SIP/2.0\n" + strings.Replace(head, "<sip:a@example.com>;tag=1", "*", 1) + "CSeq: 1 OPTIONS\n\n", "From", 400, true},
		{"star and another", "REGISTER sip:b@example.com SIP/2.0\n" + head + "CSeq: 1 REGISTER\nContact: *\nm: <sip:c@example.com>\n\n", "m", 400, true},
		{"another and star", "REGISTER sip:b@example.com SIP/2.0\n" + head + "CSeq: 1 REGISTER\nContact: <sip:c@example.com>, *\n\n", "Contact", 400, true},
		{"empty contact", "REGISTER sip:b@example.com SIP/2.0\n" + head + "CSeq: 1 REGISTER\nContact: <sip:c@example.com>,\n\n", "Contact", 400, true},
		{"Via", "OPTIONS sip:b@example.com SIP/2.0\nVia: UDP a;branch=1\n" + head + "CSeq: 1 OPTIONS\n\n", "Via", 400, false},
		{"second Via", "OPTIONS sip:b@example.com SIP/2.0\n" + head + "Via: UDP\nCSeq: 1 OPTIONS\n\n", "Via", 400, true},
		{"length of words", "OPTIONS sip:b@example.com SIP/2.0\n" + head + "CSeq: 1 OPTIONS\nl: five\n\n", "l", 400, true},
		{"length of many digits", "OPTIONS sip:b@example.com SIP/2.0\n" + head + "CSeq: 1 OPTIONS\nl: 99999999999999999999\n\n", "l", 400, true},
		{"status of two digits", "SIP/2.0 20 OK\n" + head + "CSeq: 1 OPTIONS\n\n", "", 0, false},
		{"response without CSeq", "SIP/2.0 200 OK\n" + head + "\n", "", 0, true},
		{"too many headers", "OPTIONS sip:b@example.com SIP/2.0\n" + head + "CSeq: 1 OPTIONS\n" + strings.Repeat("X: y\n", MaxHeaders) + "\n", "", 400, true},
	} {
		m, err := Parse(crlfed(test.in))
		var bad *ParseError
		if !errors.As(err, &bad) {
			t.Errorf("%s: got %v, %v, want a ParseError", test.name, m, err)
			continue
		}
		if test.status == 400 && !test.answerable {
			test.status = 0
		}
		if bad.Status != test.status || (bad.Message != nil) != test.answerable || bad.Header != test.header {
			t.Errorf("%s: got %q (status %d, header %q, message %v), want status %d, header %q, message %v", test.name, bad,
				bad.Status, bad.Header, bad.Message != nil, test.status, test.header, test.answerable)
		}
	}
}

func TestParseErrorTellsWhere(t *testing.T) {
	_, err := Parse(crlfed("OPTIONS sip:b@example.com SIP/2.0\nVia: SIP/2.0/UDP h\nFrom: oops\n\n"))
	var bad *ParseError
	if !errors.As(err, &bad) || bad.Header != "From" || bad.Offset != 55 {
		t.Errorf("got %#v, want From at 55", bad)
	}
}

func TestReadMessage(t *testing.T) {
	stream := "\r\n\r\n" + string(typicalInvite) + "\r\n" + string(typicalInvite)
	pings := 0
	r := bufio.NewReaderSize(strings.NewReader(stream), 16)
	for range 2 {
		m, err := ReadMessage(r, func() { pings++ })
		if err != nil {
			t.Fatal(err)
		}
		if len(m.Headers) != 12 || len(m.Body) != 149 || m.CSeq.Number != 102 {
			t.Errorf("got %v", m)
		}
	}
	if _, err := ReadMessage(r, nil); !errors.Is(err, io.EOF) {
		t.Errorf("got %v at the end, want EOF", err)
	}
	if pings != 3 {
		t.Errorf("got %d keep-alives, want 3", pings)
	}
}

func TestReadMessageAfterAnError(t *testing.T) {
	bad := strings.Replace(string(typicalInvite), "CSeq: 102 INVITE", "CSeq: 102 OPTIONS", 1)
	r := bufio.NewReader(strings.NewReader(bad + string(typicalInvite)))
	_, err := ReadMessage(r, nil)
	var e *ParseError
	if !errors.As(err, &e) || !e.Framed || e.Status != 400 || e.Message == nil {
		t.Fatalf("got %#v, want a framed 400 with a message", e)
	}
	if m, err := ReadMessage(r, nil); err != nil || m.CSeq.Method != Invite {
		t.Errorf("got %v, %v behind the error", m, err)
	}
}

func TestReadMessageLimits(t *testing.T) {
	invite := string(typicalInvite)
	limits := ReadLimits{Head: 1000, Body: 200, Headers: 20}
	for _, test := range []struct {
		name, in string
		status   int // -1: no ParseError
		want     error
	}{
		{"fits", invite, 200, nil},
		{"cut in the head", invite[:100], -1, io.ErrUnexpectedEOF},
		{"cut behind the head", invite[:len(invite)-149], -1, io.ErrUnexpectedEOF},
		{"cut in the body", invite[:len(invite)-1], -1, io.ErrUnexpectedEOF},
		{"long line", strings.Replace(invite, "Deskphone", strings.Repeat("x", 1000), 1), 0, nil},
		{"many headers", strings.Replace(invite, "\r\nVia", strings.Repeat("\r\nX: y", 10)+"\r\nVia", 1), 400, nil},
		{"large body", strings.Replace(invite, "149", "201", 1), 513, nil},
		{"negative length", strings.Replace(invite, "149", "-1", 1), 400, nil},
	} {
		m, err := limits.Read(bufio.NewReaderSize(strings.NewReader(test.in), 64), nil)
		var bad *ParseError
		switch {
		case test.status == 200:
			if err != nil || m == nil {
				t.Errorf("%s: got %v, %v", test.name, m, err)
			}
		case test.status < 0:
			if !errors.Is(err, test.want) {
				t.Errorf("%s: got %v, want %v", test.name, err, test.want)
			}
		case !errors.As(err, &bad) || bad.Status != test.status || bad.Framed:
			t.Errorf("%s: got %#v, want status %d and the end of the stream's use", test.name, err, test.status)
		}
	}
}
