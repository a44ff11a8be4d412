package main

import (
	"slices"
	"testing"

	"github.com/octothorpe/octothorpe/internal/facts"
	"github.com/octothorpe/octothorpe/internal/facts/compatibility"
	"github.com/octothorpe/octothorpe/internal/phone"
)

// Each file that Asterisk knows has its options told, or it is told why nothing reads it; what
// is known not to be read has no table, and an option that nobody knows is in none.
func TestEveryFileIsToldOf(t *testing.T) {
	options, unread, err := ownOptions()
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range append(options, phone.Options()...) {
		if !o.Honoured && (o.Idle == "") == (o.Partial == "") {
			t.Errorf("%s of %s: not honoured, why %q, left to do %q", o.Name, o.File, o.Idle, o.Partial)
		}
	}
	phones := []string{"pjsip.conf", "pjsip_wizard.conf", "sip.conf"}
	for _, file := range facts.Files() {
		read := slices.Contains(phones, file) || slices.ContainsFunc(options, func(o compatibility.Option) bool { return o.File == file })
		told := slices.ContainsFunc(unread, func(u compatibility.Item) bool { return u.Name == file && u.Partial != "" })
		if read == told {
			t.Errorf("%s: read %t, told not to be read %t", file, read, told)
		}
	}
	for _, c := range []struct {
		file, object, name string
		known, honoured    bool
	}{{"queues.conf", "queue", "strategy", true, true}, {"queues.conf", "queue", "membermacro", true, true}, {"features.conf", "globals", "pickupsound", true, true},
		{"confbridge.conf", "bridge_profile", "remb_behavior", true, false}, {"queues.conf", "queue", "nosuch", false, false}} {
		option, known, err := tried(sections[c.file][c.object], facts.Option{File: c.file, Object: c.object, Name: c.name})
		if err != nil || known != c.known || known && option.Honoured != c.honoured {
			t.Errorf("%s of %s: known %t, honoured %t, %v", c.name, c.file, known, option.Honoured, err)
		}
	}
}
