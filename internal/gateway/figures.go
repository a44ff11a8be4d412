package gateway

import (
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// mostScripts is how many scripts have figures of their own. A dialplan may make up names; the rest
// are counted together, as otherScripts.
const (
	mostScripts  = 200
	otherScripts = "other"
)

// waitSteps are the bounds of the histogram of how long programs think.
var waitSteps = [...]time.Duration{100 * time.Microsecond, time.Millisecond, 10 * time.Millisecond, 100 * time.Millisecond,
	time.Second, 10 * time.Second, time.Minute}

// figures are what one script did since the start.
type figures struct {
	sessions, commands, refused atomic.Uint64
	running                     atomic.Int64
	failures                    [brokenOff + 1]atomic.Uint64
	waited                      atomic.Int64 // nanoseconds
	waits                       [len(waitSteps) + 1]atomic.Uint64
}

// A trouble is why a session counts as a failure.
type trouble uint8

const (
	unreachable trouble = iota // no connection, no file, or it can't be run
	badEnd                     // the script ended with a code other than 0, or was killed
	stalled                    // it did not read what it was told, or said nothing of a call that was over
	brokenOff                  // the connection failed
)

func (t trouble) String() string {
	return [...]string{"unreachable", "exit", "stalled", "broken"}[t]
}

// thought counts a command, and how long the program took to send it.
func (f *figures) thought(d time.Duration) {
	f.commands.Add(1)
	f.waited.Add(int64(d))
	step := 0
	for step < len(waitSteps) && d > waitSteps[step] {
		step++
	}
	f.waits[step].Add(1)
}

// scripts are the figures by script. The zero value is ready.
type scripts struct {
	mu   sync.Mutex // a leaf
	list map[string]*figures
}

// of finds the figures of a request: an address without its query, or a file.
func (s *scripts) of(request string) *figures {
	name, _, _ := strings.Cut(request, "?")
	name, _, _ = strings.Cut(name, ";")
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.list[name]
	if f != nil {
		return f
	}
	if s.list == nil {
		s.list = map[string]*figures{}
	}
	if len(s.list) >= mostScripts {
		if name = otherScripts; s.list[name] != nil {
			return s.list[name]
		}
	}
	f = &figures{}
	s.list[name] = f
	return f
}

// ScriptFigures are the figures of a script, for the metrics.
type ScriptFigures struct {
	Script             string
	Running            int
	Sessions, Commands uint64
	Refused            uint64            // commands that were answered 510, 511 or 520
	Failures           map[string]uint64 // sessions, by what was wrong
	Waited             time.Duration     // for all commands: how long the program thought
	Waits              map[float64]uint64
}

// Figures are those of all scripts.
func (g *Gateway) Figures() []ScriptFigures {
	g.scripts.mu.Lock()
	defer g.scripts.mu.Unlock()
	var list []ScriptFigures
	for name, f := range g.scripts.list {
		one := ScriptFigures{Script: name, Running: int(f.running.Load()), Sessions: f.sessions.Load(), Commands: f.commands.Load(),
			Refused: f.refused.Load(), Failures: map[string]uint64{}, Waited: time.Duration(f.waited.Load()), Waits: map[float64]uint64{}}
		for t := range f.failures {
			one.Failures[trouble(t).String()] = f.failures[t].Load()
		}
		sum := uint64(0)
		for i, step := range waitSteps {
			sum += f.waits[i].Load()
			one.Waits[step.Seconds()] = sum
		}
		list = append(list, one)
	}
	return list
}
