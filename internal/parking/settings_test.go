package parking

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/internal/config"
)

func read(t *testing.T, text string) ([]*Settings, []config.Diagnostic) {
	t.Helper()
	path := filepath.Join(t.TempDir(), File)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := config.Load(path, config.Options{})
	if err != nil {
		t.Fatal(err)
	}
	lots, _, problems := Read(f)
	return lots, problems
}

func TestRead(t *testing.T) {
	lots, problems := read(t, `[sales]
parkext=800
parkpos=801-803
findslot=next
parkedcalltransfers=both
parkedcallreparking=caller
parkedcallhangup=callee
parkingtime=10
`)
	if len(problems) > 0 {
		t.Error(problems)
	}
	if len(lots) != 2 || lots[0].name != "default" || lots[0].first != 701 || lots[0].last != 750 || lots[0].time != 45*time.Second {
		t.Fatalf("%+v", lots)
	}
	s := lots[1]
	if s.first != 801 || s.last != 803 || !s.next || s.time != 10*time.Second || s.letters("caller") != "tk" || s.letters("callee") != "th" || s.dialLetters() != "thTK" {
		t.Errorf("%+v", s)
	}
}

func TestReadTellsOfABadRange(t *testing.T) {
	lots, problems := read(t, "[default]\nparkpos=720-701\n")
	if len(problems) != 1 || !strings.Contains(problems[0].Problem, "720-701") || lots[0].first != 701 || lots[0].last != 750 {
		t.Errorf("%v %+v", problems, lots[0])
	}
}

func TestSpaces(t *testing.T) {
	l := &Lot{settings: &Settings{first: 701, last: 703}, spaces: map[int]*stay{}}
	for _, want := range []int{701, 702, 703, 0} {
		n := l.free(701)
		if n != want {
			t.Fatalf("%d is free, want %d", n, want)
		}
		l.spaces[n] = &stay{}
	}
	delete(l.spaces, 702)
	if n := l.free(703); n != 702 {
		t.Errorf("%d is free from 703 on, want 702", n)
	}
}

func TestExtensions(t *testing.T) {
	list := extensions([]*Settings{{name: "a", context: "park", exten: "70", exclusive: true, first: 71, last: 71, hints: true}, {name: "b", context: "other", first: 1, last: 9}})
	got := ""
	for _, e := range list {
		got += e.Exten + " " + e.Application + "(" + e.Data + ") "
	}
	if want := "70 Park(a) 71 park:71@park() 71 ParkedCall(a,71) "; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestSeconds(t *testing.T) {
	if s := seconds(1500*time.Millisecond, true) + seconds(1500*time.Millisecond, false); s != "21" {
		t.Error(s)
	}
}

func TestWhatIsSaidOfAParkedCall(t *testing.T) {
	if got := strings.Join(sounds("beep:parked:at", "71"), " "); got != "beep digits/7 digits/1 at" {
		t.Error(got)
	}
}

func TestLotsThatClash(t *testing.T) {
	g := Settings{context: "park", exten: "70", first: 71, last: 75}
	for _, c := range []struct {
		name string
		with Settings
		want bool
	}{
		{"another context", Settings{context: "other", first: 71, last: 75}, false},
		{"the same space", Settings{context: "park", first: 75, last: 80}, true},
		{"the same extension for all lots", Settings{context: "park", exten: "70", first: 81, last: 85}, false},
		{"the same extension for one", Settings{context: "park", exten: "70", exclusive: true, first: 81, last: 85}, true},
	} {
		if got := g.clashes(&c.with); got != c.want {
			t.Errorf("%s: clashes is %v", c.name, got)
		}
	}
}
