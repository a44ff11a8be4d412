package rest

import (
	"testing"

	"github.com/octothorpe/octothorpe/internal/facts"
)

// Every operation that Asterisk has is found, and no other.
func TestOperationsAreThoseOfAsterisk(t *testing.T) {
	known := map[string]bool{}
	for _, o := range facts.ARIOperations() {
		known[o.Method+" "+o.Path] = true
	}
	for _, routes := range allRoutes() {
		for _, r := range routes {
			name := r.method + " " + r.path
			if !known[name] {
				t.Errorf("%s is no operation of Asterisk", name)
			}
			delete(known, name)
		}
	}
	for name := range known {
		t.Errorf("%s is not in the table", name)
	}
}

func TestPathsAreFound(t *testing.T) {
	for path, want := range map[string]string{
		"/channels": "", "/channels/a%2Fb": "a/b", "/channels/create": "", "/channels/x/play/y": "x", "/nothing": "none", "/channels/x/nothing": "none",
	} {
		n, vars := table().find(path)
		got := vars["channelId"]
		if n == nil {
			got = "none"
		}
		if got != want {
			t.Errorf("%s: the channel is %q, want %q", path, got, want)
		}
	}
}

func TestParametersOfBodyWin(t *testing.T) {
	r := &request{query: map[string][]string{"a": {"1"}, "n": {"12x"}, "list": {"p,q", "r"}}, body: map[string]any{"a": "2", "yes": true}}
	if got := r.text("a"); got != "2" {
		t.Errorf("a is %q", got)
	}
	if got := r.number("n", 0); got != 12 {
		t.Errorf("n is %d", got)
	}
	if got := r.list("list"); len(got) != 3 {
		t.Errorf("list is %q", got)
	}
	if !r.truth("yes") {
		t.Error("yes is not true")
	}
}
