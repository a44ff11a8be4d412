package agi

import (
	"slices"
	"strings"
	"testing"
)

func TestSplit(t *testing.T) {
	for _, c := range []struct {
		line string
		want []string
	}{
		{``, nil},
		{`  `, nil},
		{`NOOP`, []string{"NOOP"}},
		{`SET  VARIABLE	A b`, []string{"SET", "VARIABLE", "A", "b"}},
		{`A "two words" ""`, []string{"A", "two words", ""}},
		{`A "a"b a"b c"d`, []string{"A", "ab", "ab cd"}},
		{`A "q \" and \\ b" c\ d`, []string{"A", `q " and \ b`, "c d"}},
		{`A "open end`, []string{"A", "open end"}},
		{`A \`, []string{"A", `\`}},
	} {
		if got := Split(c.line); !slices.Equal(got, c.want) {
			t.Errorf("Split(%q) = %q, want %q", c.line, got, c.want)
		}
	}
}

func FuzzQuote(f *testing.F) {
	for _, s := range []string{"", "a", "two words", `q"\`, "tab\t", "\x00\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, word string) {
		want := strings.NewReplacer("\r", " ", "\n", " ").Replace(word)
		if got := Split(Line("X", word, "end")); len(got) != 3 || got[1] != want {
			t.Errorf("%q came back as %q", word, got)
		}
	})
}

func TestReply(t *testing.T) {
	for _, c := range []struct {
		line string
		want Reply
	}{
		{"200 result=0", OK(0)},
		{"200 result=1 (two words)", OK(1).With("two words")},
		{"200 result=1 ()", OK(1).With("")},
		{"200 result=1 (a) b)", OK(1).With("a) b")},
		{"200 result=50 endpos=8160", OK(50).At(8160)},
		{"200 result=49 (dtmf) endpos=0", OK(49).With("dtmf").At(0)},
		{"200 result= (timeout)", Reply{Code: 200, Data: "timeout", HasData: true, EndPos: -1}},
		{"200 result=567890*", Reply{Code: 200, Result: "567890*", EndPos: -1}},
		{"200 result=0 Gosub complete", Reply{Code: 200, Result: "0", Text: "Gosub complete", EndPos: -1}},
		{"100 result=0 Trying...", Reply{Code: 100, Result: "0", Text: "Trying...", EndPos: -1}},
		{"510 Invalid or unknown command", Reply{Code: 510, Text: "Invalid or unknown command", EndPos: -1}},
		{"511 Command Not Permitted on a dead channel or intercept routine",
			Reply{Code: 511, Text: "Command Not Permitted on a dead channel or intercept routine", EndPos: -1}},
	} {
		got, err := ParseReply(c.line)
		if err != nil || got != c.want {
			t.Errorf("ParseReply(%q) = %+v, %v, want %+v", c.line, got, err, c.want)
		}
		if back := string(c.want.Append(nil)); back != c.line+"\n" {
			t.Errorf("%+v is sent as %q, want %q", c.want, back, c.line)
		}
	}
	if got := string(OK(0).AppendEnd(nil)); got != "200 result=0 endpos=-1\n" {
		t.Errorf("an end of −1 is sent as %q", got)
	}
	usage := Reply{Code: CodeUsage, Text: "one\ntwo", EndPos: -1}
	if got := string(usage.Append(nil)); got != "520-Invalid command syntax.  Proper usage follows:\none\ntwo\n520 End of proper usage.\n" {
		t.Errorf("usage is sent as %q", got)
	}
	for _, line := range []string{"", "20", "abc result=1", "2000 result=1", "HANGUP", "-12 result=1"} {
		if _, err := ParseReply(line); err == nil {
			t.Errorf("ParseReply(%q) is no error", line)
		}
	}
}
