package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func load(t *testing.T, text string) *File {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a.conf"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := Load("a.conf", Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestTemplatesAndOverrides(t *testing.T) {
	f := load(t, "[base](!)\nhost=dynamic\ncontext = a ; why\n[x](base)\ncontext=>b\n[x](+)\nsecret=p\\;w\n")
	x := f.Section("X")
	if x.Get("host") != "dynamic" || x.Get("context") != "b" || x.Get("secret") != "p;w" {
		t.Errorf("x = %+v", x.Entries)
	}
	if got := x.All("context"); len(got) != 2 {
		t.Errorf("contexts %q, want the template's and its own", got)
	}
	if e := x.Entries[2]; !e.Arrow || e.Line != 5 {
		t.Errorf("entry %+v, want an arrow on line 5", e)
	}
	if !f.Section("base").Template {
		t.Error("base is no template")
	}
}

func TestBlockComments(t *testing.T) {
	f := load(t, "[a]\nx=1 ;-- no\ny=2\n--; \nz=3\n")
	if got := f.Section("a").Entries; len(got) != 2 || got[0].Value != "1" || got[1].Key != "z" {
		t.Errorf("entries %+v, want x and z", got)
	}
}

func TestProblemsSayWhereAndHow(t *testing.T) {
	f := load(t, "y=2\n[a\n[b](nobody)\nword\n#exec ls\n;-- open\n")
	var got []string
	for _, d := range f.Diagnostics {
		got = append(got, strings.TrimPrefix(d.String(), filepath.Dir(f.Path)+"/"))
	}
	for i, want := range []string{"a.conf:1: warning", "a.conf:2: error", "a.conf:3: error", "a.conf:4: warning", "a.conf:5: error", "a.conf:6: warning"} {
		if i >= len(got) || !strings.HasPrefix(got[i], want) {
			t.Fatalf("diagnostics %q, want %d to start with %q", got, i, want)
		}
	}
}

func TestIncludes(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"a.conf": "[a]\n#include \"d/*.conf\"\nend=1\n", "d/1.conf": "x=1\n[b]\n", "d/2.conf": "y=2\n"} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	f, err := Load("a.conf", Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if f.Get("a", "x") != "1" || f.Get("b", "y") != "2" || f.Get("b", "end") != "1" {
		t.Errorf("sections %+v %+v", f.Section("a"), f.Section("b"))
	}
	if _, err := Parse("p", []byte("#include nosuch.conf"), Options{Dir: dir}); err == nil {
		t.Error("including a missing file succeeded")
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("[a](!)\nx=1\n[b](a)\ny=>2 ;-- c --;\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		if strings.Contains(string(text), "#") {
			return // includes reach the file system
		}
		file, err := Parse("fuzz.conf", text, Options{})
		if err == nil && file == nil {
			t.Error("neither a file nor an error")
		}
	})
}
