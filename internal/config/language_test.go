package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

func load(t testing.TB, text string) (*File, error) {
	t.Helper()
	dir := t.TempDir()
	write(t, dir, map[string]string{"a.conf": text})
	return Load("a.conf", Options{Dir: dir})
}

func write(t testing.TB, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// rendered is a file as GetConfigJSON of AMI writes it.
func rendered(f *File) string {
	quote := func(s string) string {
		return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
	}
	var sections []string
	for _, s := range f.Sections() {
		if s.Template {
			continue
		}
		var words []string
		if len(s.Parents) > 0 {
			words = append(words, `"templates":`+quote(strings.Join(s.Parents, ",")))
		}
		for _, e := range s.Entries {
			words = append(words, quote(e.Key)+":"+quote(e.Value))
		}
		sections = append(sections, quote(s.Name)+":{"+strings.Join(words, ",")+"}")
	}
	return "{" + strings.Join(sections, ",") + "}"
}

// Each archive holds a file and what Asterisk 22 made of it.
func TestFilesReadAsTheReferenceReadsThem(t *testing.T) {
	archives, err := filepath.Glob("testdata/language/*.txtar")
	if err != nil || len(archives) < 50 {
		t.Fatalf("%d archives, %v", len(archives), err)
	}
	for _, path := range archives {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			files := map[string]string{}
			for _, f := range a.Files {
				files[f.Name] = string(f.Data)
			}
			dir := t.TempDir()
			write(t, dir, files)
			f, err := Load("main.conf", Options{Dir: dir})
			got := ""
			if invalid := new(InvalidError); errors.As(err, &invalid) {
				got = "invalid"
			} else if err != nil {
				t.Fatal(err)
			} else {
				got = rendered(f)
			}
			if want := strings.TrimSpace(files["want.json"]); got != want {
				t.Errorf("got  %s\nwant %s\nproblems %v, %v", got, want, f.Diagnostics, err)
			}
		})
	}
}

func TestTemplatesAndOverrides(t *testing.T) {
	f, err := load(t, "[base](!)\nhost=dynamic\ncontext = a ; why\n[x](base)\ncontext=>b\n[x](+)\nsecret=p\\;w\n")
	if err != nil {
		t.Fatal(err)
	}
	x := f.Section("X")
	if x.Get("host") != "dynamic" || x.Get("Context") != "b" || x.First("context") != "a" || x.Get("secret") != "p;w" {
		t.Errorf("x = %+v", x.Entries)
	}
	if got := x.All("context"); len(got) != 2 {
		t.Errorf("contexts %q, want the template's and its own", got)
	}
	if e := x.Entries[2]; !e.Arrow || e.Line != 5 || e.Inherited {
		t.Errorf("entry %+v, want its own arrow on line 5", e)
	}
	if e := x.Entries[1]; e.Line != 3 || !e.Inherited {
		t.Errorf("entry %+v, want the template's line 3", e)
	}
	if !f.Section("base").Template {
		t.Error("base is no template")
	}
}

func TestDuplicateSectionsStayApartAndMerge(t *testing.T) {
	f, err := load(t, "[a]\nx=1\n[b]\n[A]\nx=2\n[a](!)\nx=3\n")
	if err != nil {
		t.Fatal(err)
	}
	if n := len(f.Named("a")); n != 3 {
		t.Errorf("%d sections named a, want 3", n)
	}
	if got := f.Merged("a").All("x"); fmt.Sprint(got) != "[1 2]" {
		t.Errorf("merged x = %v, want 1 and 2", got)
	}
	if got := f.Named("a")[0].All("x"); fmt.Sprint(got) != "[1]" {
		t.Errorf("merging changed the first section: x = %v", got)
	}
	if f.Merged("nobody") != nil {
		t.Error("a section that is not there was merged")
	}
}

