package dialplan

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/rogpeppe/go-internal/txtar"
	"pgregory.net/rapid"
)

func sections(t testing.TB, file string) []txtar.File {
	t.Helper()
	data, err := os.ReadFile("testdata/" + file)
	if err != nil {
		t.Fatal(err)
	}
	return txtar.Parse(data).Files
}

func loadText(t testing.TB, text string) (*Plan, []config.Diagnostic) {
	t.Helper()
	file, err := config.Parse("extensions.conf", []byte(text), config.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return Load(file, nil)
}

func lines(data []byte) []string { return strings.Split(strings.TrimSuffix(string(data), "\n"), "\n") }

func TestPrecedenceAsTheReference(t *testing.T) {
	files := sections(t, "order.txtar")
	p, _ := loadText(t, string(files[0].Data))
	var got []string
	for _, e := range p.Context("p").Extensions() {
		got = append(got, e.Name)
	}
	if want := lines(files[1].Data); !slices.Equal(got, want) {
		t.Errorf("order\n%q, want\n%q", got, want)
	}
}

func TestMatchAsTheReference(t *testing.T) {
	var text strings.Builder
	type lookup struct{ context, dialled, want string }
	var lookups []lookup
	for _, section := range sections(t, "match.txtar") {
		fmt.Fprintf(&text, "[%s]\n", section.Name)
		for _, line := range lines(section.Data) {
			if dialled, want, ok := strings.Cut(line, "\t"); ok {
				lookups = append(lookups, lookup{section.Name, dialled, want})
			} else if line[0] == '+' {
				fmt.Fprintf(&text, "include => %s\n", line[2:])
			} else {
				fmt.Fprintf(&text, "exten => %s,1,NoOp(%s)\n", line[2:], line[2:])
			}
		}
	}
	p, _ := loadText(t, text.String())
	for _, l := range lookups {
		got := "none"
		if _, priority := p.Find(l.context, l.dialled, 1, "5551234"); priority != nil {
			got = priority.Data
		}
		if got != l.want {
			t.Errorf("%s@%s = %s, want %s", l.dialled, l.context, got, l.want)
		}
	}
	if len(lookups) < 1000 {
		t.Errorf("the transcript has %d lookups", len(lookups))
	}
}

func TestShowAsTheReference(t *testing.T) {
	files := sections(t, "show.txtar")
	p, _ := loadText(t, string(files[0].Data))
	for _, f := range files[1:] {
		t.Run(f.Name, func(t *testing.T) {
			var out strings.Builder
			if f.Name == "save" {
				if err := p.Save(&out); err != nil {
					t.Fatal(err)
				}
			} else {
				p.Show(&out, f.Name)
			}
			got, want := strings.Split(out.String(), "\n"), strings.Split(string(f.Data), "\n")
			for i := range max(len(got), len(want)) {
				if i >= len(got) || i >= len(want) || got[i] != want[i] {
					t.Fatalf("line %d\n got %q\nwant %q\nwhole\n%s", i+1, got[min(i, len(got)-1)], want[min(i, len(want)-1)], out.String())
				}
			}
		})
	}
}

func TestTimesAsTheReference(t *testing.T) {
	transcript(t, "times.txtar", func(t *testing.T, _, text, want string) {
		moment, spec, _ := strings.Cut(text, "|")
		at, err := time.Parse("2006/01/02 15:04:05", moment)
		if err != nil {
			t.Fatal(err)
		}
		times, _ := ParseTimes(spec)
		if got := times.Contains(at); got != (want == "1") {
			t.Errorf("%s in %q = %v, want %s", moment, spec, got, want)
		}
	})
}

func TestDiagnosticsHavePlaces(t *testing.T) {
	plan, problems := loadText(t, `[general]
static=yes
[a]
exten => x,n,NoOp()
exten => 1,1,NoOp(a
exten => 1,1,NoOp(b)
exten => 1,0,NoOp()
exten => 1,nowhere,NoOp()
foo => 1
include => a,25:00-26:00,*,*,*
include => missing
include => elsewhere
exten => _.,1,NoOp()
[b]
same => n,NoOp()
switch => DUNDi/x
switch => Nowhere
[c]
switch => Lua/x
switch => Realtime/x@
switch => Loopback/1@a
`)
	problems = append(problems, plan.Strays("elsewhere")...)
	for _, want := range []struct {
		line int
		text string
	}{{4, "first priority"}, {5, "parenthesis"}, {6, "already exists"}, {7, `"0"`}, {8, `"nowhere"`}, {9, `"foo"`}, {10, "25:00"}, {13, "special"}, {15, "same"}, {11, "missing"},
		{16, "not built yet"}, {17, "no such switch"}} {
		if !slices.ContainsFunc(problems, func(d config.Diagnostic) bool {
			return d.Line == want.line && strings.Contains(d.Problem, want.text)
		}) {
			t.Errorf("no diagnostic %q in line %d: %v", want.text, want.line, problems)
		}
	}
	for _, d := range problems {
		if d.Line > 17 {
			t.Errorf("line %d is in order, and said to be wrong: %s", d.Line, d.Problem)
		}
	}
}

// A priority that the best match lacks is looked for in the next one, also in
// an included context.
func TestPriorityFallsThrough(t *testing.T) {
	p, _ := loadText(t, `[q]
exten => 100,1,NoOp(100-1)
exten => _1XX,1,NoOp(p1)
exten => _1XX,2,NoOp(p2)
exten => 100,3,NoOp(100-3)
exten => _1XX,4(four),NoOp(p4)
include => r
[r]
exten => 100,5,NoOp(r5)
`)
	for i, want := range []string{"100-1", "p2", "100-3", "p4", "r5"} {
		if _, got := p.Find("q", "100", i+1, ""); got == nil || got.Data != want {
			t.Errorf("priority %d = %v, want %s", i+1, got, want)
		}
	}
	if n, ok := p.FindLabel("q", "100", "four", ""); !ok || n != 4 {
		t.Errorf("label = %d %v, want 4", n, ok)
	}
}

// Recorded with WaitExten and SendDTMF: whether Asterisk 22 waited for more.
func TestMatchMore(t *testing.T) {
	for _, c := range []struct {
		extens, included, dialled string
		more, exists              bool
	}{
		{"_X.", "", "1", true, false},
		{"_X.", "", "12", true, true},
		{"_X!", "", "1", false, true},
		{"_XX", "", "12", false, true},
		{"12 123", "", "12", true, true},
		{"12", "", "13", false, false},
		{"12", "", "1", true, false},
		{"_1! _12X", "", "1", true, true},
		{"_1! _12X", "", "12", true, true},
		{"_1! 123", "", "1", true, true},
		{"_X! _1XX", "", "1", true, true},
		{"_1XX _X!", "", "2", false, true},
		{"_1. 12", "", "12", true, true},
		{"_1! 12", "", "12", false, true},
		{"12", "123", "12", true, true},
		{"_1!", "123", "1", false, true},
		{"_1!", "_12X", "12", false, true},
		{"_X _XX", "", "1", true, true},
		{"_!", "", "5", false, true},
		{"1-2", "", "12", false, true},
		{"1- 13", "", "1", true, true},
		{"_1.3", "", "12", true, true},
		{"_1!2", "", "1", false, true},
		{"_1X!", "", "1", true, false},
	} {
		text := "[a]\n"
		for _, e := range strings.Fields(c.extens) {
			text += "exten => " + e + ",1,NoOp()\n"
		}
		text += "include => b\n[b]\n"
		for _, e := range strings.Fields(c.included) {
			text += "exten => " + e + ",1,NoOp()\n"
		}
		p, _ := loadText(t, text)
		if got := p.MatchMore("a", c.dialled, 1, ""); got != c.more {
			t.Errorf("%s include %s: more after %s = %v, want %v", c.extens, c.included, c.dialled, got, c.more)
		}
		if got := p.Exists("a", c.dialled, 1, ""); got != c.exists {
			t.Errorf("%s include %s: exists %s = %v, want %v", c.extens, c.included, c.dialled, got, c.exists)
		}
		if got, want := p.CanMatch("a", c.dialled, 1, ""), c.more || c.exists; got != want {
			t.Errorf("%s include %s: can match %s = %v, want %v", c.extens, c.included, c.dialled, got, want)
		}
	}
}

// The tree finds what a walk through the sorted list finds.
func TestTreeIsTheList(t *testing.T) {
	atom := rapid.SampledFrom([]string{"X", "Z", "N", "1", "2", "[1-3]", "[24]", "[0-9]", ".", "!", "-", "a", "#"})
	rapid.Check(t, func(t *rapid.T) {
		p, err := Empty().Edit(func(d *Editor) error {
			d.AddContext("c", "test")
			for _, parts := range rapid.SliceOfN(rapid.SliceOfN(atom, 1, 5), 1, 20).Draw(t, "patterns") {
				name := strings.Join(parts, "")
				if rapid.Bool().Draw(t, "pattern") {
					name = "_" + name
				}
				_, _ = d.AddPriority(Target{Context: "c", Exten: name}, Priority{Number: 1, Data: name}, false)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		dialled := rapid.StringOfN(rapid.RuneFrom([]rune("0123459a#-")), 1, 6, -1).Draw(t, "dialled")
		var want *Extension
		for _, e := range p.Context("c").Extensions() {
			if e.name.matches(dialled) {
				want = e
				break
			}
		}
		if got, _ := p.Find("c", dialled, 1, ""); got != want {
			t.Fatalf("%s: tree found %v, list %v", dialled, got, want)
		}
	})
}

func TestEditSharesAndIsolates(t *testing.T) {
	old, _ := loadText(t, "[a]\nexten => 1,1,NoOp(old)\nexten => 2,1,NoOp()\n[b]\nexten => 1,1,NoOp()\n")
	fresh, err := old.Edit(func(d *Editor) error {
		if _, err := d.AddPriority(Target{Context: "a", Exten: "1"}, Priority{Number: 1}, false); !errors.Is(err, ErrExists) {
			t.Errorf("adding twice: %v, want ErrExists", err)
		}
		if _, err := d.AddPriority(Target{Context: "a", Exten: "1"}, Priority{Number: 1, Data: "new"}, true); err != nil {
			t.Error(err)
		}
		if _, err := d.AddPriority(Target{Context: "x", Exten: "1"}, Priority{Number: 1}, false); !errors.Is(err, ErrNoContext) {
			t.Errorf("adding to no context: %v, want ErrNoContext", err)
		}
		if err := d.RemovePriority(Target{Context: "a", Exten: "2"}, 0, ""); err != nil {
			t.Error(err)
		}
		if err := d.RemovePriority(Target{Context: "a", Exten: "2"}, 0, ""); !errors.Is(err, ErrNotFound) {
			t.Errorf("removing twice: %v, want ErrNotFound", err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		p     *Plan
		exten string
		want  string
	}{{old, "1", "old"}, {old, "2", ""}, {fresh, "1", "new"}} {
		if _, got := c.p.Find("a", c.exten, 1, ""); got == nil || got.Data != c.want {
			t.Errorf("%s = %v, want %q", c.exten, got, c.want)
		}
	}
	if fresh.Exists("a", "2", 1, "") {
		t.Error("the removed extension is still there")
	}
	if old.Context("b") != fresh.Context("b") {
		t.Error("the context that did not change was copied")
	}
}

func TestCarryKeepsWhatOthersMade(t *testing.T) {
	old, _ := loadText(t, "[a]\nexten => 1,1,NoOp(conf)\n")
	old, err := old.Edit(func(d *Editor) error {
		d.AddContext("park", "features")
		_, err := d.AddPriority(Target{Context: "park", Exten: "700"}, Priority{Number: 1, Registrar: "features"}, false)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	fresh, _ := loadText(t, "[a]\nexten => 2,1,NoOp(conf)\n")
	fresh, err = fresh.Edit(func(d *Editor) error { d.Carry(old, ConfigRegistrar); return nil })
	if err != nil {
		t.Fatal(err)
	}
	for exten, want := range map[string]bool{"700@park": true, "2@a": true, "1@a": false} {
		number, context, _ := strings.Cut(exten, "@")
		if got := fresh.Exists(context, number, 1, ""); got != want {
			t.Errorf("%s exists = %v, want %v", exten, got, want)
		}
	}
}

func FuzzPattern(f *testing.F) {
	for _, p := range []string{"_X.", "_[1-3]X!", "_[", "_[]", "_[9-1]", "100", "_1-2", "_.", "_!", "_N!X.Z"} {
		f.Add(p, "_XX", "123")
		f.Add(p, "_XX", p)
	}
	f.Fuzz(func(t *testing.T, one, two, dialled string) {
		p, err := Empty().Edit(func(d *Editor) error {
			d.AddContext("c", "test")
			_, _ = d.AddPriority(Target{Context: "c", Exten: one}, Priority{Number: 1}, false)
			_, _ = d.AddPriority(Target{Context: "c", Exten: two}, Priority{Number: 1}, false)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		e, _ := p.Find("c", dialled, 1, "")
		if found := p.Exists("c", dialled, 1, ""); found != (e != nil) {
			t.Errorf("Exists = %v, Find = %v", found, e)
		}
		if e != nil && !e.name.matches(dialled) && undashed(e.Name) != undashed(dialled) { // a pattern has its own name, too
			t.Errorf("%q found %q, which does not match", dialled, e.Name)
		}
		p.MatchMore("c", dialled, 1, "")
	})
}

func benchmarkPlan(b *testing.B, n int) *Plan {
	b.Helper()
	p, err := Empty().Edit(func(d *Editor) error {
		d.AddContext("big", "test")
		for i := range n {
			name := fmt.Sprintf("%06d", i*7)
			if i%4 == 0 {
				name = fmt.Sprintf("_%05dX.", i)
			}
			if _, err := d.AddPriority(Target{Context: "big", Exten: name}, Priority{Number: 1}, false); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	return p
}

func benchmarkMatch(b *testing.B, n int) {
	p := benchmarkPlan(b, n)
	last := n - n%4 - 4
	for name, dialled := range map[string]string{"literal": fmt.Sprintf("%06d", (last+1)*7), "pattern": fmt.Sprintf("%05d12", last), "nothing": "zzz"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, found := p.Find("big", dialled, 1, ""); (found != nil) == (name == "nothing") {
					b.Fatal(name, dialled, found)
				}
			}
		})
	}
}

func BenchmarkMatch10(b *testing.B)    { benchmarkMatch(b, 12) }
func BenchmarkMatch10000(b *testing.B) { benchmarkMatch(b, 10000) }

// Whatever is loaded is in order, is found and is shown.
func FuzzLoad(f *testing.F) {
	for _, file := range []string{"show.txtar", "order.txtar"} {
		f.Add(string(sections(f, file)[0].Data))
	}
	f.Add("[a]\nexten => _[1-3]X./5[5],1(l),NoOp(a\\;b)\nsame => n+3,X\ninclude => b,1:00-2:00,mon\nignorepat => _9\neswitch => A/${B}\n")
	f.Fuzz(func(t *testing.T, text string) {
		file, err := config.Parse("extensions.conf", []byte(text), config.Options{Dir: "none"})
		if err != nil {
			return
		}
		p, _ := Load(file, nil)
		var shown strings.Builder
		p.Show(&shown, "")
		priorities := 0
		for _, c := range p.Contexts() {
			for _, e := range c.Extensions() {
				priorities += len(e.Priorities)
				for i, step := range e.Priorities {
					if i > 0 && e.Priorities[i-1].Number >= step.Number {
						t.Errorf("%s@%s: priority %d before %d", e.Name, c.Name, e.Priorities[i-1].Number, step.Number)
					}
					if e.at(step.Number) != step {
						t.Errorf("%s@%s: priority %d is not found", e.Name, c.Name, step.Number)
					}
				}
				if !e.name.patterns && !e.MatchCaller && !p.Exists(c.Name, e.Name, e.Priorities[0].Number, "") {
					t.Errorf("%s@%s does not exist", e.Name, c.Name)
				}
			}
		}
		if want := fmt.Sprintf("(%d priorit", priorities); !strings.Contains(shown.String(), want) {
			t.Errorf("shown without %q:\n%s", want, shown.String())
		}
	})
}
