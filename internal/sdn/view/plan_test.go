package view

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/octothorpe/octothorpe/internal/sdn/control"
)

// A controller that runs says what a reload would do when only a file that its
// configuration includes was edited, and does not take it up.
func TestAnEditedIncludeIsPlanned(t *testing.T) {
	dir := t.TempDir()
	path, include := filepath.Join(dir, "faucet.yaml"), filepath.Join(dir, "vlans.yaml")
	put := func(path, text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	put(path, "include: [vlans.yaml]\ndps:\n  sw1: {dp_id: 1, interfaces: {1: {native_vlan: office}, 2: {native_vlan: office}}}\n  sw2: {dp_id: 2, interfaces: {1: {native_vlan: other}}}\n")
	put(include, "vlans: {office: {vid: 100}, other: {vid: 200}}\n")
	c, err := control.New(control.Options{Config: path, Listen: "ptcp:0:127.0.0.1"})
	if err != nil {
		t.Fatal(err)
	}
	over, cancel := context.WithCancel(context.Background())
	cancel()
	defer c.Serve(over) // closes what listens
	log := slog.New(slog.DiscardHandler)
	v := New(c, control.NewEvents(log, control.NewMetrics()), log)
	ask := func() (code int, text string, lines []string) {
		t.Helper()
		page := httptest.NewRecorder()
		v.ServeHTTP(page, httptest.NewRequest("GET", "/api/plan", nil))
		text = page.Body.String()
		var list []Planned
		if page.Code == 200 {
			if err := json.Unmarshal(page.Body.Bytes(), &list); err != nil {
				t.Fatal(err)
			}
		}
		for _, p := range list {
			lines = append(lines, p.String())
		}
		return page.Code, text, lines
	}
	if code, text, _ := ask(); code != 200 || text != "[]\n" {
		t.Errorf("nothing was edited: %d %s", code, text)
	}
	put(include, "vlans: {office: {vid: 101}, other: {vid: 200}}\n")
	for range 2 {
		code, _, lines := ask()
		all := strings.Join(lines, "\n")
		for _, want := range []string{"sw1: - table=3, priority=8192,dl_vlan=100 actions=pop_vlan,output:1,output:2", "sw1: + table=3, priority=8192,dl_vlan=101 actions=pop_vlan,output:1,output:2"} {
			if !strings.Contains(all, want) {
				t.Errorf("%s is not in\n%s", want, all)
			}
		}
		if code != 200 {
			t.Errorf("%d\n%s", code, all)
		}
	}
	put(include, "vlans: {office: {vid: 101}\n")
	if code, text, _ := ask(); code != 422 || !strings.Contains(text, "vlans.yaml:1:8: no YAML: this { is not closed") {
		t.Errorf("%d %s", code, text)
	}
}
