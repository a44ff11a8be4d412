package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What is no YAML is told at the place where one has to mend it.
func TestMistakesOfSyntaxHavePlaces(t *testing.T) {
	const top = "vlans:\n  office: {vid: 100}\ndps:\n  sw1:\n    dp_id: 1\n"
	for _, c := range []struct{ name, text, want string }{
		{"a mapping that is not closed", "vlans:\n  office: {vid: 100\ndps:\n  sw1:\n    dp_id: 1\n    interfaces: {1: {native_vlan: office}}\n", "2:11: no YAML: this { is not closed"},
		{"a list that is not closed", top + "    interfaces: {1: {tagged_vlans: [office}}\n", "6:36: no YAML: this [ is not closed (line 6, column 43 has a })"},
		{"a list in the first line", "vlans: [\n", "1:8: no YAML: this [ is not closed"},
		{"a bracket too many", top + "    interfaces: {1: {native_vlan: office}}]\n", "6:43: no YAML: this ] closes nothing"},
		{"no comma behind a mapping", top + "    interfaces: {1: {native_vlan: office} 2: {native_vlan: office}}\n", "6:43: no YAML: there is no comma before this key"},
		{"no comma behind a value", top + "    interfaces: {1: {native_vlan: office name: x}}\n", "6:46: no YAML: there is no comma before this key"},
		{"too little indentation", top + "   hardware: x\n    interfaces: {1: {native_vlan: office}}\n", "6:4: no YAML: nothing above begins at this column"},
		{"too little indentation, deeper", top + "    interfaces:\n      1:\n        native_vlan: office\n       tagged_vlans: [office]\n", "9:8: no YAML: nothing above begins at this column"},
		{"too much indentation", top + "      hardware: x\n", "6:7: no YAML: this key is deeper than the ones above"},
		{"a list between keys", top + "    - x\n    description: x\n", "6:5: no YAML: a list can not begin between the keys"},
		{"an alias that there is not", top + "    interfaces: {1: *nobody}\n", "6:21: no YAML: there is no anchor &nobody for this alias"},
		{"an alias before its anchor", "x: *a\ny: &a 1\n", "1:4: no YAML: there is no anchor &a for this alias"},
		{"a name of an alias elsewhere", "# *a\nx: '*a'\nz: b*a\ny: [1, *a]\n", "4:8: no YAML: there is no anchor &a for this alias"},
		{"a tab that indents", "vlans:\n  office: {vid: 100}\ndps:\n  sw1:\n\tdp_id: 1\n", "5:1: no YAML: a tab does not indent (spaces do)"},
		{"a tab behind spaces", "vlans:\n  office:\n    \tvid: 100\n", "3:5: no YAML: a tab does not indent (spaces do)"},
		{"a tab that indents more", "vlans:\n  office:\n    vid:\t100\n    \tdescription: x\n", "4:5: no YAML: a tab does not indent (spaces do)"},
		{"a quote that is not closed", top + "    description: \"no end\n    interfaces: {}\n", "6:18: no YAML: this quote is not closed"},
		{"two colons", "vlans: {}\ndps:\n  sw1:\n    dp_id: 1: 2\n", "4:13: no YAML: a value has no colon with a space behind it (in quotes it may)"},
		{"what begins no value", top + "    description: @x\n", "6:18: no YAML: a value does not begin with @ (in quotes it may)"},
		{"a key without a colon", top + "    description\n    interfaces: {}\n", "6:5: no YAML: there is no colon behind this key"},
		{"what is no UTF-8", top + "    description: \xff\xfe\n", "6:18: no YAML: the byte 0xff is no UTF-8"},
		{"what can not be escaped", top + "    description: \"\\\\ \\q\"\n", `6:22: no YAML: \q is nothing in double quotes`},
		{"brackets that are text", top + "    description: an [open one\n    lldp_beacon: |\n      ] and {\n    name: 'it''s ]' # [\n    x: [\n", "10:8: no YAML: this [ is not closed"},
	} {
		path := filepath.Join(t.TempDir(), "faucet.yaml")
		if err := os.WriteFile(path, []byte(c.text), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := Load(path); err == nil || !strings.HasPrefix(err.Error(), path+":"+c.want) {
			t.Errorf("%s: %v, want %s", c.name, err, c.want)
		}
	}
}

// Files are called as the user calls them; what a link leads to is not named as
// if it were beside the link.
func TestErrorsCallFilesAsTheUserDoes(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	for path, text := range map[string]string{"faucet.yaml": "include: [sub/acls.yaml]\ndps: {}\n", "sub/acls.yaml": "acls: 7\n", "elsewhere/faucet.yaml": "include: [acls.yaml]\n", "elsewhere/acls.yaml": "acls: 8\n"} {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("elsewhere/faucet.yaml", "link.yaml"); err != nil {
		t.Fatal(err)
	}
	there, err := filepath.EvalSymlinks(dir)
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"faucet.yaml":                     "sub/acls.yaml:1:7: acls must be a mapping",
		"./faucet.yaml":                   "sub/acls.yaml:1:7: acls must be a mapping",
		filepath.Join(dir, "faucet.yaml"): filepath.Join(dir, "sub/acls.yaml") + ":1:7: acls must be a mapping",
		"link.yaml":                       filepath.Join(there, "elsewhere/acls.yaml") + ":1:7: acls must be a mapping",
		"sub/nothing.yaml":                "sub/nothing.yaml: can not be read: no such file or directory",
	} {
		if _, err := Load(path); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", path, err, want)
		}
	}
}

// No text makes the search for a mistake fail.
func FuzzSyntax(f *testing.F) {
	f.Add("a: [b, {c: 'd', e: \"f\\\"\n- &g *h |\n  i\n\t")
	f.Fuzz(func(t *testing.T, text string) {
		path := filepath.Join(t.TempDir(), "x.yaml")
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		_, err := Load(path)
		for _, all := range []string{"did not find expected ',' or '}'", "did not find expected key", "mapping values", "end of stream", "escape character", "tab character", "unknown anchor 'h' referenced"} {
			if e := syntax(path, text, fakeError("yaml: line 2: "+all)); e == nil || e.Message == "" {
				t.Errorf("%q: %v, %v", text, err, e)
			}
		}
	})
}

type fakeError string

func (e fakeError) Error() string { return string(e) }
