package phone

import (
	"fmt"
	"testing"
	"time"
)

// What a REGISTER with many contacts costs grows with their number and not with its
// square: eight times as many take far less than sixty-four times as long.
func TestManyContactsCostNoMoreEach(t *testing.T) {
	cost := func(n int) time.Duration {
		d := New(Config{Model: newModel(PJSIP)})
		a := &AOR{Name: "crowd", MaxContacts: 2 * n, DefaultExpiration: time.Hour, MinimumExpiration: time.Minute, MaximumExpiration: time.Hour}
		q := &registering{Endpoint: &Endpoint{Name: "crowd"}, AOR: a, Expires: 60}
		for i := range n {
			q.Bindings = append(q.Bindings, binding{URI: fmt.Sprintf("sip:%d@192.0.2.1", i), Expires: -1})
		}
		best := time.Hour
		for range 3 {
			began := time.Now()
			if changes, full := d.bind(q, time.Now()); full || len(changes) != n {
				t.Fatalf("%d changes of %d, full %v", len(changes), n, full)
			}
			best = min(best, time.Since(began))
		}
		if got := len(d.location.contacts("crowd")); got != n {
			t.Fatalf("%d contacts, want %d", got, n)
		}
		return best
	}
	var few, many time.Duration
	for range 10 { // a busy machine interrupts what takes longer
		if few, many = cost(500), cost(4000); many <= 32*few {
			return
		}
	}
	t.Errorf("500 contacts take %v and 4000 take %v", few, many)
}
