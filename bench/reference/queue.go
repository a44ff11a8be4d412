package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/bench/traffic"
)

// Queues: what a caller's coming and going, a change of a member's state, a call that a
// member answers and the console's question cost beside few and beside very many other
// queues, and beside callers who wait. It is to cost the same.

const (
	queueCalls   = 500    // that members answer
	queueAsked   = 2000   // questions for one queue
	queueWaiting = 10_000 // callers, beside as many queues, if so many files may be open
	waitRate     = 150    // of them a second
)

// queueSizes are how many queues there are beside those that are measured.
var queueSizes = []int{10, 1000, 10_000}

// queueTurns are those of the dialplan's loops.
func (w *worker) queueTurns() int {
	if w.role == roleReference {
		return 2000 // which takes a minute, with many queues
	}
	return 40_000
}

// queueCosts are measured on a server for each size.
func queueCosts(size int) []operation {
	list := []operation{{"queue", fmt.Sprintf("%d queues", size), func(w *worker) error { return w.queued(fmt.Sprint(size)) }}}
	if size == queueWaiting {
		list = append(list, operation{"queue-wait", fmt.Sprintf("%d callers who wait", size), (*worker).waiting})
	}
	return list
}

// queueRows are the rows of the table.
func queueRows() []row {
	var list []row
	for _, what := range []row{
		{"memory", "memory at rest with %s queues", "MiB", 0},
		{"pass", "a caller comes to a queue and leaves, beside %s others (the turn of the dialplan included)", "µs CPU", 0},
		{"state", "state of a member's device changes, beside %s other queues (the turn of the dialplan and AstDB included)", "µs CPU", 0},
		{"serve", "call that a member answers, beside %s other queues", "ms CPU", 0},
		{"one", "`queue show` of one queue of %s", "µs CPU", 0},
		{"all", "`queue show` of all %s queues, each", "µs CPU", 0},
	} {
		for _, size := range queueSizes {
			one := what
			one.name, one.title = queueResult(what.name, fmt.Sprint(size)), fmt.Sprintf(what.title, fmt.Sprint(size))
			list = append(list, one)
		}
		if what.name == "pass" || what.name == "state" || what.name == "serve" {
			list = append(list, row{queueResult(what.name, "waiting"), "… and beside as many callers who wait", what.unit, 0})
		}
	}
	return append(list,
		row{"queue-waiting-count", "callers who wait in 10,000 queues (as many as files may be open)", "", 0},
		row{"queue-waiting", "what they cost while they do", "% of a core", 0},
		row{"queue-waiting-each", "memory of one of them, its SIP call included", "KiB", 0})
}

func queueResult(what, beside string) string { return "queue-" + what + "-" + beside }

// writeQueues adds queues.conf: ten in which nobody may stay, ten whose member answers,
// and size others, all of whose members have a device that the dialplan sets.
func writeQueues(folder string, size int) error {
	var text strings.Builder
	text.WriteString("[general]\npersistentmembers=no\n")
	for i := range 10 {
		fmt.Fprintf(&text, "[pass%d]\nleavewhenempty=paused\nmember => Local/nobody@bench,0,Nobody,Custom:none,no,0,yes\n", i)
		fmt.Fprintf(&text, "[serve%d]\nstrategy=rrmemory\nmember => PJSIP/callee\n", i)
	}
	for i := range size {
		fmt.Fprintf(&text, "[q%[1]d]\nmember => Local/nobody@bench,0,Agent %[1]d,Custom:agent%[1]d,no,0,yes\n", i)
	}
	return os.WriteFile(filepath.Join(folder, "queues.conf"), []byte(text.String()), 0o644)
}

// queued measures all that is done with queues, and names the results by what is beside.
func (w *worker) queued(beside string) error {
	if err := w.settled(); err != nil {
		return err
	}
	resident, err := w.process.resident()
	if err != nil {
		return err
	}
	w.results[queueResult("memory", beside)] = float64(resident) / (1 << 20)
	if err := w.steps(beside); err != nil {
		return err
	}
	return w.shown(beside)
}

