package manager

import (
	"io"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/octothorpe/octothorpe/internal/command"
)

// Events wait for who does not read, and are told with how many they wait for.
func TestBacklogIsWhatClientsHaveNotRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newTrial(t, "")
		defer k.end()
		if list := k.Backlog(); len(list) > 0 {
			t.Errorf("nobody listens, and %v wait", list)
		}
		reads, sleeps := k.login("boss", "secret", "Events: user"), k.login("boss", "secret", "Events: user")
		for n := range 3 {
			tick(k, n)
			reads.want("Event: UserEvent")
			synctest.Wait() // the first is on its way to who sleeps
		}
		list := k.Backlog()
		if len(list) != 2 {
			t.Fatalf("%d events wait, want 2: %v", len(list), list)
		}
		for i, want := range []string{"N: 1\r\n\r\n", "N: 2\r\n\r\n"} {
			if p := list[i]; !strings.HasPrefix(p.Text, "Event: UserEvent\r\n") || !strings.HasSuffix(p.Text, want) || p.Class != command.UserClass || p.Clients != 1 {
				t.Errorf("event %d is %+v, want one that ends with %q, for one client", i, p, want)
			}
		}
		for n := range 3 {
			sleeps.want("Event: UserEvent", "N: "+string(rune('0'+n)))
		}
		synctest.Wait()
		if list := k.Backlog(); len(list) > 0 {
			t.Errorf("all is read, and %v wait", list)
		}
	})
}

// Who is kicked reads the end, and nobody else does.
func TestKick(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newTrial(t, "")
		defer k.end()
		if got := k.Kick(0); got != NoSession {
			t.Errorf("nobody is there: %d", got)
		}
		c := k.login("boss", "secret", "Events: off")
		if got := k.Kick(7); got != NoSession {
			t.Errorf("another's descriptor: %d", got)
		}
		if got := k.Kick(0); got != KickedNow { // a pipe has none
			t.Errorf("kicked: %d", got)
		}
		if _, err := io.ReadAll(c); err != nil {
			t.Errorf("the connection: %v", err)
		}
		synctest.Wait()
		if list := k.Sessions(); len(list) > 0 {
			t.Errorf("there are still %v", list)
		}
	})
}
