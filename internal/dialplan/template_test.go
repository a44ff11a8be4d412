package dialplan

import (
	"os"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"pgregory.net/rapid"
)

func recordedVariables(t *testing.T) map[string]string {
	t.Helper()
	data, err := os.ReadFile("testdata/substitution.txtar")
	if err != nil {
		t.Fatal(err)
	}
	variables := map[string]string{}
	for _, line := range strings.Split(string(txtar.Parse(data).Files[0].Data), "\n") {
		if name, value, ok := strings.Cut(line, "="); ok {
			variables[name] = value
		}
	}
	return variables
}

func TestSubstitutionAsTheReference(t *testing.T) {
	variables := recordedVariables(t)
	transcript(t, "substitution.txtar", func(t *testing.T, _, text, want string) {
		if got := Compile("<" + text + ">").Expand(&testEnv{variables: variables}); got != want {
			t.Errorf("%s = %q, want %q", text, got, want)
		}
	})
}

func TestMissingBracketsAreTold(t *testing.T) {
	for _, text := range []string{"${A", "$[1 + 1", "${LEN(a}", "${A${B}"} {
		env := &testEnv{}
		Compile(text).Expand(env)
		if len(env.warnings) == 0 {
			t.Errorf("nothing was said about %q", text)
		}
	}
}

// expandText is the plainest way to expand: what is innermost first, as text.
func expandText(env Env, text string) string {
	out := ""
	for i := 0; i < len(text); i++ {
		if text[i] != '$' || i+1 == len(text) || text[i+1] != '{' && text[i+1] != '[' {
			out += text[i : i+1]
			continue
		}
		inner, length, _ := enclosed(text[i+2:], text[i+1])
		if inner = expandText(env, inner); text[i+1] == '[' {
			out += evaluateText(env, inner)
		} else {
			out += expandVariable(env, inner)
		}
		i += 1 + length
	}
	return out
}

func TestTemplateIsItsText(t *testing.T) {
	atom := rapid.SampledFrom([]string{"${", "}", "$[", "]", "A", "B", "LEN(", "TOUPPER(", ")", ":1", ":-2", ":", "x", "1", "+", "$", "{", "${A}", "${B}", "(", "\"", " ", ","})
	value := rapid.SampledFrom([]string{"", "1", "A", "B", "a b", "(", ")", "a)b", "x:y", "a)b:1", "${A}", "]", "}", "LEN(abc)"})
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOfN(atom, 1, 14).Draw(t, "atoms"), "")
		env := &testEnv{variables: map[string]string{"A": value.Draw(t, "A"), "B": value.Draw(t, "B")}}
		if got, want := Compile(text).Expand(env), expandText(env, text); got != want {
			t.Fatalf("%q with %v = %q, want %q", text, env.variables, got, want)
		}
	})
}

func FuzzTemplate(f *testing.F) {
	for _, text := range []string{"${A}", "${A:1:2}", "${${A}}", "${LEN(${A}):1}", "$[${A}+1]", "${A", "$[", "${LEN(${A", "${}", "${{{{", "$[[[", strings.Repeat("${", 200)} {
		f.Add(text, "a(b")
	}
	f.Fuzz(func(t *testing.T, text, a string) {
		if strings.ContainsRune(text+a, 0) {
			return
		}
		env := &testEnv{variables: map[string]string{"A": a}}
		got := Compile(text).Expand(env)
		if strings.Count(text, "${")+strings.Count(text, "$[") > maxNesting {
			return
		}
		if want := expandText(env, text); got != want {
			t.Errorf("%q with %q = %q, want %q", text, a, got, want)
		}
	})
}

func TestExpandAllocatesOnlyTheResult(t *testing.T) {
	env := &testEnv{variables: map[string]string{"A": "abcdef", "I": "17"}}
	for text, limit := range map[string]float64{"static": 0, "${A}": 0, "${A:1:2}": 0, "x${A}y": 1} {
		template := Compile(text)
		if got := testing.AllocsPerRun(100, func() { template.Expand(env) }); got > limit {
			t.Errorf("%s: %v allocations, want at most %v", text, got, limit)
		}
	}
}

func BenchmarkTemplate(b *testing.B) {
	env := &testEnv{variables: map[string]string{"A": "abcdef", "I": "17"}}
	template := Compile("PJSIP/${A:1:3}@${A},${I}")
	b.ReportAllocs()
	for b.Loop() {
		template.Expand(env)
	}
}