// steps are what happens in queues.
func (w *worker) steps(beside string) error {
	for _, m := range []struct {
		name, number string
		count        int
		order        traffic.Order
		unit         func(time.Duration) float64
	}{
		{"pass", "pass", w.queueTurns(), traffic.Order{Count: 1, TheyEnd: true}, microseconds},
		{"state", "states", w.queueTurns(), traffic.Order{Count: 1, TheyEnd: true}, microseconds},
		{"serve", "serve", queueCalls, traffic.Order{Count: queueCalls, Rate: w.CallRate / 2}, milliseconds},
	} {
		m.order.Number = m.number
		caller := w.caller
		if w.waits != nil {
			caller = w.waits
		}
		name := queueResult(m.name, beside)
		used, err := w.costQuiet(name, func() error {
			w.callee.Taken()
			if err := caller.Place(m.order, 10*time.Minute); err != nil {
				return err
			}
			if taken := w.callee.Taken(); m.name == "serve" && taken != m.order.Count {
				return fmt.Errorf("%d of %d calls reached the member", taken, m.order.Count)
			}
			return nil
		})
		switch {
		case err != nil && w.role == roleReference: // which can't do all of it
			fmt.Fprintf(os.Stderr, "%s: %s: %v\n", w.role, name, err)
		case err != nil:
			return fmt.Errorf("%s: %w", m.name, err)
		default:
			w.results[name] = m.unit(used) / float64(m.count)
		}
	}
	return nil
}

// shown asks the console for one queue and for all.
func (w *worker) shown(beside string) error {
	list, err := dialAll(managerAddress, 10, false, 1<<16)
	if err != nil {
		return err
	}
	defer hangUp(list)
	name := queueResult("one", beside)
	if w.results[name], err = w.per(w.process, name, queueAsked, func() error {
		return ask(list, "Action: Command\r\nCommand: queue show serve5", queueAsked, 1)
	}); err != nil {
		return err
	}
	var size int
	if _, err := fmt.Sscan(beside, &size); err != nil {
		return err
	}
	turns := max(3, queueAsked/size)
	name = queueResult("all", beside)
	w.results[name], err = w.per(w.process, name, turns*(size+20), func() error {
		return ask(list[:1], "Action: Command\r\nCommand: queue show", turns, 1)
	})
	return err
}

// waiting has many callers wait, and measures what they cost and what all else does
// beside them. They hear ringing of their phone: music for all of them would be half a million
// packets a second.
func (w *worker) waiting() (err error) {
	before, err := w.process.resident()
	if err != nil {
		return err
	}
	count := w.waiters()
	w.results["queue-waiting-count"] = float64(count)
	if err := w.place(traffic.Order{Number: "wait", Count: count, Rate: waitRate, Hold: true, Ring: true}, patience); err != nil {
		return err
	}
	if err := w.settled(); err != nil {
		return err
	}
	after, err := w.process.resident()
	if err != nil {
		return err
	}
	w.results["queue-waiting-each"] = float64(after-before) / float64(count) / (1 << 10)
	const length = 10 * time.Second
	used, err := w.cost("queue-waiting", func() error { time.Sleep(length); return nil })
	if err != nil {
		return err
	}
	w.results["queue-waiting"] = float64(used) / float64(length+settle) * 100
	if w.waits, err = traffic.NewCaller("caller", waitsAt, serverAt, callerEar); err != nil {
		return err
	}
	defer func() { w.waits.Close(); w.waits = nil }()
	if err := w.steps("waiting"); err != nil {
		return err
	}
	return w.caller.Release(waitRate, patience)
}

// waiters are how many callers there is room for: a call is two sockets, and on Asterisk as
// many pipes.
func (w *worker) waiters() int {
	const others, phones = 400, 200 // files, of the server and for the calls beside
	each := 2
	if w.role == roleReference {
		each = 4
	}
	return min(queueWaiting, (w.files-others-phones)/each)
}

// settled waits until the server has done what it was given: until it takes nothing, or
// as little time and again.
func (w *worker) settled() error {
	const look, small, busy = 500 * time.Millisecond, 2 * tick, 300 * time.Millisecond
	end := time.Now().Add(5 * time.Minute)
	last, alike := time.Duration(0), 0
	for time.Now().Before(end) {
		before, err := w.process.cpu()
		if err != nil {
			return err
		}
		time.Sleep(look)
		after, err := w.process.cpu()
		if err != nil {
			return err
		}
		used := after - before
		if alike++; (used-last).Abs() > small || used > busy {
			alike = 0
		}
		if used <= small || alike == 3 {
			return nil
		}
		last = used
	}
	return fmt.Errorf("the server does not settle: %s of processor time in %s", last, look)
}

// costQuiet is cost with all that the server does later because of it, without what it
// does all the time.
func (w *worker) costQuiet(name string, do func() error) (time.Duration, error) {
	const look = 2 * time.Second
	before, err := w.process.cpu()
	if err != nil {
		return 0, err
	}
	time.Sleep(look)
	after, err := w.process.cpu()
	if err != nil {
		return 0, err
	}
	began := time.Now()
	used, err := w.cost(name, func() error {
		if err := do(); err != nil {
			return err
		}
		return w.settled()
	})
	always := time.Duration(float64(after-before) * float64(time.Since(began)) / float64(look))
	return max(used-always, 0), err
}
