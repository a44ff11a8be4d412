package control

import (
	"fmt"
	"testing"
	"time"
)

func TestAWheelGivesWhatIsDueOnce(t *testing.T) {
	var w wheel[string]
	start := time.Unix(1000, 0)
	w.at(start.Add(2*time.Second), "b")
	w.at(start.Add(1500*time.Millisecond), "a")
	w.at(start.Add(300*time.Second), "late")
	var got []string
	take := func(s int64, k string) {
		got = append(got, fmt.Sprint(k, s-1000))
		if k == "a" {
			w.at(start, "again") // over already, so it comes next time
		}
	}
	w.turn(start, take)
	if len(got) != 0 {
		t.Errorf("too early: %v", got)
	}
	w.turn(start.Add(2*time.Second), take)
	w.turn(start.Add(time.Hour), take)
	if want := "[a1 b2 again3 late300]"; fmt.Sprint(got) != want {
		t.Errorf("got %v, want %s", got, want)
	}
	if len(w.slots) != 0 {
		t.Errorf("kept %v", w.slots)
	}
}
