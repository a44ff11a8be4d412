package main

import (
	"bytes"
	"os"
	"slices"
	"testing"
	"time"
)

// The test's own program is the exchange, too.
func TestMain(m *testing.M) {
	if config := os.Getenv(configEnv); config != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// An hour with fewer agents and calls. Then a record is taken away from each file, which
// has to be missed.
func TestEveryCallIsAccountedFor(t *testing.T) {
	s := size{Agents: 50, Calls: 250, Over: 12 * time.Second, Seed: 1}
	dir, err := os.MkdirTemp("", "octothorpe-centre") // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	x, err := newServer(dir)
	if err != nil {
		t.Fatal(err)
	}
	l, r := newLedger(newPlan(s)), newReport(s)
	err = l.happen(x, r)
	if stopped := x.stop(); err != nil || stopped != nil {
		said, _ := os.ReadFile(x.path("said"))
		t.Fatalf("%v, %v\n%s", err, stopped, said)
	}
	if err := l.account(x, r); err != nil {
		t.Errorf("not accounted for:\n%v\n%s", err, r)
	}
	if r.accounted != s.Calls || r.ends["COMPLETEAGENT"] == 0 || r.ends["COMPLETECALLER"] == 0 || r.rings < s.Calls/4 {
		t.Errorf("too little is tested:\n%s", r)
	}
	for name, about := range map[string]string{"queue_log": "|COMPLETE", "cdr-custom/cdr.csv": "PJSIP/agent", "cel-custom/cel.csv": "HANGUP"} {
		whole, err := os.ReadFile(x.path(name))
		if err != nil {
			t.Fatal(err)
		}
		lines := bytes.SplitAfter(whole, []byte("\n"))
		lost := slices.IndexFunc(lines, func(line []byte) bool { return bytes.Contains(line, []byte(about)) })
		if lost < 0 {
			t.Fatalf("%s says nothing of %s", name, about)
		}
		less := append(bytes.Join(lines[:lost], nil), bytes.Join(lines[lost+1:], nil)...)
		if err := os.WriteFile(x.path(name), less, 0o600); err != nil {
			t.Fatal(err)
		}
		again := newReport(s)
		again.figures = r.figures
		if l.account(x, again) == nil {
			t.Errorf("%s: this was not missed: %s", name, lines[lost])
		}
		if err := os.WriteFile(x.path(name), whole, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAPlanIsTheSameForTheSameSeed(t *testing.T) {
	tell := func(seed uint64) (told []string) {
		for _, v := range newPlan(size{Agents: 20, Calls: 50, Over: time.Minute, Seed: seed}).visits {
			told = append(told, v.number, v.queue, v.at.String(), v.patience.String(), v.talk.String())
		}
		return told
	}
	one, same, other := tell(1), tell(1), tell(2)
	if !slices.Equal(one, same) || slices.Equal(one, other) {
		t.Errorf("the same seed is the same plan: %v; another is another: %v", slices.Equal(one, same), !slices.Equal(one, other))
	}
}
