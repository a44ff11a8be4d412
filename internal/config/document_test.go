package config

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// document is a document in memory: names are paths below /etc.
func document(t rapid.TB, files map[string]string) *Document {
	t.Helper()
	d, err := Open("/etc/a.conf", Options{Dir: "/etc", read: func(path string) (string, error) {
		if text, ok := files[strings.TrimPrefix(path, "/etc/")]; ok {
			return text, nil
		}
		return "", os.ErrNotExist
	}})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

const office = `; phones of the office

[phone](!) ; all of them
type = endpoint
context=office   ; inside

; Ana
[ana](phone)
auth = ana ; her own
; no video
allow=ulaw
allow=alaw

; Berta
[berta](phone)
#include "more.conf"
aors => berta ;-- since
last year --;
mailbox=1

[ana](+)
transport=udp
`

func TestEditsTouchTheirLineOnly(t *testing.T) {
	a := func(name string) Address { return Address{Section: name} }
	for _, c := range []struct {
		name      string
		edit      func(d *Document) error
		was, is   string // what changes of office
		in, wants string // another file and what it becomes
	}{
		{"set", func(d *Document) error { return d.Set(a("ana"), "auth", "", "a;b") }, "auth = ana ; her own", `auth = a\;b ; her own`, "", ""},
		{"set the second", func(d *Document) error { return d.Set(a("ANA"), "Allow", "alaw", "g722") }, "allow=alaw", "allow=g722", "", ""},
		{"set before a block comment", func(d *Document) error { return d.Set(a("berta"), "aors", "", "b") }, "aors => berta ;--", "aors => b ;--", "", ""},
		{"set with a leading arrow", func(d *Document) error { return d.Set(a("ana"), "allow", "", ">x") }, "allow=ulaw", "allow= >x", "", ""},
		{"set what a template has", func(d *Document) error { return d.Set(a("ana"), "context", "", "home") }, "transport=udp\n", "transport=udp\ncontext=home\n", "", ""},
		{"set in a template", func(d *Document) error {
			return d.Set(Address{Section: "phone", Filter: "TEMPLATES=include"}, "context", "", "home")
		}, "context=office   ;", "context=home   ;", "", ""},
		{"set in an included file", func(d *Document) error { return d.Set(a("berta"), "more", "", "2") }, "", "", "more.conf", "more=2 ; of her\n[extra]\n"},
		{"append", func(d *Document) error { return d.Append(a("berta"), Option{"x", "1", false}) }, "mailbox=1\n", "mailbox=1\nx=1\n", "", ""},
		{"insert", func(d *Document) error { return d.Insert(a("ana"), 3, Option{"disallow", "all", false}) }, "; no video\nallow=ulaw", "; no video\ndisallow=all\nallow=ulaw", "", ""},
		{"insert among a template's", func(d *Document) error { return d.Insert(a("ana"), 0, Option{"x", "1", true}) }, "auth = ana", "x=>1\nauth = ana", "", ""},
		{"delete", func(d *Document) error { return d.Delete(a("ana"), "allow", "alaw") }, "allow=alaw\n", "", "", ""},
		{"delete beside a block comment", func(d *Document) error { return d.Delete(a("berta"), "aors", "") }, "aors => berta ;-- since\n", ";-- since\n", "", ""},
		{"delete by number", func(d *Document) error { return d.DeleteAt(a("ana"), 2) }, "auth = ana ; her own\n", "", "", ""},
		{"empty", func(d *Document) error { return d.EmptySection(a("ana")) }, "", "", "", ""},
		{"new section before", func(d *Document) error {
			return d.NewSection(NewSection{Name: "carl", Inherit: []string{"phone"}, Before: "berta"})
		}, "; Berta\n", "[carl](phone)\n\n; Berta\n", "", ""},
		{"rename a template", func(d *Document) error {
			return d.RenameSection(Address{Section: "phone", Filter: "TEMPLATES=include"}, "device")
		}, "", "", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			files := map[string]string{"a.conf": office, "more.conf": "more=1 ; of her\n[extra]\n"}
			d := document(t, files)
			err := c.edit(d)
			want := strings.Replace(office, c.was, c.is, 1)
			changed := "[/etc/a.conf]"
			switch c.name {
			case "empty":
				want = strings.NewReplacer("auth = ana ; her own\n", "", "allow=ulaw\n", "", "allow=alaw\n", "", "transport=udp\n", "").Replace(office)
			case "rename a template":
				want = strings.ReplaceAll(strings.Replace(office, "[phone]", "[device]", 1), "(phone)", "(device)")
			case "set in an included file":
				changed = "[/etc/more.conf]"
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := d.Text("/etc/a.conf"); got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
			if c.in != "" && d.Text("/etc/"+c.in) != c.wants {
				t.Errorf("%s is now %q, want %q", c.in, d.Text("/etc/"+c.in), c.wants)
			}
			if got := fmt.Sprint(d.Changed()); got != changed {
				t.Errorf("changed %s, want %s", got, changed)
			}
		})
	}
}

func TestDeletingASectionKeepsItsNeighbours(t *testing.T) {
	d := document(t, map[string]string{"a.conf": office, "more.conf": "more=1 ; of her\n[extra]\n"})
	if err := d.DeleteSection(Address{Section: "ana"}); err != nil {
		t.Fatal(err)
	}
	want := strings.NewReplacer("[ana](phone)\nauth = ana ; her own\n; no video\nallow=ulaw\nallow=alaw\n", "", "[ana](+)\ntransport=udp\n", "").Replace(office)
	if got := d.Text("/etc/a.conf"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	invalid := new(InvalidError)
	if err := d.DeleteSection(Address{Section: "phone", Filter: "TEMPLATES=include"}); !errors.As(err, &invalid) {
		t.Errorf("deleting a template in use: %v, want an InvalidError", err)
	}
	if got := d.Text("/etc/a.conf"); got != want {
		t.Error("a failed edit changed the text")
	}
	if err := d.DeleteSection(Address{Section: "berta"}); err != nil {
		t.Fatal(err)
	}
	if d.File().Section("extra") == nil || d.Text("/etc/more.conf") != "[extra]\n" {
		t.Errorf("the included section went, too: %q", d.Text("/etc/more.conf"))
	}
}

func TestNewSections(t *testing.T) {
	d := document(t, map[string]string{"a.conf": "[a]\r\nx=1"})
	for _, n := range []NewSection{{Name: "t", Template: true}, {Name: "b;c", Inherit: []string{"t"}}, {Name: "a", Duplicate: true}} {
		if err := d.NewSection(n); err != nil {
			t.Fatal(err)
		}
	}
	want := "[a]\r\nx=1\r\n\r\n[t](!)\r\n\r\n[b\\;c](t)\r\n\r\n[a]\r\n"
	if got := d.Text("/etc/a.conf"); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if err := d.NewSection(NewSection{Name: "A"}); !errors.Is(err, ErrSectionExists) {
		t.Errorf("a second [A]: %v, want ErrSectionExists", err)
	}
	invalid := new(InvalidError)
	if err := d.NewSection(NewSection{Name: "q", Inherit: []string{"nobody"}}); !errors.As(err, &invalid) || d.File().Section("q") != nil {
		t.Errorf("of a template that is not there: %v, want an InvalidError", err)
	}
	if err := d.NewSection(NewSection{Name: "]"}); !errors.Is(err, ErrNotWritable) {
		t.Errorf("a section ]: %v, want ErrNotWritable", err)
	}
}

func TestEditsThatCannotBe(t *testing.T) {
	a := Address{Section: "a"}
	for _, c := range []struct {
		name string
		edit func(d *Document) error
		want error
	}{
		{"no section", func(d *Document) error { return d.Set(Address{Section: "q"}, "x", "", "1") }, ErrNoSection},
		{"template without filter", func(d *Document) error { return d.Set(Address{Section: "t"}, "x", "", "1") }, ErrNoSection},
		{"filter that fits none", func(d *Document) error { return d.Set(Address{Section: "a", Filter: "x=9"}, "x", "", "1") }, ErrNoSection},
		{"no option", func(d *Document) error { return d.Set(a, "k", "", "1") }, ErrNoOption},
		{"no such value", func(d *Document) error { return d.Delete(a, "x", "2") }, ErrNoOption},
		{"a template's", func(d *Document) error { return d.Delete(a, "q", "") }, ErrNoOption},
		{"two lines", func(d *Document) error { return d.Set(a, "x", "", "1\n[b]") }, ErrNotWritable},
		{"a sign in the name", func(d *Document) error { return d.Append(a, Option{"x=y", "1", false}) }, ErrNotWritable},
		{"a directive as name", func(d *Document) error { return d.Append(a, Option{"#exec", "1", false}) }, ErrNotWritable},
		{"into an endless comment", func(d *Document) error { return d.Append(Address{Section: "z"}, Option{"k", "1", false}) }, ErrNotWritable},
	} {
		text := "[t](!)\nq=1\n[a](t)\nx=1\n[z]\ny=1 ;-- for ever\n"
		d := document(t, map[string]string{"a.conf": text})
		if err := c.edit(d); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
		if d.Text("/etc/a.conf") != text {
			t.Errorf("%s: the text changed to %q", c.name, d.Text("/etc/a.conf"))
		}
	}
}

func TestLengthenedValuesAreReplacedWhole(t *testing.T) {
	d := document(t, map[string]string{"a.conf": "[t](!)\nx=1\n[a]\ny=1 ; one\ny+=2\n[b](t)\nx+=2 ; more\n"})
	for _, section := range []string{"a", "b"} {
		if err := d.Set(Address{Section: section}, map[string]string{"a": "y", "b": "x"}[section], "", "9"); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := d.Text("/etc/a.conf"), "[t](!)\nx=1\n[a]\ny=9 ; one\n[b](t)\nx=9 ; more\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestSaveWritesWhatChanged(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{"a.conf": "[a]\n#include b.conf\nx=1\n", "real.conf": "y=1\n"})
	if err := os.Symlink("real.conf", filepath.Join(dir, "b.conf")); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(dir, "real.conf"), 0o604); err != nil {
		t.Fatal(err)
	}
	before, _ := os.Stat(filepath.Join(dir, "a.conf"))
	d, err := Open("a.conf", Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Set(Address{Section: "a"}, "y", "", "2"); err != nil {
		t.Fatal(err)
	}
	if err := d.Save(); err != nil || len(d.Changed()) > 0 {
		t.Fatalf("%v, still changed %v", err, d.Changed())
	}
	got, _ := os.ReadFile(filepath.Join(dir, "real.conf"))
	info, _ := os.Stat(filepath.Join(dir, "real.conf"))
	if string(got) != "y=2\n" || info.Mode().Perm() != 0o604 {
		t.Errorf("%q with mode %v, want y=2 and 604", got, info.Mode())
	}
	if link, err := os.Lstat(filepath.Join(dir, "b.conf")); err != nil || link.Mode()&os.ModeSymlink == 0 {
		t.Error("the link became a file")
	}
	if after, _ := os.Stat(filepath.Join(dir, "a.conf")); !os.SameFile(before, after) {
		t.Error("a file that did not change was written")
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	if err := d.SaveAs("c.conf"); err != nil {
		t.Fatal(err)
	}
	if copied, err := Load("c.conf", Options{Dir: dir}); err != nil || copied.Get("a", "y") != "2" {
		t.Errorf("the copy: %v", err)
	}
}

// Whatever a file looks like, an edit changes exactly the entry it is about.
func TestEditsAgainstAModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		line := rapid.SampledFrom([]string{"x=1", "x = 2 ; two", "y=>3", "y=4;-- a --;", ";-- b --; x=5", "; comment", "", ";--", "in", "--;", "--; y=6",
			"x=7 ;-- open", "[a]", "[b]", "[c] ; d", "[a](+)", "x+=8", "y += 9", `x=a\;b`, "  x  =  1  ", ";-- p --; y ;-- q --; = ;-- r --; 1 ;-- s --; 2"})
		text := "[a]\n" + strings.Join(rapid.SliceOfN(line, 0, 12).Draw(t, "lines"), "\n")
		d := document(t, map[string]string{"a.conf": text})
		if d.Text("/etc/a.conf") != text {
			t.Fatal("an untouched document differs from its file")
		}
		var model [][]string
		for _, s := range d.File().Sections() {
			var list []string
			for _, e := range s.Entries {
				list = append(list, e.Key+"="+e.Value)
			}
			model = append(model, list)
		}
		at := rapid.IntRange(0, len(model)-1).Draw(t, "section")
		s := d.File().Sections()[at]
		if s != d.File().Section(s.Name) {
			return // the address finds the first one
		}
		address := Address{Section: s.Name}
		value := rapid.SampledFrom([]string{"", "v", "a;b", ">z", `e\`, ";-- w --;", "--;"}).Draw(t, "value")
		var err error
		switch rapid.IntRange(0, 3).Draw(t, "edit") {
		case 0:
			model[at] = append(model[at], "new="+value)
			err = d.Append(address, Option{"new", value, false})
		case 1:
			if len(model[at]) == 0 {
				return
			}
			n := rapid.IntRange(0, len(model[at])-1).Draw(t, "n")
			key := s.Entries[n].Key
			n = pick(s, key, "", false)
			model[at][n] = key + "=" + value
			err = d.Set(address, key, "", value)
		case 2:
			if len(model[at]) == 0 {
				return
			}
			n := rapid.IntRange(0, len(model[at])-1).Draw(t, "n")
			model[at] = append(model[at][:n:n], model[at][n+1:]...)
			err = d.DeleteAt(address, n)
		case 3:
			n := rapid.IntRange(0, len(model[at])).Draw(t, "n")
			model[at] = append(model[at][:n:n], append([]string{"new=" + value}, model[at][n:]...)...)
			err = d.Insert(address, n, Option{"new", value, true})
		}
		if errors.Is(err, ErrNotWritable) && d.Text("/etc/a.conf") == text {
			return // refused, and nothing happened
		}
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		for i, s := range d.File().Sections() {
			var list []string
			for _, e := range s.Entries {
				list = append(list, e.Key+"="+e.Value)
			}
			if fmt.Sprint(list) != fmt.Sprint(model[i]) {
				t.Fatalf("section %d of\n%s\nbecame %q, want %q, by\n%s", i, text, list, model[i], d.Text("/etc/a.conf"))
			}
		}
	})
}

// Whatever a file holds, an untouched document is the file to the byte, and an
// edit is either refused or reads back.
func FuzzDocument(f *testing.F) {
	f.Add(office, "k", "v")
	f.Add("\ufeff[a]\r\nx=1 ;-- a\r\n--; y=\x002\r\n[a](+)\r\nx+=3", "x", ";--")
	f.Fuzz(func(t *testing.T, text, key, value string) {
		read := func(path string) (string, error) {
			if path == "/etc/a.conf" {
				return text, nil
			}
			return "", os.ErrNotExist
		}
		d, err := Open("/etc/a.conf", Options{Dir: "/etc", read: read})
		if err != nil {
			return
		}
		if got := d.Text("/etc/a.conf"); got != text {
			t.Fatalf("untouched, %q became %q", text, got)
		}
		for _, s := range d.File().Sections() {
			address := Address{Section: s.Name, Filter: "TEMPLATES=include"}
			for _, edit := range []func() error{
				func() error { return d.Append(address, Option{key, value, true}) },
				func() error { return d.Set(address, key, "", value+"2") },
				func() error { return d.Delete(address, key, "") },
			} {
				before := d.Text("/etc/a.conf")
				if edit() != nil && d.Text("/etc/a.conf") != before {
					t.Fatalf("a refused edit changed %q to %q", before, d.Text("/etc/a.conf"))
				}
			}
		}
	})
}
