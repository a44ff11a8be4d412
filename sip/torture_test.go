package sip

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

// tortureCase is a message of testdata/*.txtar and what has to become of it.
type tortureCase struct {
	name, want string
	message    []byte
}

func tortureCases(t testing.TB) []tortureCase {
	var cases []tortureCase
	for _, file := range []struct {
		name  string
		count int // none may be forgotten
	}{{"testdata/rfc4475.txtar", 49}, {"testdata/rfc5118.txtar", 11}} {
		b, err := os.ReadFile(file.name)
		if err != nil {
			t.Fatal(err)
		}
		files := txtar.Parse(b).Files
		if len(files) != 2*file.count {
			t.Errorf("%s has %d files, want %d", file.name, len(files), 2*file.count)
		}
		for i := 0; i+1 < len(files); i += 2 {
			name, ok := strings.CutSuffix(files[i].Name, ".sip")
			if !ok || files[i+1].Name != name+".want" {
				t.Fatalf("%s: %s is followed by %s", file.name, files[i].Name, files[i+1].Name)
			}
			cases = append(cases, tortureCase{name, string(files[i+1].Data), expand(t, string(files[i].Data))})
		}
	}
	return cases
}

var (
	repeatMark = regexp.MustCompile(`<repeat count=(\d+)>(.*?)</repeat>`)
	hexMark    = regexp.MustCompile(`<hex>([0-9A-Fa-f]*)</hex>`)
)

// expand makes the bytes of a message from the notation of the test data.
func expand(t testing.TB, s string) []byte {
	s = repeatMark.ReplaceAllStringFunc(s, func(m string) string {
		part := repeatMark.FindStringSubmatch(m)
		n, _ := strconv.Atoi(part[1])
		return strings.Repeat(part[2], n)
	})
	s = strings.ReplaceAll(s, "\n", "\r\n")
	s = hexMark.ReplaceAllStringFunc(s, func(m string) string {
		b, err := hex.DecodeString(hexMark.FindStringSubmatch(m)[1])
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	})
	if _, body, ok := strings.Cut(s, "\r\n\r\n"); ok {
		s = strings.Replace(s, "<length>", strconv.Itoa(len(body)), 1)
	}
	return []byte(s)
}

func TestTorture(t *testing.T) {
	for _, c := range tortureCases(t) {
		t.Run(c.name, func(t *testing.T) {
			m, err := Parse(c.message)
			verdict, facts := "accept", m
			if err != nil {
				var bad *ParseError
				if !errors.As(err, &bad) {
					t.Fatalf("got %v, want a ParseError", err)
				}
				header := bad.Header
				if header == "" {
					header = "-"
				}
				if verdict = fmt.Sprintf("refuse %d %s", bad.Status, header); bad.Status == 0 {
					verdict = "drop " + header
				}
				facts = bad.Message
				t.Log(err)
			}
			var want string
			for line := range strings.Lines(c.want) {
				if line = strings.TrimSuffix(line, "\n"); strings.HasPrefix(line, "#") {
					continue
				}
				if want == "" {
					if want = line; verdict != want {
						t.Fatalf("got %s (%v), want %s", verdict, err, want)
					}
					continue
				}
				key, value, _ := strings.Cut(line, " ")
				if of, ok := strings.CutSuffix(key, ".equals"); ok {
					equals(t, fact(t, facts, of+".uri"), value)
					continue
				}
				if got := fact(t, facts, key); got != value {
					t.Errorf("%s: got %q, want %q", key, got, value)
				}
			}
			switch {
			case strings.HasPrefix(verdict, "refuse"):
				answers(t, facts)
			case verdict == "accept":
				sameOnStream(t, m)
			}
		})
	}
}

// equals compares two URIs.
func equals(t *testing.T, a, b string) {
	t.Helper()
	u, err := ParseURI(a)
	v, err2 := ParseURI(b)
	if err != nil || err2 != nil || !u.Equal(v) || !v.Equal(u) {
		t.Errorf("%s and %s are not equal", a, b)
	}
}

// answers checks that a refusal can be sent and read.
func answers(t *testing.T, m *Message) {
	t.Helper()
	if m == nil {
		t.Fatal("there is nothing to answer")
	}
	r := NewResponse(m, 400, "", "tag")
	if got, want := r.All("Via"), m.All("Via"); !slices.Equal(got, want) || r.Get("Call-ID") != m.Get("Call-ID") || r.Get("CSeq") != m.Get("CSeq") {
		t.Errorf("the answer is\n%s", r)
	}
	for _, h := range r.Headers {
		if h.Value == "" {
			t.Errorf("the answer has an empty %s", h.Name)
		}
	}
}