func TestProblemsSayWhereAndHow(t *testing.T) {
	f, err := load(t, "y=2\n[a\n[b](nobody)\nword\n#exec ls\n=3\n#foo\n#include\n[c] (b)\nz=1 --;\n;-- back\n;-- open\n")
	invalid := new(InvalidError)
	if !errors.As(err, &invalid) || invalid.First.Line != 1 {
		t.Fatalf("error %v, want an InvalidError of line 1", err)
	}
	var got []string
	for _, d := range f.Diagnostics {
		got = append(got, strings.TrimPrefix(d.String(), filepath.Dir(f.Path)+"/"))
	}
	want := []string{"a.conf:1: error", "a.conf:2: error", "a.conf:3: error", "a.conf:4: warning", "a.conf:5: error", "a.conf:6: warning",
		"a.conf:7: warning", "a.conf:8: warning", "a.conf:9: warning", "a.conf:10: warning", "a.conf:12: warning"}
	if len(got) != len(want) {
		t.Fatalf("diagnostics %q, want %d", got, len(want))
	}
	for i := range want {
		if !strings.HasPrefix(got[i], want[i]) {
			t.Errorf("diagnostic %q, want %q", got[i], want[i])
		}
	}
}

func TestMissingFile(t *testing.T) {
	if _, err := Load("nosuch.conf", Options{Dir: t.TempDir()}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error %v, want fs.ErrNotExist", err)
	}
	if _, err := Load(t.TempDir(), Options{}); err == nil {
		t.Error("a folder was read")
	}
}

