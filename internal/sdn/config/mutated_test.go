package config

import (
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

// testdata/mutated.txtar has configurations with mistakes, some of several files,
// each with what Faucet says.
func TestVerdictsOnMistakesAreFaucets(t *testing.T) {
	archive, err := txtar.ParseFile("testdata/mutated.txtar")
	if err != nil {
		t.Fatal(err)
	}
	folder, verdicts := t.TempDir(), map[string]string{}
	for _, f := range archive.Files {
		verdict, path, _ := strings.Cut(f.Name, "/")
		verdicts[filepath.Dir(path)] = verdict
		path = filepath.Join(folder, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for name, verdict := range verdicts {
		_, err := Load(filepath.Join(folder, name, "faucet.yaml"))
		if (err == nil) != (verdict == "valid") {
			t.Errorf("%s is %s; here: %v", name, verdict, err)
		}
		if e, ok := err.(*Error); err != nil && (!ok || e.File == "") {
			t.Errorf("%s: the error %q has no place", name, err)
		}
	}
	if len(verdicts) < 150 {
		t.Errorf("only %d configurations", len(verdicts))
	}
}

// What an optional file adds counts whole or not at all.
func TestAnOptionalFileThatIsWrongAddsNothing(t *testing.T) {
	c, err := load(t, map[string]string{"faucet.yaml": "include-optional: [more.yaml]\nvlans: {office: {vid: 100}}\n" + office,
		"more.yaml": "vlans: {office: {vid: 200}, guest: {vid: 300}}\nbogus: 1\n"})
	if err != nil {
		t.Fatal(err)
	}
	if c.DPs[0].VLAN(100) == nil || c.DPs[0].VLAN(200) != nil || c.DPs[0].VLAN(300) != nil {
		t.Error("a part of it counted")
	}
	if len(c.Warnings) != 1 || !strings.Contains(c.Warnings[0], "more.yaml:2:1: bogus is no key of the top level") {
		t.Errorf("warnings: %q", c.Warnings)
	}
}

func TestAddressesAreReadInAllTheirForms(t *testing.T) {
	for text, want := range map[string]string{"e:0:0:f:2:3": "0e00000f0203", "0E-00-00-0f-02-03": "0e00000f0203", "0e00.000f.0203": "0e00000f0203", "0e0000-0f0203": "0e00000f0203",
		"0e00000f0203": "0e00000f0203", "0e:00-00:0f:02:03": "", "0e:00:00:0f:02": "", "0e00000f02": "", "": "", "x": ""} {
		mac, ok := parseMAC(text)
		if got := hex.EncodeToString(mac[:]); ok != (want != "") || ok && got != want {
			t.Errorf("%q is %s, %v", text, got, ok)
		}
	}
	for text, want := range map[string]string{"10.0.0.1/255.255.255.0": "10.0.0.1/24", "10.0.0.1/0.0.0.255": "10.0.0.1/24", "10.0.0.1/0.0.0.0": "10.0.0.1/0", "10.0.0.1/255.255.255.255": "10.0.0.1/32",
		"10.0.0.1/024": "10.0.0.1/24", "fc00::/7": "fc00::/7", "10.0.0.1/255.0.255.0": "", "10.0.0.1/33": "", "fc00::/ffff::": "", "10.0.0.1/": "", "x/8": ""} {
		if p, ok := parsePrefix(text); ok != (want != "") || ok && p.String() != want {
			t.Errorf("%q is %v, %v", text, p, ok)
		}
	}
}