// sameOnStream checks that a message, written, is read from a stream as the same.
func sameOnStream(t *testing.T, m *Message) {
	t.Helper()
	b := m.AppendTo(nil)
	got, err := ReadMessage(bufio.NewReaderSize(bytes.NewReader(b), 16), nil)
	if err != nil {
		t.Fatalf("read from a stream: %v\n%q", err, b)
	}
	if again := got.AppendTo(nil); !bytes.Equal(again, b) {
		t.Errorf("read from a stream: got\n%q\nwant\n%q", again, b)
	}
}

// fact tells one thing about a message, by the keys of the test data.
func fact(t *testing.T, m *Message, key string) string {
	t.Helper()
	if m == nil {
		return "no message"
	}
	head, rest, _ := strings.Cut(key, ".")
	switch head {
	case "method":
		return m.Method
	case "knownmethod":
		return yes(KnownMethod(m.Method))
	case "status":
		return strconv.Itoa(m.Status)
	case "reason":
		return m.Reason
	case "uri":
		return uriFact(m.URI, rest)
	case "from":
		return addressFact(m.From, rest)
	case "to":
		return addressFact(m.To, rest)
	case "cseq":
		return m.CSeq.String()
	case "call-id":
		return textFact(m.CallID, rest)
	case "body":
		if rest == "has" {
			return hex.EncodeToString(m.Body[bytes.Index(m.Body, []byte("\r\n\r\n\x00")):][:5])
		}
		return strconv.Itoa(len(m.Body))
	case "max-forwards":
		n, err := m.MaxForwards()
		return numberFact(n, err)
	case "expires":
		d, err := m.Expires()
		return numberFact(int(d.Seconds()), err)
	case "header":
		return m.Get(rest)
	case "list":
		return strconv.Itoa(len(m.List(rest)))
	case "credentials":
		_, ok := ParseCredentials(m.Get("Authorization"))
		return yes(ok)
	}
	return listFact(t, m, key)
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func numberFact(n int, err error) string {
	if err != nil {
		return "error"
	}
	return strconv.Itoa(n)
}

func textFact(s, what string) string {
	if what == "length" {
		return strconv.Itoa(len(s))
	}
	return s
}

func listFact(t *testing.T, m *Message, key string) string {
	t.Helper()
	vias, err := m.Vias()
	if err != nil {
		t.Fatal(err)
	}
	contacts, err := m.Contacts()
	if err != nil {
		t.Fatal(err)
	}
	part := strings.SplitN(key, ".", 3)
	index := 0
	if len(part) > 1 {
		if n, err := strconv.Atoi(part[1]); err == nil {
			index = n
			part = append(part[:1], part[2:]...)
		}
	}
	rest := strings.Join(part[1:], ".")
	switch part[0] {
	case "vias":
		return strconv.Itoa(len(vias))
	case "via":
		return viaFact(vias[index], rest)
	case "contacts":
		if rest == "differ" {
			return yes(!contacts[0].URI.Equal(contacts[1].URI))
		}
		return strconv.Itoa(len(contacts))
	case "contact":
		return addressFact(contacts[index], rest)
	case "route", "record-route":
		list, err := m.Addresses(part[0])
		if err != nil {
			t.Fatal(err)
		}
		return addressFact(list[index], rest)
	}
	t.Fatalf("no fact %q", key)
	return ""
}

func viaFact(v Via, key string) string {
	head, rest, _ := strings.Cut(key, ".")
	switch head {
	case "transport":
		return v.Transport
	case "host":
		return v.Host
	case "port":
		return strconv.Itoa(v.Port)
	case "branch":
		return textFact(v.Branch(), rest)
	case "param":
		p, _ := v.Param(rest)
		return p
	}
	return "no fact " + key
}

func addressFact(a Address, key string) string {
	head, rest, _ := strings.Cut(key, ".")
	switch head {
	case "":
		return a.String()
	case "display":
		return textFact(a.Display, rest)
	case "tag":
		return textFact(a.Tag(), rest)
	case "param":
		p, ok := a.Param(rest)
		if !ok {
			return "absent"
		}
		return p
	case "uri":
		return a.URI.String()
	}
	return uriFact(a.URI, key)
}

func uriFact(u URI, key string) string {
	head, rest, _ := strings.Cut(key, ".")
	switch head {
	case "":
		return u.String()
	case "scheme":
		return u.Scheme
	case "opaque":
		return u.Opaque
	case "user":
		return textFact(u.User, rest)
	case "usertext":
		return textFact(u.UserText(), rest)
	case "password":
		return u.Password
	case "host":
		return u.Host
	case "port":
		return strconv.Itoa(u.Port)
	case "uriparam":
		name, what, _ := strings.Cut(rest, ".")
		p, ok := u.Param(name)
		if !ok {
			return "absent"
		}
		return textFact(p, what)
	case "uriheader":
		h, _ := u.Header(rest)
		return h
	}
	return "no fact " + key
}
