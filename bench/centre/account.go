package main

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/octothorpe/octothorpe/bench/traffic"
)

// moment is how far apart two things may be that crossed each other on their way.
const moment = 2 * time.Second

// account compares the ledger with the records, call by call.
func (l *ledger) account(x *server, r *report) error {
	have, err := x.records()
	if err != nil {
		return err
	}
	wrong := l.errors
	for _, what := range have.stray {
		wrong = append(wrong, errors.New(what))
	}
	for _, v := range l.plan.visits {
		c := comparison{visit: v, report: r}
		c.compare(have)
		for _, what := range c.wrong {
			wrong = append(wrong, fmt.Errorf("%s in %s: %s", v.number, v.queue, what))
		}
		if len(c.wrong) == 0 {
			r.accounted++
		}
	}
	wrong = append(wrong, r.figures.compare(have)...)
	if len(wrong) > 20 {
		wrong = append(wrong[:20], fmt.Errorf("and %d more", len(wrong)-20))
	}
	return errors.Join(wrong...)
}

// comparison is one call.
type comparison struct {
	*visit
	*report
	wrong   []string
	crossed bool
	brief   bool // an agent hung up as soon as it had answered
}

func (c *comparison) say(format string, args ...any) {
	c.wrong = append(c.wrong, fmt.Sprintf(format, args...))
}

func (c *comparison) compare(have *records) {
	q, t, cdr := have.queued[c.number], have.traces[c.number], have.cdr[c.number]
	c.report.rings += len(c.visit.rings)
	if t == nil {
		c.say("CEL knows nothing of it")
		return
	}
	talked := false
	switch {
	case q != nil:
		if q.id != t.caller {
			c.say("it is %s in queue_log and %s in CEL", q.id, t.caller)
		}
		talked = c.compareQueueLog(q)
	case c.end != traffic.Left || len(c.visit.rings) > 0:
		c.say("queue_log knows nothing of it")
	default:
		c.early++ // it hung up before it came to the queue
	}
	for _, r := range c.visit.rings {
		if !r.taken.IsZero() && r.end == traffic.Left && near(r.taken, r.ended) {
			c.brief = true
		}
	}
	c.crossed = c.crossed || c.brief && q != nil && q.count("AGENTDUMP", "") > 0
	c.compareTrace(t, q != nil, talked)
	c.compareCDR(cdr, t, talked)
	if c.crossed {
		c.report.crossed++
	}
}

// near tells whether two things happened in the same moment.
func near(a, b time.Time) bool { return a.Sub(b).Abs() < moment }

// lastTaken is when an agent's phone answered last, zero if none did.
func (c *comparison) lastTaken() (at time.Time) {
	for _, r := range c.visit.rings {
		if r.taken.After(at) {
			at = r.taken
		}
	}
	return at
}

// compareQueueLog reports whether the caller talked to an agent.
func (c *comparison) compareQueueLog(q *queued) (talked bool) {
	if q.entered != 1 || q.queue != c.queue {
		c.say("it came %d times, to %s", q.entered, q.queue)
	}
	ends := map[string]int{}
	var last queueLine
	for _, line := range q.lines {
		switch line.event {
		case "CONNECT", "RINGNOANSWER", "RINGCANCELED", "AGENTDUMP":
		default:
			ends[line.event]++
			last = line
		}
	}
	if len(ends) != 1 || ends[last.event] != 1 {
		c.say("in queue_log it ended by %v", ends)
		return false
	}
	c.ends[last.event]++
	switch taken := c.lastTaken(); last.event {
	case "COMPLETEAGENT", "COMPLETECALLER":
		talked = true
		c.compareTalk(q, last)
	case "ABANDON", "EXITWITHTIMEOUT":
		by := traffic.Left
		if last.event == "EXITWITHTIMEOUT" {
			by = traffic.Ended
		}
		c.crossed = !taken.IsZero() || c.end != by
		if !taken.IsZero() && !near(taken, c.ended) || c.end != by && c.end != traffic.Left {
			c.say("it ended by %s, and the phones saw %v and an answer %v before", last.event, c.end, c.ended.Sub(taken))
		}
	default:
		c.say("in queue_log it ended by %s", last.event)
	}
	if n := q.count("CONNECT", ""); n != map[bool]int{true: 1}[talked] {
		c.say("it was connected %d times", n)
	}
	c.compareRings(q)
	return talked
}

