package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

// unwritable are configurations that Faucet takes although no switch can be told
// what they say: a cookie of more than 64 bits, an EtherType of more than 16.
var unwritable = map[string]bool{"dp-cookie-8178-0x1ffffffffffffffff.yaml": true, "dp-cookie-9172--1.yaml": true, "acl-40.yaml": true, "acl-41.yaml": true}

// testdata/verdicts.txtar has small configurations, each with what Faucet says.
func TestVerdictsAreFaucets(t *testing.T) {
	archive, err := txtar.ParseFile("testdata/verdicts.txtar")
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	for _, f := range archive.Files {
		verdict, name, _ := strings.Cut(f.Name, "/")
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
		_, err := Load(path)
		if want := verdict == "valid" && !unwritable[name]; (err == nil) != want {
			t.Errorf("%s is %s to Faucet; here: %v\n%s", name, verdict, err, f.Data)
		}
		if e, ok := err.(*Error); err != nil && (!ok || e.File == "") {
			t.Errorf("%s: the error %q has no place", name, err)
		}
	}
	if len(archive.Files) < 300 {
		t.Errorf("only %d configurations", len(archive.Files))
	}
}

func load(t *testing.T, files map[string]string) (*Config, error) {
	t.Helper()
	folder := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return Load(filepath.Join(folder, "faucet.yaml"))
}

const office = "dps:\n  sw1:\n    dp_id: 1\n    interfaces:\n      1: {native_vlan: office}\n"

func TestIncludesAreJoined(t *testing.T) {
	c, err := load(t, map[string]string{"faucet.yaml": "include: [vlans.yaml]\ninclude-optional: [later.yaml]\n" + office, "vlans.yaml": "vlans:\n  office: {vid: 100}\n"})
	if err != nil {
		t.Fatal(err)
	}
	if c.DPs[0].VLAN(100) == nil || len(c.Files) != 3 || len(c.Warnings) != 1 {
		t.Errorf("files %v, warnings %v", c.Files, c.Warnings)
	}
}

// Errors say where, and what may help.
func TestErrorsHaveAPlaceAndAHint(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"include: [faucet.yaml]\n" + office, "faucet.yaml:1:11: faucet.yaml includes itself"},
		{"include: [nosuch.yaml]\n" + office, "(include-optional overlooks missing files)"},
		{office, "faucet.yaml:5:24: there is no VLAN office"},
		{"vlans:\n  office: {vid: 100}\nvlan: {}\n" + office, "faucet.yaml:3:1: vlan is no key of the top level (did you mean vlans?)"},
		{"vlans:\n  office: {vid: 100, vid: 200}\n" + office, "faucet.yaml:2:22: duplicate key vid (the first is in line 2)"},
		{"vlans:\n  office: {vid: 100, facet_mac: x}\n" + office, "(did you mean faucet_mac?)"},
		{"vlans:\n  offic: {vid: 100}\n" + office, "(did you mean offic?)"},
		{"vlans:\n  office: {vid: \"100\"}\n" + office, "(without quotes it is a number)"},
		{"vlans:\n\toffice: 1\n", "faucet.yaml:2:1: no YAML:"},
		{"", "the file is empty"},
		{"a: &a [*a]\n", "anchor"},
	} {
		_, err := load(t, map[string]string{"faucet.yaml": c.text})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q\n got %v\nwant %s", c.text, err, c.want)
		}
	}
}

func FuzzLoad(f *testing.F) {
	archive, err := txtar.ParseFile("testdata/verdicts.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, a := range archive.Files {
		f.Add(a.Data)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		path := filepath.Join(t.TempDir(), "faucet.yaml")
		if err := os.WriteFile(path, text, 0o644); err != nil {
			t.Fatal(err)
		}
		if c, err := Load(path); err == nil && len(c.DPs) == 0 {
			t.Error("a configuration without switches was taken")
		}
	})
}
