package control

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What Faucet 1.10 tells of configurations, as recorded: all its files and their
// hashes by path, the one file that was asked for when it is wrong, and a word
// when what runs is put back.
func TestConfigurationsAreToldAsByFaucet(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	path, acls, vlans := filepath.Join(dir, "faucet.yaml"), filepath.Join(dir, "acls.yaml"), filepath.Join(dir, "vlans.yaml")
	const top = "include: [vlans.yaml, acls.yaml]\ninclude-optional: [later.yaml]\ndps:\n  sw1:\n    dp_id: 1\n    interfaces: {1: {native_vlan: office, acl_in: a}}\n"
	const rules = "acls: {a: [{rule: {actions: {allow: 1}}}]}\n"
	write(t, path, top)
	write(t, acls, rules)
	write(t, vlans, "vlans: {office: {vid: 100}}\n")
	m := NewMetrics()
	events := NewEvents(slog.New(slog.DiscardHandler), m)
	defer events.Close()
	told := events.Subscribe(0)
	c, err := New(Options{Config: path, Listen: "ptcp:0:127.0.0.1", Metrics: m, Events: events})
	if err != nil {
		t.Fatal(err)
	}
	defer c.listener.Close()
	info := func(paths ...string) (files, hashes string) {
		var list []string
		for _, path := range paths {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			list = append(list, fmt.Sprintf("%x", sha256.Sum256(text)))
		}
		return strings.Join(paths, ","), strings.Join(list, ",")
	}
	expect := func(when string, want ...string) {
		t.Helper()
		for _, w := range want {
			select {
			case e := <-told.C:
				var got map[string]json.RawMessage
				if err := json.Unmarshal(e.JSON, &got); err != nil {
					t.Fatal(err)
				}
				if s := fmt.Sprintf("%s %s %s", got["dp_id"], got["dp_name"], got["CONFIG_CHANGE"]); s != w {
					t.Errorf("%s: got %s, want %s", when, s, w)
				}
			default:
				t.Errorf("%s: not told: %s", when, w)
			}
		}
		if len(told.C) > 0 {
			t.Errorf("%s: told as well: %s", when, (<-told.C).JSON)
		}
	}
	good := func(when string, paths []string, before ...string) {
		t.Helper()
		files, hashes := info(paths...)
		expect(when, append(before, fmt.Sprintf(`0 "0" {"config_hash_info":{"config_files":%q,"error":"","hashes":%q},"success":true}`, files, hashes))...)
		soon(t, c, 1, "faucet_config_hash_info", "config_files", files, "error", "", "hashes", hashes)
		soon(t, c, 0, "faucet_config_load_error")
	}
	bad := func(when string) {
		t.Helper()
		err := c.Reload()
		if err == nil {
			t.Fatalf("%s: taken", when)
		}
		expect(when, fmt.Sprintf(`0 "0" {"config_hash_info":{"config_files":%q,"error":%q,"hashes":""},"success":false}`, path, err))
		soon(t, c, 1, "faucet_config_hash_info", "config_files", path, "error", err.Error(), "hashes", "")
		soon(t, c, 1, "faucet_config_load_error")
	}
	reload := func() {
		t.Helper()
		if err := c.Reload(); err != nil {
			t.Fatal(err)
		}
	}
	three := []string{acls, path, vlans}
	good("at the start", three, `1 "sw1" {"restart_type":"new"}`)
	soon(t, c, 1, "faucet_config_reload_requests_total")
	reload()
	expect("nothing changed")
	write(t, acls, rules+"# more\n")
	reload()
	good("an include with another comment", three, `1 "sw1" {"restart_type":null}`)
	write(t, acls, "acls: {a: [{rule: {dl_typo: 1}}]}\n")
	bad("an include that is wrong")
	bad("and still is")
	write(t, acls, rules+"# more\n")
	reload()
	good("what ran is put back", three, `1 "sw1" {"restart_type":null}`)
	reload()
	expect("nothing changed again")
	write(t, filepath.Join(dir, "later.yaml"), "vlans: {more: {vid: 7}}\n")
	reload()
	good("an optional file came", []string{acls, path, filepath.Join(dir, "later.yaml"), vlans}, `1 "sw1" {"restart_type":"warm"}`)
	write(t, vlans, "vlans: {office: {vid: 100, description: of all}}\n")
	reload()
	four := []string{acls, path, filepath.Join(dir, "later.yaml"), vlans}
	good("a VLAN is described", four, `1 "sw1" {"restart_type":null}`)
	write(t, acls, "acls: {a: [{rule: {dl_type: 0x806, actions: {allow: 1}}}]}\n")
	reload()
	good("another rule", four, `1 "sw1" {"restart_type":"warm"}`)
	write(t, path, strings.Replace(top, ", acl_in: a", "", 1)+"  sw2: {dp_id: 2, interfaces: {1: {native_vlan: office}}}\n")
	reload()
	good("no rules, and a switch came", four, `1 "sw1" {"restart_type":"cold"}`, `2 "sw2" {"restart_type":"new"}`)
	write(t, path, top)
	reload()
	good("rules, and it went", four, `1 "sw1" {"restart_type":"cold"}`)
	// A file that comes with a mistake is one of those whose change is waited for.
	write(t, path, strings.Replace(top, "acls.yaml", "acls.yaml, fresh.yaml", 1))
	write(t, filepath.Join(dir, "fresh.yaml"), "vlans: [\n")
	bad("a new file that is wrong")
	if files := strings.Join(c.Files(), " "); !strings.Contains(files, "fresh.yaml") || !strings.Contains(files, "later.yaml") {
		t.Errorf("the files are %s", files)
	}
}