// compareTalk compares a call that an agent took.
func (c *comparison) compareTalk(q *queued, last queueLine) {
	var r *ring
	for _, one := range c.visit.rings {
		if one.agent == last.agent && !one.taken.IsZero() {
			r = one
		}
	}
	if r == nil || q.count("CONNECT", last.agent) != 1 {
		c.say("it was completed with %s, whose phone took no such call", last.agent)
		return
	}
	by, first, other := c.end, c.ended, r.ended
	if last.event == "COMPLETEAGENT" {
		by, first, other = r.end, r.ended, c.ended
	}
	c.crossed = c.end == traffic.Left && r.end == traffic.Left
	if by != traffic.Left || c.crossed && first.Sub(other) > moment {
		c.say("%s, and the phones saw the caller %v and the agent %v", last.event, c.end, r.end)
	}
	talk := min(c.ended.Sub(r.taken), r.ended.Sub(r.taken)).Seconds()
	var logged float64
	if _, err := fmt.Sscan(last.data[1], &logged); err != nil {
		c.say("%s after %q", last.event, last.data)
	}
	if off := max(logged-talk, talk-logged-1); off > c.off { // the log has whole seconds
		c.off = off
	}
	if off := max(logged-talk, talk-logged-1); off > 2*moment.Seconds() {
		c.say("they talked %.1f s, in queue_log %v s", talk, logged)
	}
	c.talked += time.Duration(talk * float64(time.Second))
}

// compareRings compares how often which agents were called. Who is called at the same time
// as one who answers leaves no line.
func (c *comparison) compareRings(q *queued) {
	rang := map[string]int{}
	for _, r := range c.visit.rings {
		rang[r.agent]++
	}
	lines := map[string]int{}
	for _, line := range q.lines {
		switch line.event {
		case "CONNECT", "RINGNOANSWER", "RINGCANCELED", "AGENTDUMP":
			lines[line.agent]++
		}
	}
	for agent := range lines {
		if _, ok := rang[agent]; !ok && c.end != traffic.Left {
			c.say("%s is said to have rung, and did not", agent)
		}
	}
	for agent, n := range rang {
		got := lines[agent]
		if got > n && c.end != traffic.Left || got < n && c.queue != "ringall" && !c.crossed {
			c.say("%s rang %d times, %d in queue_log", agent, n, got)
		}
	}
}

// compareTrace compares CEL.
func (c *comparison) compareTrace(t *trace, queued, talked bool) {
	for id, n := range t.legs {
		if id == "" {
			continue
		}
		if n["CHAN_START"] != 1 || n["HANGUP"] != 1 || n["CHAN_END"] != 1 {
			c.say("CEL has of leg %s %v", id, n)
		}
	}
	in := map[bool]int{true: 1}
	n, answers := t.legs[""], 0
	for _, r := range c.visit.rings {
		if !r.taken.IsZero() {
			answers++
		}
	}
	want := map[string]int{"LINKEDID_END": 1, "APP_START": in[queued], "APP_END": in[queued], "BRIDGE_ENTER": 2 * in[talked], "BRIDGE_EXIT": n["BRIDGE_ENTER"]}
	if c.brief && n["BRIDGE_ENTER"] < 2 { // they did not meet
		want["BRIDGE_ENTER"] = n["BRIDGE_ENTER"]
	}
	for event, count := range want {
		if n[event] != count {
			c.say("CEL has %s %d times, not %d", event, n[event], count)
		}
	}
	if got := t.legs[t.caller]["ANSWER"]; got != 1 {
		c.say("CEL has the caller answered %d times", got)
	}
	if got := n["ANSWER"] - t.legs[t.caller]["ANSWER"]; got > answers || got < in[talked] || got < answers && !c.crossed && c.queue != "ringall" {
		c.say("%d agents answered, %d in CEL", answers, got)
	}
	rang := map[string]int{}
	for _, r := range c.visit.rings {
		rang[r.agent]++
	}
	for agent, legs := range t.agents {
		if legs < rang[agent] || legs > rang[agent] && c.end != traffic.Left && c.queue != "ringall" {
			c.say("%s rang %d times, CEL has %d legs", agent, rang[agent], legs)
		}
	}
	if len(t.agents) < len(rang) {
		c.say("CEL knows the agents %v", slices.Sorted(maps.Keys(t.agents)))
	}
	c.legs += len(t.legs) - 1
}

// compareCDR compares call records: one for each leg to an agent, and one where there was
// none.
func (c *comparison) compareCDR(rows []cdrRow, t *trace, talked bool) {
	legs, alone, answered := map[string]int{}, 0, 0
	for _, row := range rows {
		c.rows++
		switch {
		case row.id != t.caller:
			c.say("a call record is of %s, not %s", row.id, t.caller)
		case row.agent == "":
			alone++
		default:
			legs[row.agent]++
			if row.disposition == "ANSWERED" {
				answered++
			}
		}
		over := c.ended
		if c.released.After(over) { // the exchange bills until it hears of the end
			over = c.released
		}
		if whole := over.Sub(c.called).Seconds() + 2*moment.Seconds(); row.billed > whole || math.IsNaN(row.billed) {
			c.say("a call record bills %v s of %.1f", row.billed, whole)
		}
	}
	if !maps.Equal(legs, t.agents) {
		c.say("call records name %v, CEL %v", legs, t.agents)
	}
	if alone > 1 || alone == 0 && len(legs) == 0 {
		c.say("%d call records are of the caller alone", alone)
	}
	if answered != map[bool]int{true: 1}[talked] && !c.crossed {
		c.say("%d call records are of an answer", answered)
	}
}
