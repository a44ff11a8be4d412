package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/octothorpe/octothorpe/internal/exchange"
	"github.com/octothorpe/octothorpe/test/blackbox"
)

// What was recorded of Asterisk is what our exchange says.
func TestScenarios(t *testing.T) {
	files, err := filepath.Glob("testdata/*.ari")
	if err != nil || len(files) == 0 {
		t.Fatalf("there are no scenarios: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".ari"), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			want := string(text) + "> rest\n"
			got, err := play(t.Context(), begin(t, strings.TrimSuffix(filepath.Base(file), ".ari")), want, true)
			if err != nil {
				t.Fatalf("%v\n%s", err, got)
			}
			for _, d := range differences(want, got) {
				t.Error(d)
			}
			if t.Failed() {
				t.Log(got)
			}
		})
	}
}

// begin starts an exchange for a scenario and returns the URL of its interface. Files in
// testdata/conf-NAME are put in the place of those of testdata/conf; NAME is that of the scenario, up to
// its first dash. What calls sip:127.0.0.1 calls the exchange itself.
func begin(t *testing.T, name string) string {
	t.Helper()
	base, _ := beginWithPhones(t, name)
	return base
}

// beginWithPhones is begin for who calls the exchange by SIP, by UDP at the address phones.
func beginWithPhones(t *testing.T, name string) (base, phones string) {
	t.Helper()
	dir, err := os.MkdirTemp("", "ari") // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	port := blackbox.Port(t)
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	phones = blackbox.Address(t)
	family, _, _ := strings.Cut(name, "-")
	for _, folder := range []string{"testdata/conf", "testdata/conf-" + family} {
		files, _ := filepath.Glob(folder + "/*.conf")
		for _, file := range files {
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			write(filepath.Base(file), strings.NewReplacer("0.0.0.0", phones, "sip:127.0.0.1", "sip:"+phones).Replace(string(b)))
		}
	}
	write("http.conf", fmt.Sprintf("[general]\nenabled=yes\nbindaddr=127.0.0.1\nbindport=%d\n", port))
	write("logger.conf", "[logfiles]\nfull => notice,warning,error,verbose\n")
	write("asterisk.conf", strings.ReplaceAll("[directories]\nastetcdir=DIR\nastvarlibdir=DIR\nastdatadir=DIR\nastspooldir=DIR/spool\nastrundir=DIR\n"+
		"astlogdir=DIR/log\nastdbdir=DIR\n[options]\nentityid=00:11:22:33:44:55\n", "DIR", dir))
	x, err := exchange.New(exchange.Options{Config: filepath.Join(dir, "asterisk.conf"), Version: "22.0.0"})
	if err != nil {
		t.Fatal(err)
	}
	if err := x.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		x.Stop(exchange.Now, false)
		x.Wait()
		if t.Failed() {
			b, _ := os.ReadFile(filepath.Join(dir, "log", "full"))
			t.Logf("log of the exchange:\n%s", b)
		}
		_ = os.RemoveAll(dir)
	})
	return fmt.Sprintf("http://127.0.0.1:%d/ari", port), phones
}

// differences compares two plays of a scenario: the answers in order, and the events of each
// socket by what they are about, as those of two channels come in any order.
func differences(want, got string) []string {
	var list []string
	w, g := steps(want), steps(got)
	for i := range max(len(w), len(g)) {
		if i >= len(w) || i >= len(g) {
			list = append(list, "one play is shorter")
			break
		}
		if !slices.Equal(w[i].answer, g[i].answer) {
			list = append(list, fmt.Sprintf("%s\n got %s\nwant %s", w[i].line, strings.Join(g[i].answer, "\n     "), strings.Join(w[i].answer, "\n     ")))
		}
	}
	we, ge := events(w), events(g)
	for _, about := range slices.Sorted(maps.Keys(we)) {
		a, b := we[about], ge[about]
		for i, one := range a { // what comes behind the last one is not waited for
			other := "nothing"
			if i < len(b) {
				other = b[i]
			}
			if one != other {
				list = append(list, fmt.Sprintf("event %d about %s\n got %s\nwant %s", i+1, about, other, one))
				break
			}
		}
	}
	return list
}

// A step is a line of a scenario with what came of it.
type step struct {
	line           string
	answer, events []string
}

func steps(text string) []step {
	var list []step
	for line := range strings.SplitSeq(text, "\n") {
		said, isAnswer := strings.CutPrefix(line, "< ")
		switch {
		case strings.HasPrefix(line, "> "):
			list = append(list, step{line: line})
		case !isAnswer || len(list) == 0:
		case tells(list[len(list)-1].line):
			list[len(list)-1].events = append(list[len(list)-1].events, said)
		default:
			list[len(list)-1].answer = append(list[len(list)-1].answer, said)
		}
	}
	return list
}

// tells reports whether what stands behind a line of a scenario is events.
func tells(line string) bool {
	verb, _, _ := strings.Cut(strings.TrimPrefix(line, "> "), " ")
	return verb == "until" || verb == "close" || verb == "rest"
}

// aboutLine is what an event of a scenario is about.
func aboutLine(line string) string {
	_, text, _ := strings.Cut(line, " ")
	var e map[string]any
	if json.Unmarshal([]byte(text), &e) != nil {
		return "none"
	}
	return aboutOf(e)
}

// events are all events of a scenario, by what they are about.
func events(list []step) map[string][]string {
	all := map[string][]string{}
	for _, s := range list {
		for _, e := range s.events {
			if about := aboutLine(e); !inRace(about) {
				all[about] = append(all[about], e)
			}
		}
	}
	return all
}
