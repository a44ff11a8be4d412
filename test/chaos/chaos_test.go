package chaos

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/sip"
	"github.com/octothorpe/octothorpe/test/blackbox"
)

const (
	callerAddress = "127.0.0.2"
	calleeAddress = "127.0.0.3"

	mostGrowth = 600 // MiB: 65,536 finished transactions and as much again for the collector
)

// howMany is the number of calls that are held.
func howMany(t *testing.T) int {
	text := os.Getenv("CHAOS_CALLS")
	if text == "" {
		return 2000
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 10 {
		t.Fatalf("CHAOS_CALLS=%s: want a number of calls, at least 10", text)
	}
	return n
}

// TestNoCallIsLost: calls are held while the dialplan is reloaded, the SIP ports
// are flooded and a phone disappears. All others go on, hear each other, answer,
// and end as they should; then the exchange does.
func TestNoCallIsLost(t *testing.T) { hold(t, howMany(t), 6, 60_000) }

// The same with fewer calls on an exchange that looks for races: the detector
// bears no more than 8,128 goroutines.
func TestNoCallRaces(t *testing.T) {
	if !raced {
		t.Skip("go test -race runs it")
	}
	hold(t, 200, 2, 5_000, "-race")
}

// hold has n calls and, while they are held, at least so many reloads of each kind
// and datagrams of garbage.
func hold(t *testing.T, n, reloads, datagrams int, build ...string) {
	address := blackbox.Address(t)
	callers, callees := newPhone(t, callerAddress, address), newPhone(t, calleeAddress, address)
	mortal := newPhone(t, calleeAddress, address)
	p := start(t, address, callees.address, mortal.address, build...)

	began := time.Now()
	calls := dialAll(t, callers, n-3)
	mortalCall := startTalk(t, address, "2000001", mortal, 0x10)
	talks := []*talk{startTalk(t, address, "1900001", callees, 0x20), startTalk(t, address, "1900002", callees, 0x30)}
	if got := p.channels(); got != 2*n {
		t.Fatalf("%d channels, want %d", got, 2*n)
	}
	before := p.memory()
	t.Logf("%d calls after %v; the exchange holds %d MiB", n, time.Since(began).Round(time.Millisecond), before)
	for _, k := range talks {
		k.passes(t, "before")
	}
	mortalCall.passes(t, "before")

	storm(t, p, callers, callees, mortal, mortalCall, talks, calls, reloads, datagrams)
	after := p.memory()
	t.Logf("after the storm the exchange holds %d MiB", after)
	if after > before+mostGrowth && !p.raced {
		t.Errorf("the storm made the exchange grow from %d to %d MiB, want at most %d more", before, after, mostGrowth)
	}

	if got := p.channels(); got != 2*(n-1) {
		t.Errorf("%d channels after the storm, want %d: all but those of the phone that disappeared", got, 2*(n-1))
	}
	for _, k := range talks {
		k.passes(t, "after")
		calls = append(calls, k.call)
	}
	began = time.Now()
	all(t, calls, "is still there", func(_ int, c *call) error { return want(c.request(sip.Invite)) })
	hangUpAll(t, calls, callees)
	eventually(t, "no channel stays", 10*time.Second, func() bool { return p.channels() == 0 })
	t.Logf("%d calls asked and ended after %v", len(calls), time.Since(began).Round(time.Millisecond))
	stops(t, p)
}

// want makes an error of a status that is not 200.
func want(status int, err error) error {
	if err == nil && status != 200 {
		err = fmt.Errorf("it was answered %d", status)
	}
	return err
}

// all does something with every call, many at a time, and names those that failed.
func all(t *testing.T, calls []*call, what string, f func(i int, c *call) error) {
	t.Helper()
	var failed atomic.Int64
	var workers sync.WaitGroup
	next := make(chan int)
	for range 64 {
		workers.Add(1)
		go func() {
			defer workers.Done()
			for i := range next {
				if err := f(i, calls[i]); err != nil {
					if failed.Add(1) <= 10 {
						t.Errorf("call %d %s: %v", i, what, err)
					}
				}
			}
		}()
	}
	for i := range calls {
		next <- i
	}
	close(next)
	workers.Wait()
	if k := failed.Load(); k > 0 {
		t.Fatalf("%d of %d calls: not so that each %s", k, len(calls), what)
	}
}

func dialAll(t *testing.T, callers *phone, n int) []*call {
	t.Helper()
	calls := make([]*call, n)
	all(t, calls, "is answered", func(i int, _ *call) error {
		c, err := callers.dial(strconv.Itoa(1000000 + i))
		calls[i] = c
		return err
	})
	return calls
}

// hangUpAll ends half of the calls at one side and half at the other, and sees
// that the side across is told.
func hangUpAll(t *testing.T, calls []*call, callees *phone) {
	t.Helper()
	all(t, calls, "ends", func(i int, c *call) error {
		callees.mu.Lock()
		there := callees.numbers[c.number]
		callees.mu.Unlock()
		if there == nil {
			return fmt.Errorf("%s never came to the callee", c.number)
		}
		here := c
		if i%2 == 1 {
			here, there = there, here
		}
		if err := want(here.request(sip.Bye)); err != nil {
			return err
		}
		select {
		case <-there.ended:
			return nil
		case <-time.After(patience):
			return fmt.Errorf("the other side of %s was not told", c.number)
		}
	})
}

// storm is all that happens while the calls are held.
func storm(t *testing.T, p *pbx, callers, callees, mortal *phone, lost *talk, talks []*talk, calls []*call, reloads, datagrams int) {
	t.Helper()
	began := time.Now()
	victims := make([]victim, len(calls))
	for i, c := range calls {
		victims[i] = victim{c.id, strings.Split(c.local, ";")[0], strings.Split(c.remote, ";")[0]}
	}
	var pause time.Duration
	if p.raced { // the detector is slow, and there is more for it to look at
		pause = time.Millisecond
	}
	f := startFlood(t, p.sip, victims, pause)
	vanish(lost, mortal)

	var others sync.WaitGroup
	others.Add(1)
	var reloaded int
	go func() {
		defer others.Done()
		for reloaded = 1; reloaded <= reloads || f.datagrams.Load() < int64(datagrams); reloaded++ {
			p.plan(reloaded, callees.address, mortal.address)
			if out := p.ask("dialplan reload"); !strings.Contains(out, "Dialplan reloaded") {
				t.Errorf("dialplan reload printed %q", out)
			}
			if out := p.ask("dialplan show globals"); !strings.Contains(out, fmt.Sprintf("GENERATION=%d\n", reloaded)) {
				t.Errorf("reload %d of the dialplan was not: %q", reloaded, out)
			}
			p.ask("core reload")
		}
	}()
	// Others go on to call in the storm, and are not starved.
	waits := fresh(t, callers)
	for _, k := range talks {
		k.passes(t, "in the storm")
	}
	select {
	case <-lost.call.ended:
	case <-time.After(patience):
		t.Error("the caller of the phone that disappeared was not told in time")
	}
	others.Wait()
	f.end()
	slices.Sort(waits)
	t.Logf("storm of %v: %d datagrams (%s dropped by the kernel), %d writes by TCP, %d reloads of each kind; a fresh call took %v in the middle, %v at most",
		time.Since(began).Round(time.Millisecond), f.datagrams.Load(), p.dropped(), f.streams.Load(), reloaded-1, waits[len(waits)/2], waits[len(waits)-1])
}

// vanish lets a phone disappear: its sockets close without a word.
func vanish(k *talk, p *phone) {
	k.calleeEar.hush()
	_ = k.calleeEar.conn.Close()
	_ = p.conn.Close()
}

// fresh makes calls one after the other, asks within them, ends them, and
// returns how long each took.
func fresh(t *testing.T, callers *phone) []time.Duration {
	t.Helper()
	var waits []time.Duration
	for i := range 20 {
		began := time.Now()
		c, err := callers.dial(strconv.Itoa(1500000 + i))
		if err == nil {
			err = want(c.request(sip.Options))
		}
		if err == nil {
			err = want(c.request(sip.Bye))
		}
		if err != nil {
			t.Errorf("call %d in the storm: %v", i, err)
		}
		waits = append(waits, time.Since(began).Round(time.Millisecond))
	}
	return waits
}

// stops ends the exchange, which has to leave as it should and have nothing to complain of.
func stops(t *testing.T, p *pbx) {
	t.Helper()
	began := time.Now()
	p.ask("core stop now")
	select {
	case <-p.ended:
	case <-time.After(20 * time.Second):
		t.Fatal("the exchange did not stop")
	}
	t.Logf("stopped within %v", time.Since(began).Round(time.Millisecond))
	if code := p.command.ProcessState.ExitCode(); code != 0 {
		t.Errorf("the exchange ended with %d, want 0", code)
	}
	for _, name := range []string{"full", "output"} {
		text, err := os.ReadFile(p.dir + "/" + name)
		if err != nil {
			t.Error(err)
		}
		for _, evil := range []string{"panic", "DATA RACE"} {
			if strings.Contains(string(text), evil) {
				t.Errorf("%s has a %s", name, evil)
			}
		}
	}
}
