package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// report is what there is to tell of an hour.
type report struct {
	size
	took, cpu time.Duration // on the clock; of the exchange's processor
	memory    int64         // the most that the exchange had, in bytes
	figures   figures

	accounted int            // calls that each record tells as the phones saw them
	ends      map[string]int // how calls left the queues, by queue_log
	early     int            // calls that were over before they came to a queue
	crossed   int
	rings     int // tries to reach an agent, as the phones saw them
	legs      int // channels in CEL
	rows      int // call records
	talked    time.Duration
	off       float64 // by how many seconds a talk in queue_log is off at most
}

func newReport(s size) *report { return &report{size: s, ends: map[string]int{}} }

// String tells it in lines.
func (r *report) String() string {
	var b strings.Builder
	line := func(what, format string, args ...any) {
		fmt.Fprintf(&b, "%-34s"+format+"\n", append([]any{what}, args...)...)
	}
	line("agents, calls", "%d, %d", r.Agents, r.Calls)
	line("an hour took", "%.1f s", r.took.Seconds())
	line("calls accounted for", "%d", r.accounted)
	for _, end := range slices.Sorted(maps.Keys(r.ends)) {
		line("  "+end, "%d", r.ends[end])
	}
	line("  hung up before the queue", "%d", r.early)
	line("  of all, crossed", "%d", r.crossed)
	line("agents' phones that rang", "%d", r.rings)
	line("channels in CEL, call records", "%d, %d", r.legs, r.rows)
	line("talked, in the centre's time", "%.1f h", (r.talked * time.Duration(1000) / max(1, time.Duration(1000*r.Over/hour))).Hours())
	line("talk in queue_log off by at most", "%.1f s", max(0, r.off))
	line("processor time of the exchange", "%.2f s, %.2f ms a call", r.cpu.Seconds(), 1000*r.cpu.Seconds()/float64(max(1, r.Calls)))
	line("memory of the exchange at most", "%d MiB", r.memory>>20)
	return b.String()
}
