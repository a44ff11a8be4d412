package proxy

import (
	"slices"
	"strings"
	"testing"

	"github.com/octothorpe/octothorpe/ami"
)

func TestReload(t *testing.T) {
	h := build(t, usual)
	admin, calls, viewer := h.client(t, "admin"), h.client(t, "calls"), h.client(t, "viewer")
	events := viewer.Subscribe(ami.SubscribeOptions{Events: []string{"Newchannel", "VarSet"}})
	all := admin.Subscribe(ami.SubscribeOptions{Events: []string{"Disconnected", "Reconnected"}})
	logins := h.servers["one"].Logins()
	text := strings.NewReplacer("  calls: {secret: secret", "  calls: {secret: another", "read: \"call,system\"", "read: dialplan",
		"  - {name: two, address: two, username: proxy, secret: upstream}\n", "", "servers: [two], ", "").Replace(usual)
	config, err := parseConfig([]byte(text), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Reload(config); err != nil {
		t.Fatal(err)
	}
	<-calls.Done() // its secret is another
	h.servers["one"].Send(event("Event: Newchannel; Privilege: call,all"))
	h.servers["one"].Send(event("Event: VarSet; Privilege: dialplan,all"))
	if got := next(t, events, 1); got[0] != "one VarSet" {
		t.Errorf("the viewer got %q", got)
	}
	if err := admin.Ping(t.Context()); err != nil {
		t.Errorf("who may stay: %v", err)
	}
	if got := h.servers["one"].Logins(); got != logins {
		t.Errorf("a server whose lines did not change was connected %d times", got)
	}
	if _, err := admin.Do(t.Context(), ami.Action("Getvar", "Server", "two")); err == nil {
		t.Error("a server that is no more answers")
	}
	if m, err := all.Next(t.Context()); err != nil || m.Get("Server") != "two" || m.Get("Reason") != "ami: closed" {
		t.Errorf("of a server that is no more: %q, %v", m, err)
	}
	bad := *config
	bad.Listen = append(slices.Clone(bad.Listen), Listener{Address: "192.0.2.1:1"}) // nobody's
	if err := h.Reload(&bad); err == nil {
		t.Error("an address that is not ours can be listened to")
	}
	if err := admin.Ping(t.Context()); err != nil {
		t.Errorf("after a reload that failed: %v", err)
	}
}

// A server that is reached in another way is away in between, and clients learn that
// what they know of it may be old.
func TestReloadOfAServer(t *testing.T) {
	h := build(t, usual)
	h.servers["one"].Secrets["other"] = "upstream"
	events := h.client(t, "admin").Subscribe(ami.SubscribeOptions{Events: []string{"Disconnected", "Reconnected"}})
	config, err := parseConfig([]byte(strings.Replace(usual, "address: one, username: proxy", "address: one, username: other", 1)), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Reload(config); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Disconnected", "Reconnected"} {
		if m, err := events.Next(t.Context()); err != nil || m.Event() != want || m.Get("Server") != "one" {
			t.Errorf("%q, %v, want %s", m, err, want)
		}
	}
}
