package sip

import (
	"errors"
	"fmt"
	"testing"
	"time"
)

// TestTypedHeaders reads headers and writes their values again.
func TestTypedHeaders(t *testing.T) {
	read := map[string]func(m *Message) (any, error){
		"Max-Forwards":       func(m *Message) (any, error) { return m.MaxForwards() },
		"Expires":            func(m *Message) (any, error) { return m.Expires() },
		"Min-Expires":        func(m *Message) (any, error) { return m.MinExpires() },
		"Min-SE":             func(m *Message) (any, error) { return m.MinSE() },
		"Retry-After":        func(m *Message) (any, error) { return m.RetryAfter() },
		"Session-Expires":    func(m *Message) (any, error) { return m.SessionExpires() },
		"RSeq":               func(m *Message) (any, error) { return m.RSeq() },
		"RAck":               func(m *Message) (any, error) { return m.RAck() },
		"Refer-To":           func(m *Message) (any, error) { return m.Address("Refer-To") },
		"Event":              func(m *Message) (any, error) { return m.Event() },
		"Subscription-State": func(m *Message) (any, error) { return m.SubscriptionState() },
		"Replaces":           func(m *Message) (any, error) { return m.Replaces() },
	}
	for _, test := range []struct{ name, value, want string }{
		{"Max-Forwards", "70", "70"},
		{"Max-Forwards", "256", "error"},
		{"Max-Forwards", "-1", "error"},
		{"Expires", " 3600 ", "1h0m0s"},
		{"Expires", "4294967295", "1193046h28m15s"},
		{"Expires", "4294967296", "error"},
		{"Expires", "soon", "error"},
		{"Min-Expires", "60", "1m0s"},
		{"Min-SE", "90;x=y", "1m30s"},
		{"Retry-After", "18000;duration=3600", "5h0m0s"},
		{"Retry-After", "120 (I'm in a meeting)", "2m0s"},
		{"Retry-After", "(later)", "error"},
		{"Session-Expires", "1800;refresher=uas", "1800;refresher=uas"},
		{"Session-Expires", "x", "error"},
		{"RSeq", "988789", "988789"},
		{"RSeq", "0", "error"},
		{"RAck", "776656 1 INVITE", "776656 1 INVITE"},
		{"RAck", "776656  1\tINVITE", "776656 1 INVITE"},
		{"RAck", "776656 INVITE", "error"},
		{"RAck", "1", "error"},
		{"Refer-To", "<sip:b@h?Replaces=a%40h%3Bto-tag%3D1>", "<sip:b@h?Replaces=a%40h%3Bto-tag%3D1>"},
		{"Refer-To", "nobody", "error"},
		{"Event", "presence", "presence"},
		{"Event", "dialog ; id=7;x", "dialog; id=7;x"},
		{"Event", "", "error"},
		{"Subscription-State", "Active;expires=60", "active;expires=60"},
		{"Subscription-State", "terminated;reason=deactivated;retry-after=5", "terminated;reason=deactivated;retry-after=5"},
		{"Subscription-State", "active;expires=x", "error"},
		{"Replaces", "425928@bobster.example.org;to-tag=7743;from-tag=6472;early-only", "425928@bobster.example.org;to-tag=7743;from-tag=6472;early-only"},
		{"Replaces", "a;from-tag=1", "error"},
		{"Replaces", ";to-tag=1;from-tag=2", "error"},
	} {
		m := &Message{Method: Invite}
		if _, err := read[test.name](m); !errors.Is(err, ErrNoHeader) {
			t.Errorf("%s that is not there: got %v, want ErrNoHeader", test.name, err)
		}
		m.Add(test.name, test.value)
		v, err := read[test.name](m)
		got := fmt.Sprint(v)
		var bad *ParseError
		if errors.As(err, &bad) && bad.Status == 400 && bad.Header == test.name {
			got = "error"
		} else if err != nil {
			got = "another error: " + err.Error()
		}
		if got != test.want {
			t.Errorf("%s: %s: got %s, want %s", test.name, test.value, got, test.want)
		}
	}
}

func TestAddresses(t *testing.T) {
	m := &Message{Method: Invite}
	m.Add("Diversion", `"A, B" <sip:a@h>;reason=user-busy;counter=2`)
	m.Add("Diversion", "<tel:+1>;reason=no-answer, <sip:c@h>")
	list, err := m.Addresses("diversion")
	if err != nil || len(list) != 3 || list[0].Display != "A, B" || list[1].URI.Scheme != "tel" {
		t.Fatalf("got %v, %v", list, err)
	}
	if reason, _ := list[1].Param("reason"); reason != "no-answer" {
		t.Errorf("reason: got %s", reason)
	}
	m.Set("Diversion", "<sip:a@h>,")
	if list, err := m.Addresses("Diversion"); err == nil {
		t.Errorf("a list with an empty element is read as %v", list)
	}
	if list, err := m.Addresses("Path"); err != nil || list != nil {
		t.Errorf("no Path is read as %v, %v", list, err)
	}
	m.Add("m", "*")
	if list, err := m.Contacts(); err != nil || len(list) != 1 || !list[0].Star || !m.Contact.Star {
		t.Errorf("*: got %v, %v", list, err)
	}
}

func TestCauses(t *testing.T) {
	m := &Message{Method: Bye}
	m.Add("Reason", `Q.850;cause=16;text="Terminated, normally", SIP ;cause=200 ;text="Call completed elsewhere"`)
	m.Add("Reason", "Preemption, SIP;cause=x, =")
	got := fmt.Sprint(m.Causes())
	want := `[Q.850;cause=16;text="Terminated, normally" SIP;cause=200;text="Call completed elsewhere" Preemption]`
	if got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestEventID(t *testing.T) {
	for _, test := range []struct {
		event Event
		want  string
	}{
		{Event{Package: "refer", ID: "93809823"}, "refer;id=93809823"},
		{Event{Package: "dialog", Params: ";sla;id=1", ID: "2"}, "dialog;sla;id=2"},
		{Event{Package: "dialog", Params: ";sla;id=1"}, "dialog;sla"},
	} {
		if got := test.event.String(); got != test.want {
			t.Errorf("%+v: got %s, want %s", test.event, got, test.want)
		}
	}
	s := SubscriptionState{State: "pending", Expires: 90 * time.Second}
	if got, want := s.String(), "pending;expires=90"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestContentType(t *testing.T) {
	m := &Message{Status: 200}
	if kind, params := m.ContentType(); kind != "" || params != "" {
		t.Errorf("none: got %q, %q", kind, params)
	}
	m.Add("c", "Multipart / Mixed ; boundary=x")
	if kind, params := m.ContentType(); kind != "multipart/mixed" || params != "; boundary=x" {
		t.Errorf("got %q, %q", kind, params)
	}
}

func TestMethodsAndReasons(t *testing.T) {
	for method, want := range map[string]bool{"INVITE": true, "PUBLISH": true, "invite": false, "": false, "FOO": false} {
		if got := KnownMethod(method); got != want {
			t.Errorf("%q: known %v, want %v", method, got, want)
		}
	}
	for status, want := range map[int]string{100: "Trying", 200: "OK", 486: "Busy Here", 489: "Bad Event", 199: "Early Dialog Terminated",
		150: "Progress", 299: "OK", 399: "Redirected", 499: "Client Error", 599: "Server Error", 699: "Failure"} {
		if got := ReasonPhrase(status); got != want {
			t.Errorf("%d: got %q, want %q", status, got, want)
		}
	}
}
