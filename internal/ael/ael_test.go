package ael

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/octothorpe/octothorpe/internal/dialplan"
)

// written is a plan as text, a line a step.
func (p *Plan) written() string {
	var b strings.Builder
	for _, c := range p.Contexts {
		for _, e := range c.Extensions {
			for i, s := range e.Steps {
				fmt.Fprintf(&b, "%s@%s,%d %s%s(%s)\n", e.Name, c.Name, e.First+i, strings.TrimSuffix(s.Label+":", ":"), s.Application, s.Data)
			}
		}
	}
	return b.String()
}

// What the reference makes of a whole file is in internal/manager/testdata/reference/ael.txtar.
func TestStatements(t *testing.T) {
	for _, c := range []struct{ name, body, want string }{
		{"nothing", ";", ""},
		{"an application without arguments", "Answer;", "1@a,1 Answer()\n"},
		{"commas, parentheses and semicolons of arguments", `NoOp((a;b),"c");`, "1@a,1 NoOp((a;b),\"c\")\n"},
		{"a percent sign in a condition", `if ("${x}"="5%s") NoOp(x);`, "1@a,1 GotoIf($[\"${x}\"=\"5%s\"]?2:3)\n1@a,2 NoOp(x)\n1@a,3 NoOp(Finish if_a_1)\n"},
		{"a for of nothing", "for (;;) { break; }", "1@a,1 NoOp()\n1@a,2 GotoIf($[]?3:6)\n1@a,3 Goto(6)\n1@a,4 NoOp()\n1@a,5 Goto(2)\n1@a,6 NoOp(Finish for_a_1)\n"},
		{"a for that calls", "for (Set(i=1); ${i} < 2; &m(1)) NoOp(x);",
			"1@a,1 Set(i=1)\n1@a,2 GotoIf($[ ${i} < 2]?3:6)\n1@a,3 NoOp(x)\n1@a,4 Gosub(m,~~s~~,1(1))\n1@a,5 Goto(2)\n1@a,6 NoOp(Finish for_a_1)\n"},
		{"a function that is set", "CALLERID(num)=5;", "1@a,1 MSet(CALLERID(num)=$[5])\n"},
		{"continue out of a case", "while (1) { switch (${x}) { default: continue; } }",
			"1@a,1 MSet(~~EXTEN~~=${EXTEN})\n1@a,2 GotoIf($[1]?3:6)\n1@a,3 Goto(sw_2_${x},10)\n1@a,4 NoOp(Finish switch_while_a_1_2)\n1@a,5 Goto(2)\n" +
				"1@a,6 NoOp(Finish while_a_1)\nsw_2_@a,10 Goto(sw_2_.,10)\n_sw_2_.@a,10 Goto(1,2)\n"},
		{"comments", "NoOp(a); // NoOp(b);\n/* NoOp(c); */ NoOp(d);", "1@a,1 NoOp(a)\n1@a,2 NoOp(d)\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, err := Parse("x", "context a { 1 => { "+c.body+" } }")
			if err != nil {
				t.Fatal(err)
			}
			if got := p.written(); got != c.want {
				t.Errorf("got\n%swant\n%s", got, c.want)
			}
		})
	}
}

func TestFaults(t *testing.T) {
	for text, want := range map[string]string{
		"context a {\n1 => NoOp(a)\n":                   `x:3: ";" is missing before the end of the line`,
		"context a { 1 => {\nbreak; } }":                "x:2: 'break' not in switch, for, or while statement!",
		"context a { 1 => {\n\ngoto there; } }":         "x:3: goto: no label there exists in the context a",
		"contxt a { }":                                  `x:1: a context, a macro or globals should stand before "contxt a { }"`,
		"context a { 1 => NoOp(a;\n } ":                 `x:1: "(" has no end`,
		"/* forever":                                    "x:1: the comment has no end",
		"context a { nothing; }":                        `x:1: no extension: "nothing; }"`,
		"context a { 1 => { switch (x) { NoOp(); } } }": `x:1: a case should stand before "NoOp(); } } }"`,
		"context a { 1 => { for (1;2) NoOp(); } }":      "x:1: a for has 2 parts of three",
		"context a { 1 => { catch x { NoOp(); } } }":    "x:1: a catch may stand in a macro only",
		"macro m() { return; } context a { 1 => &m(); ": `x:1: context a has no end`,
	} {
		_, err := Parse("x", text)
		if fmt.Sprint(err) != want {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

func TestInclude(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		File: "#include \"more.ael\"\ncontext a { 1 => NoOp(1); }\n", "more.ael": "context b { 2 => NoOp(2); }\n", "loop.ael": "#include \"loop.ael\"\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p, err := Read(filepath.Join(dir, File))
	if err != nil {
		t.Fatal(err)
	}
	if got := p.written(); got != "2@b,1 NoOp(2)\n1@a,1 NoOp(1)\n" {
		t.Error(got)
	}
	if _, err := Read(filepath.Join(dir, "loop.ael")); err == nil {
		t.Error("a file that includes itself was read")
	}
}

func TestInstall(t *testing.T) {
	read := func(text string) *Plan {
		p, err := Parse("x", text)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	plan := dialplan.Empty()
	for _, c := range []struct {
		text string
		want bool
	}{{"context a { includes { b; } } context b { _1X/55 => NoOp(1); }", true}, {"context a { 2 => NoOp(2); }", false}} {
		var err error
		if plan, err = plan.Edit(read(c.text).Install); err != nil {
			t.Fatal(err)
		}
		if got := plan.Exists("a", "12", 1, "55"); got != c.want {
			t.Errorf("%s: there is %v", c.text, got)
		}
		if plan.Exists("a", "12", 1, "56") {
			t.Errorf("%s: the caller did not matter", c.text)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, text := range []string{"context a { 1 => { if (x) NoOp(a); else { switch (y) { case 1: break; pattern [2-3]X.: default: } } } }",
		"macro m(a,b) { for (x=1; 2; 3) { continue; } catch h { } } globals { A=1; }", "context a { _X[ => &m(; }", "extend abstract context { includes { x|y; } }"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := Parse("x", text)
		if err != nil {
			return
		}
		if _, err := dialplan.Empty().Edit(p.Install); err != nil {
			t.Errorf("%q can't be installed: %v", text, err)
		}
	})
}
