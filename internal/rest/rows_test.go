package rest

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/facts"
	"github.com/octothorpe/octothorpe/internal/rest/stasis"
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

// What is not built says so, and is not taken for something else.
func TestBridgesOfManyPicturesAreRefused(t *testing.T) {
	s := New(Config{Hub: stasis.New(stasis.Config{Bus: event.NewBus(), Logger: slog.New(slog.DiscardHandler)}), Prefix: func() string { return "" }})
	defer s.Close()
	s.Configure(&Settings{Enabled: true, Users: map[string]*User{"me": {Password: "secret"}}})
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodPost, "/ari/bridges?type=mixing,video_sfu", nil)
	r.SetBasicAuth("me", "secret")
	s.ServeHTTP(w, r)
	if w.Code != http.StatusNotImplemented || !strings.Contains(w.Body.String(), "video_sfu") {
		t.Errorf("it is answered %d %s, want 501 and why", w.Code, w.Body)
	}
}