func TestExecReadsWhatAProgramPrints(t *testing.T) {
	text := "[a]\n#exec echo e=1\n#exec \"echo f=2\"\n#exec false\n#exec printf '[b]\\nz=1\\n'\nw=1\n#exec echo g=2\n"
	f, err := Parse("a.conf", []byte(text), Options{Exec: true})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := rendered(f), `{"a":{"e":"1","f":"2","w":"1"},"b":{"z":"1","g":"2"}}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if len(f.Diagnostics) != 2 || f.Diagnostics[0].Line != 4 {
		t.Errorf("diagnostics %v, want two of line 4", f.Diagnostics)
	}
	if f, _ = Parse("a.conf", []byte(text), Options{}); f.Get("a", "e") != "" || len(f.Diagnostics) != 5 {
		t.Errorf("not allowed: e = %q, %v", f.Get("a", "e"), f.Diagnostics)
	}
}

func TestUnusualBytes(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"nothing", "", "{}"},
		{"no newline at the end", "[a]\nx=1", `{"a":{"x":"1"}}`},
		{"not UTF-8", "[a]\nx=\xff\xfe\x01\nz\x07=2\n", "{\"a\":{\"x\":\"\xff\xfe\",\"z\":\"2\"}}"},
		{"a long line", "[a]\nx=" + strings.Repeat("L", 9000) + "\n", `{"a":{"x":"` + strings.Repeat("L", 9000) + `"}}`},
	} {
		f, err := load(t, c.text)
		if err != nil || rendered(f) != c.want {
			t.Errorf("%s: %.80s, %v; want %.80s", c.name, rendered(f), err, c.want)
		}
	}
}

func TestFilesAreListedOnce(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{"a.conf": "[a]\n#include b.conf\n#include b.conf\n", "b.conf": "x=1\n"})
	f, err := Load("a.conf", Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := fmt.Sprint(f.Files()), fmt.Sprint([]string{filepath.Join(dir, "a.conf"), filepath.Join(dir, "b.conf")}); got != want {
		t.Errorf("files %s, want %s", got, want)
	}
}

// A folder whose files all include the whole folder must not be read for ever.
func TestIncludesOfTheOwnFolderEnd(t *testing.T) {
	dir := t.TempDir()
	files := map[string]string{}
	for _, name := range []string{"a.conf", "b.conf", "c.conf", "d.conf"} {
		files[name] = "[" + name + "]\n#include \"*.conf\"\n"
	}
	write(t, dir, files)
	f, _ := Load("a.conf", Options{Dir: dir})
	if n := len(f.Sections()); n > maxFiles+1 {
		t.Errorf("%d sections", n)
	}
}

func FuzzParse(f *testing.F) {
	archives, _ := filepath.Glob("testdata/language/*.txtar")
	for _, path := range archives {
		if a, err := txtar.ParseFile(path); err == nil {
			f.Add(string(a.Files[0].Data))
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		read := func(path string) (string, error) {
			if strings.HasSuffix(path, "self") {
				return text, nil
			}
			return "", fs.ErrNotExist
		}
		file, err := Parse("/fuzz", []byte(text), Options{Dir: "/", read: read})
		if file == nil {
			t.Fatalf("no file, error %v", err)
		}
		for _, s := range file.Sections() {
			for _, e := range s.Entries {
				if e.Key == "" || e.Key != trim(e.Key) || e.Value != trim(e.Value) || e.Line == 0 {
					t.Errorf("entry %+v of [%s]", e, s.Name)
				}
			}
		}
	})
}

func BenchmarkLoad10000Extensions(b *testing.B) {
	var text strings.Builder
	text.WriteString("[general]\n[office]\n")
	for i := range 10000 {
		fmt.Fprintf(&text, "exten => %d,1,NoOp(${CALLERID(num)}) ; the first\n same => n,Dial(PJSIP/%d,30)\n same => n,Hangup()\n", i, i)
	}
	b.SetBytes(int64(text.Len()))
	for b.Loop() {
		if _, err := Parse("extensions.conf", []byte(text.String()), Options{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkLoad10000Sections(b *testing.B) {
	var text strings.Builder
	text.WriteString("[phone](!)\ntype=endpoint\ncontext=office\nallow=!all,ulaw\n")
	for i := range 10000 {
		fmt.Fprintf(&text, "[%d](phone)\nauth=%d\naors=%d\n", i, i, i)
	}
	for b.Loop() {
		if _, err := Parse("pjsip.conf", []byte(text.String()), Options{}); err != nil {
			b.Fatal(err)
		}
	}
}

// A file that is there and can't be read is not said to be missing.
func TestIncludesThatCannotBeRead(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "folder.conf"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "part.conf"), []byte("[p]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	const why = "not a regular file"
	for _, c := range []struct {
		directive, want string
		severity        Severity
		invalid         bool
	}{
		{"#include folder.conf", why, Error, true},
		{"#tryinclude folder.conf", why, Warning, false},
		{"#include {part,folder}.conf", why, Warning, false},
		{"#include gone.conf", "there is no file gone.conf", Error, true},
		{"#include {part,gone}.conf", "some of the files can't be read", Warning, false},
	} {
		f, err := Parse(filepath.Join(dir, "a.conf"), []byte(c.directive+"\n[a]\n"), Options{Dir: dir})
		var invalid *InvalidError
		if errors.As(err, &invalid) != c.invalid || len(f.Diagnostics) != 1 || f.Diagnostics[0].Severity != c.severity || !strings.Contains(f.Diagnostics[0].Problem, c.want) {
			t.Errorf("%s: %v, %v; want %s of %q", c.directive, err, f.Diagnostics, c.severity, c.want)
		}
	}
	if f, err := Parse(filepath.Join(dir, "a.conf"), []byte("#tryinclude gone.conf\n[a]\n"), Options{Dir: dir}); err != nil || len(f.Diagnostics) > 0 {
		t.Errorf("#tryinclude of nothing: %v, %v", err, f.Diagnostics)
	}
}

// A line of braces does not make more names than there may be files.
func TestBracesAreBounded(t *testing.T) {
	l := &loader{options: Options{Dir: "/"}}
	if n := len(l.expand(strings.Repeat("{0,1,2,3,4,5,6,7,8,9}", 8))); n != maxFiles {
		t.Errorf("%d names, want %d", n, maxFiles)
	}
	if got := strings.Join(l.expand("/{a,b{c,d}}/{e,f"), " "); got != "/a/{e,f /bc/{e,f /bd/{e,f" {
		t.Errorf("got %s", got)
	}
}

// A zero byte ends a line, as in Asterisk; that there are some is said once.
func TestZeroBytesAreTold(t *testing.T) {
	f, err := load(t, "\x00\x00garbage [[[\n[a]\nx=1\x002\ny=3\n")
	if err != nil {
		t.Fatal(err)
	}
	s := f.Section("a")
	if s.Get("x") != "1" || s.Get("y") != "3" {
		t.Errorf("read %v, want x=1 y=3", s.Entries)
	}
	if d := f.Diagnostics; len(d) != 1 || d[0].Line != 1 || d[0].Severity != Warning || !strings.Contains(d[0].Problem, "zero byte") {
		t.Errorf("told %v, want one warning of line 1", d)
	}
}
