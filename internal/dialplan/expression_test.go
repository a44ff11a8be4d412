package dialplan

import (
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestExpressionsAsTheReference(t *testing.T) {
	lines := 0
	transcript(t, "expressions.txtar", func(t *testing.T, _, text, want string) {
		lines++
		if got := Compile(text).Expand(&testEnv{}); got != want {
			t.Errorf("%s = %q, want %q", text, got, want)
		}
	})
	if lines < 3000 {
		t.Errorf("the transcript has %d lines", lines)
	}
}

// A value is put into the text before it is read, whatever the tree assumed.
func TestExpressionIsItsText(t *testing.T) {
	atom := rapid.SampledFrom([]string{"${A}", "${B}", `"${A}"`, `"x${B}y"`, "a${A}", "${A}${B}", "1", "2.5", "abc", `"q"`, "007",
		"(", ")", "-", "!", "+", "*", "/", "%", "=", "<", ">=", "!=", "&", "|", ":", "=~", "~~", "?", "::", " ", "LEN(${A})", "$", ","})
	value := rapid.SampledFrom([]string{"", "1", "-1", "0", "00", "1.5", "-2.5", "a", "b c", `"`, `"x"`, "(1", "1)", "3+4", "-", "=~", "a.c", "$", "é", "1e5", "-x", "?1::2"})
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOfN(atom, 1, 12).Draw(t, "atoms"), rapid.SampledFrom([]string{"", " "}).Draw(t, "space"))
		env := &testEnv{variables: map[string]string{"A": value.Draw(t, "A"), "B": value.Draw(t, "B")}}
		whole := strings.NewReplacer("${A}", env.variables["A"], "${B}", env.variables["B"]).Replace(text)
		got := CompileExpression(text).Evaluate(env)
		if want := evaluateText(&testEnv{}, whole); got != want {
			t.Fatalf("%q with %v = %q, as text %q = %q", text, env.variables, got, whole, want)
		}
	})
}

func FuzzExpression(f *testing.F) {
	for _, text := range []string{"1+2", `"a" =~ "(a|b)*"`, "1 ? 2 :: 3", "POW(2,0.5)", "((((", "!-!-1", `"`, "${X}+1", "1e5", "EXP10(5000)", "9%0.3"} {
		f.Add(text, "1")
	}
	f.Fuzz(func(t *testing.T, text, x string) {
		env := &testEnv{variables: map[string]string{"X": x}}
		e := CompileExpression(text)
		first := e.Evaluate(env)
		if again := e.Evaluate(env); again != first {
			t.Errorf("%q gives %q, then %q", text, first, again)
		}
	})
}

func BenchmarkExpression(b *testing.B) {
	env := &testEnv{variables: map[string]string{"I": "41", "N": "100"}}
	for name, text := range map[string]string{"compare": "${I} < ${N}", "arithmetic": "(${I} + 1) * 2 - ${N} / 4", "match": `"${I}" =~ "^4([0-9])$"`, "literal": "1 + 2"} {
		e := CompileExpression(text)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				e.Evaluate(env)
			}
		})
	}
}

// A tree that is deeper than a stack can bear would end the process.
func TestExpressionsHaveAnEnd(t *testing.T) {
	most := strings.Repeat("1+", maxExpression/2-1) + "1"
	for text, want := range map[string]string{
		most: strconv.Itoa(maxExpression / 2), most + "+1+1": "0", strings.Repeat("1+", 12<<20) + "1": "0",
		strings.Repeat("(", 32<<10) + "1": "0", strings.Repeat("-", 60<<10) + "1": "0", strings.Repeat("1?", 30<<10) + "1": "0",
	} {
		env := &testEnv{}
		if got := CompileExpression(text).Evaluate(env); got != want {
			t.Errorf("%.20s… of %d bytes is %q, want %q", text, len(text), got, want)
		}
		env.variables = map[string]string{"A": text}
		if got := CompileExpression("${A}").Evaluate(env); got != want {
			t.Errorf("%.20s… of %d bytes in a variable is %q, want %q", text, len(text), got, want)
		}
	}
}
