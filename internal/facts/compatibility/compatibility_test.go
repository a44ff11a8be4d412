package compatibility

import (
	"strings"
	"testing"
)

func TestCompareTellsThereFromPartialFromMissing(t *testing.T) {
	c := compare("Things", []known{{"Dial", false}, {"Queue", false}, {"Macro", true}, {"Page", false}, {"Flash", false}}, []Item{
		{Name: "dial"}, {Name: "Queue", Partial: "penalties"}, {Name: "Trace"}, {Name: "Flash", Idle: "no hook"},
	})
	want := []entry{{"Dial", There, ""}, {"Flash", Idle, "no hook"}, {"Macro", Missing, "(Asterisk 16)"}, {"Page", Missing, ""}, {"Queue", Partial, "penalties"}}
	for i, e := range c.entries {
		if e != want[i] {
			t.Errorf("entry %d: got %+v, want %+v", i, e, want[i])
		}
	}
	if len(c.beyond) != 1 || c.beyond[0] != "Trace" {
		t.Errorf("our own: got %q, want Trace", c.beyond)
	}
}

// The names of console commands have alternatives and arguments in them.
func TestCompareReadsTheNamesOfCommands(t *testing.T) {
	c := compare("Commands", []known{{"sip show {channels|subscriptions}", false}, {"core show channels [concise|count]", false},
		{"sip set debug {on|off|ip}", false}, {"queue {pause|unpause} member", false}},
		[]Item{{Name: "sip show channels"}, {Name: "sip show subscriptions", Partial: "few"}, {Name: "core show channels"},
			{Name: "sip set debug {on|off}"}, {Name: "queue {pause|unpause} member"}})
	want := []entry{{"core show channels [concise|count]", There, ""}, {"queue {pause|unpause} member", There, ""},
		{"sip set debug {on|off|ip}", Missing, ""}, {"sip show {channels|subscriptions}", Partial, "few"}}
	for i, e := range c.entries {
		if e != want[i] {
			t.Errorf("entry %d: got %+v, want %+v", i, e, want[i])
		}
	}
	if len(c.beyond) != 0 {
		t.Errorf("our own: got %q, want none", c.beyond)
	}
}

func TestWriteSaysWhatTheTablesSay(t *testing.T) {
	var out strings.Builder
	err := Write(&out, Ours{
		Applications: []Item{{Name: "Dial"}, {Name: "Queue", Partial: "penalties | rules"}},
		Console:      []Item{{Name: "xmldoc dump", Idle: "there is | no XML"}},
		ARI:          []Item{{Name: "GET /channels"}},
		Options: []Option{
			{File: "pjsip.conf", Object: "endpoint", Name: "context", Honoured: true},
			{File: "pjsip.conf", Object: "endpoint", Name: "webrtc", Partial: "a key"},
			{File: "pjsip.conf", Object: "endpoint", Name: "dtls_rekey", Idle: "nobody | asks"},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	text := out.String()
	for _, want := range []string{
		"**There** (1): `Dial`\n",
		"| `Queue` | penalties \\| rules |\n",
		"**There** (1): `GET /channels`\n",
		"#### pjsip.conf: endpoint\n\n**There** (1): `context`\n\n**Partial** (1):\n\n| name | left to do |\n|---|---|\n| `webrtc` | a key |\n",
		"| `xmldoc dump` | there is \\| no XML |\n",
		"| `dtls_rekey` | nobody \\| asks |\n",
		"### Files that are not read\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the document lacks %q", want)
		}
	}
	for _, line := range strings.Split(text, "\n") {
		if strings.HasPrefix(line, "`") && len(line) > 120 {
			t.Errorf("line of %d columns: %s", len(line), line)
		}
	}
}
