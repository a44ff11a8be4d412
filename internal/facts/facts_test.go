package facts

import (
	"reflect"
	"slices"
	"strings"
	"testing"
)

// The counts are those of the interfaces of Asterisk 22 plus what only 16 had:
// a line lost in a table is noticed here.
func TestTablesAreWhole(t *testing.T) {
	for _, c := range []struct {
		table     string
		got, want int
	}{
		{"applications", len(Applications()), 209},
		{"functions", len(Functions()), 221},
		{"actions", len(Actions()), 140},
		{"events", len(Events()), 175},
		{"console commands", len(ConsoleCommands()), 417},
		{"AGI commands", len(AGICommands()), 47},
		{"ARI operations", len(ARIOperations()), 109},
		{"ARI models", len(ARIModels()), 85},
		{"pjsip.conf endpoint", len(Options("pjsip.conf", "endpoint")), 146},
	} {
		if c.got != c.want {
			t.Errorf("%s: %d rows, want %d", c.table, c.got, c.want)
		}
	}
}

func TestRowsAreReadWhole(t *testing.T) {
	find := func(name string) Action {
		all := Actions()
		return all[slices.IndexFunc(all, func(a Action) bool { return a.Name == name })]
	}
	if got, want := find("AbsoluteTimeout"), (Action{
		Name: "AbsoluteTimeout", Privilege: []string{"system", "call", "all"},
		Keys: []Key{{Name: "ActionID"}, {Name: "Channel", Required: true}, {Name: "Timeout", Required: true}},
	}); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got := find("SIPpeers"); !got.Legacy {
		t.Errorf("SIPpeers is not marked as legacy: %+v", got)
	}
	if got, want := parseKey("UnitAmount(0)"), (Key{Name: "UnitAmount", Default: "0"}); got != want {
		t.Errorf("parseKey: got %+v, want %+v", got, want)
	}
	if got, want := parseParameter("eventSource:query:string*[]"), (ARIParameter{Name: "eventSource", Place: "query", Type: "string", Required: true, Multiple: true}); got != want {
		t.Errorf("parseParameter: got %+v, want %+v", got, want)
	}
	if got, want := eventKeys("<channel snapshot> Command CommandId"), []string{"<channel snapshot>", "Command", "CommandId"}; !slices.Equal(got, want) {
		t.Errorf("eventKeys: got %q, want %q", got, want)
	}
}

// Every event's class and every option's file can be what a program looks up.
func TestNamesAreClean(t *testing.T) {
	for _, o := range AllOptions() {
		if o.File == "" || o.Object == "" || o.Name == "" {
			t.Errorf("incomplete option %+v", o)
		}
	}
	if got := len(Options("nothing.conf", "")); got != 0 {
		t.Errorf("an unknown file has %d options", got)
	}
	if !slices.Contains(Files(), "sip.conf") || !slices.Contains(Files(), "pjsip.conf") {
		t.Errorf("files: %q", Files())
	}
}

// What is said to serve instead is said of names that there are.
func TestInstead(t *testing.T) {
	var names []string
	for _, a := range Applications() {
		names = append(names, strings.ToLower(a.Name))
	}
	for _, f := range Functions() {
		names = append(names, strings.ToLower(f.Name))
	}
	for pattern := range instead {
		begin, many := strings.CutSuffix(pattern, "*")
		if !slices.ContainsFunc(names, func(name string) bool { return name == pattern || many && strings.HasPrefix(name, begin) }) {
			t.Errorf("there is no %s", pattern)
		}
	}
	if Instead("Dial") != "" || Instead("JABBER_STATUS") == "" || Instead("SMS") == "" {
		t.Error("Dial needs no other, JABBER_STATUS and SMS do")
	}
}
