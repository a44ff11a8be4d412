package rest

import (
	"sync/atomic"
	"time"

	"github.com/octothorpe/octothorpe/internal/event"
)

// answerSteps are the bounds of the histogram of how long requests take.
var answerSteps = [...]time.Duration{100 * time.Microsecond, 300 * time.Microsecond, time.Millisecond, 3 * time.Millisecond, 10 * time.Millisecond,
	100 * time.Millisecond, time.Second, 10 * time.Second}

// figures are what became of the requests of one operation since the start.
type figures struct {
	classes [6]atomic.Uint64 // by the first digit of the status
	took    atomic.Int64     // nanoseconds
	steps   [len(answerSteps) + 1]atomic.Uint64
}

func (f *figures) count(status int, took time.Duration) {
	f.classes[min(max(status/100, 0), len(f.classes)-1)].Add(1)
	f.took.Add(int64(took))
	step := 0
	for step < len(answerSteps) && took > answerSteps[step] {
		step++
	}
	f.steps[step].Add(1)
}

// OperationFigures are the figures of an operation, for the metrics.
type OperationFigures struct {
	Operation string
	Classes   [6]uint64 // of answers, by the first digit of their status
	Took      time.Duration
	Steps     map[float64]uint64 // how many took no more seconds than that
}

// Figures are those of all operations that were asked for.
func (s *Server) Figures() []OperationFigures {
	var list []OperationFigures
	for i := range s.figures {
		f := &s.figures[i]
		one := OperationFigures{Operation: names()[i], Took: time.Duration(f.took.Load()), Steps: map[float64]uint64{}}
		asked := uint64(0)
		for class := range f.classes {
			one.Classes[class] = f.classes[class].Load()
			asked += one.Classes[class]
		}
		if asked == 0 {
			continue
		}
		sum := uint64(0)
		for n, step := range answerSteps {
			sum += f.steps[n].Load()
			one.Steps[step.Seconds()] = sum
		}
		list = append(list, one)
	}
	return list
}

// do does an operation, and tells what became of it.
func (s *Server) do(e *entry, q *request) answer {
	began := time.Now()
	traced := s.Hub != nil && s.Hub.Bus.Wants(event.KindARIRequest)
	if traced && q.path["channelId"] != "" {
		if c := q.channel(); c != nil {
			q.about = c.Snapshot() // before it is perhaps no more
		}
	}
	var a answer
	if wrong := q.readBody(); wrong != nil {
		a = *wrong
	} else {
		a = e.do(s, q)
	}
	ended := time.Now()
	s.figures[e.number].count(a.status, ended.Sub(began))
	if traced {
		s.Hub.Bus.Publish(&event.ARIRequest{Operation: e.name, Channel: q.about, WebSocket: q.socket() != nil, Status: a.status,
			Parent: q.Header.Get("traceparent"), Began: began, Ended: ended})
	}
	return a
}

// name is how figures and spans call an operation.
func (r *route) name() string { return r.method + " " + r.path }
