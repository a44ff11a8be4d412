package say

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestLanguages compares what is said in each language with what Asterisk 22 plays. A line of testdata/ has
// the application, its arguments, and the prompts, written as in languages/: digits/ is left out, and
// another folder stands after a slash. A moment may be so many days from now, which the first line tells.
func TestLanguages(t *testing.T) {
	records, err := filepath.Glob("testdata/*.tsv")
	if err != nil || len(records) == 0 {
		t.Fatalf("no records: %v", err)
	}
	for _, path := range records {
		language := strings.TrimSuffix(filepath.Base(path), ".tsv")
		t.Run(language, func(t *testing.T) {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			first, rest, _ := strings.Cut(string(text), "\n")
			stamp, err := strconv.ParseInt(first[strings.LastIndexByte(first, ' ')+1:], 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			lines := strings.Split(strings.TrimSuffix(rest, "\n"), "\n")
			if len(lines) < 200 {
				t.Errorf("only %d lines", len(lines))
			}
			for _, line := range lines {
				compareLine(t, language, line, time.Unix(stamp, 0).UTC())
			}
		})
	}
}

// compareLine compares what one line tells.
func compareLine(t *testing.T, language, line string, now time.Time) {
	t.Helper()
	field := strings.Split(line, "\t")
	args := strings.Split(field[1], ",")
	var prompts []string
	switch n, _ := strconv.Atoi(args[0]); field[0] {
	case "SayNumber":
		prompts, _ = Number(n, language, argument(args, 1))
	case "SayOrdinal":
		prompts, _ = Ordinal(n, language, argument(args, 1))
	case "SayUnixTime":
		format := argument(args, 2)
		if format == "" {
			format = TimeFormat(language)
		}
		prompts = Moment(moment(args[0], now), now, language, format)
	default:
		t.Fatalf("nothing compares %q", line)
	}
	if got := written(prompts); got != field[2] {
		t.Errorf("%s(%s)\n got %s\nwant %s", field[0], field[1], got, field[2])
	}
}

func argument(args []string, i int) string {
	if i < len(args) {
		return args[i]
	}
	return ""
}

// moment reads a time: seconds, or now with a number of days.
func moment(text string, now time.Time) time.Time {
	days := 0
	if _, err := fmt.Sscanf(text, "now%dd", &days); err == nil {
		return now.Add(time.Duration(days) * 24 * time.Hour)
	}
	seconds, _ := strconv.ParseInt(text, 10, 64)
	return time.Unix(seconds, 0).UTC()
}

// written is how the records and tables have prompts.
func written(prompts []string) string {
	list := make([]string, len(prompts))
	for i, p := range prompts {
		short, ok := strings.CutPrefix(p, "digits/")
		if !ok {
			short = "/" + p
		}
		list[i] = short
	}
	return strings.Join(list, " ")
}

// There is no error in a table, and no circle.
func TestTables(t *testing.T) {
	all, err := tables()
	if err != nil {
		t.Fatal(err)
	}
	for name := range all {
		for _, gender := range []string{"", "m", "f", "n", "c", "p"} {
			for n := 1; n < largest/7; n *= 7 {
				if prompts, ok := Number(n, name, gender); ok && len(prompts) == 0 {
					t.Errorf("%s: nothing is said of %d %s", name, n, gender)
				}
			}
		}
	}
}

func TestTablesThatAreWrong(t *testing.T) {
	for _, text := range []string{"1 = #", "[number]\nx = #", "[number]\n1/0 = #", "[number]\nnothing"} {
		if _, err := parseTable(text); err == nil {
			t.Errorf("%q is no table, and read", text)
		}
	}
}
