package queue

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/internal/state"
)

// The words of joinempty and leavewhenempty mean what the reference says of each state.
func TestWhatIsEmpty(t *testing.T) {
	recorded, err := os.ReadFile("testdata/empty.tsv")
	if err != nil {
		t.Fatal(err)
	}
	states := append(slices.Clone(statusNumbers), "paused", "penalty")
	for line := range strings.Lines(string(recorded)) {
		part := strings.Split(strings.TrimSpace(line), "\t")
		if strings.HasPrefix(line, "#") || len(part) != 3 {
			continue
		}
		for i, side := range []string{"joinempty", "leavewhenempty"} {
			mask, unknown := ParseMask(part[0], i == 0)
			if len(unknown) > 0 {
				t.Errorf("%s: %v means nothing", part[0], unknown)
			}
			for _, s := range states {
				q := &Queue{settings: &Settings{}}
				m := &Member{q: q, status: s}
				switch s {
				case "paused":
					m.paused, m.status = true, state.NotInUse
				case "penalty":
					m.penalty, m.status = 9, state.NotInUse
				}
				q.members = []*Member{m}
				want := slices.Contains(strings.Fields(part[i+1]), s)
				if got := q.empty(&entry{q: q, most: 5}, mask, time.Now()); got != want {
					t.Errorf("%s = %s with a member who is %s: empty %t, want %t", side, part[0], s, got, want)
				}
			}
		}
	}
}
