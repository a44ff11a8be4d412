package cases

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/exchange"
	"github.com/octothorpe/octothorpe/internal/phone"
)

// recordings are the folders of what was recorded with Asterisk.
var recordings = []string{"internal/*/testdata/*.txtar", "internal/*/testdata/*.tsv", "internal/*/testdata/reference/*.txtar", "test/wire/testdata/*.txtar"}

// tables are all rows, by what they are.
func tables(t *testing.T) map[string][]command.Row {
	t.Helper()
	x, err := exchange.New(exchange.Options{State: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer x.Discard()
	own := x.Tables()
	all := map[string][]command.Row{"application": own.Applications, "function": own.Functions, "action": own.Actions}
	for _, technology := range []string{phone.PJSIP, phone.SIP} {
		driver := phone.New(phone.Config{Model: &phone.Model{Technology: technology}})
		for _, a := range driver.Applications() {
			all["application"] = append(all["application"], a.Row)
		}
		for _, f := range driver.Functions() {
			all["function"] = append(all["function"], f.Row)
		}
		for _, a := range driver.Actions() {
			all["action"] = append(all["action"], a.Row)
		}
	}
	return all
}

func TestNoRowIsWithoutACase(t *testing.T) {
	used := names(t)
	without := reasons(t)
	seen := map[string]bool{}
	for kind, rows := range tables(t) {
		for _, row := range rows {
			name := kind + " " + row.Name
			if seen[name] {
				continue
			}
			seen[name] = true
			key := strings.ToLower(row.Name)
			there := used["call "+key]
			if kind == "action" {
				there = used["action "+key]
			}
			switch reason := without[name]; {
			case !there && reason == "":
				t.Errorf("%s stands in no recording: add a case, or the reason why there is none to testdata/without.tsv", name)
			case there && reason != "":
				t.Errorf("%s stands in a recording now, and in testdata/without.tsv", name)
			}
		}
	}
	for name := range without {
		if !seen[name] {
			t.Errorf("testdata/without.tsv has %s, which is no row", name)
		}
	}
}

var (
	call   = regexp.MustCompile(`(?i)\b([A-Z_0-9]+)\(`)
	action = regexp.MustCompile(`(?im)^action: *(\w+)`)
)

// names are what stands in the recordings, in small letters.
func names(t *testing.T) map[string]bool {
	t.Helper()
	used := map[string]bool{}
	for _, pattern := range recordings {
		files, err := filepath.Glob(filepath.Join("../..", pattern))
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: no recordings: %v", pattern, err)
		}
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, found := range call.FindAllStringSubmatch(string(data), -1) {
				used["call "+strings.ToLower(found[1])] = true
			}
			for _, found := range action.FindAllStringSubmatch(string(data), -1) {
				used["action "+strings.ToLower(found[1])] = true
			}
		}
	}
	return used
}

func reasons(t *testing.T) map[string]string {
	t.Helper()
	data, err := os.ReadFile("testdata/without.tsv")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for line := range strings.Lines(string(data)) {
		name, reason, ok := strings.Cut(strings.TrimSpace(line), "\t")
		if !ok || reason == "" {
			t.Fatalf("without.tsv: %q says no reason", line)
		}
		all[name] = reason
	}
	return all
}
