package queue

import (
	"slices"
	"strings"
	"time"
)

// What of the configuration is put in force.
const (
	Parameters = 1 << iota
	Members
	RuleSets
	Everything = Parameters | Members | RuleSets
)

// ConfigureRules puts queuerules.conf in force, for callers from now on.
func (h *House) ConfigureRules(r *Rules) { h.rules.Store(r) }

// Configure puts queues.conf in force: what says which parts of it, and only the queue
// of a name if that is not "".
func (h *House) Configure(f *File, what int, only string) {
	if what&Parameters != 0 && only == "" {
		g := f.general
		h.general.Store(&g)
	}
	only = strings.ToLower(only)
	for _, name := range f.names {
		key := strings.ToLower(name)
		if only != "" && key != only {
			continue
		}
		s := f.queues[key]
		q := h.make(name, s)
		if q == nil {
			continue
		}
		if what&Parameters != 0 {
			q.mu.Lock()
			q.settings, q.gone = s, false
			q.mu.Unlock()
		}
		if what&Members != 0 {
			q.setMembers(s.members)
		}
		q.kick()
	}
	if what&Parameters != 0 {
		h.bury(f, only)
	}
	h.weigh()
}

// make returns the queue of a name, made if need be.
func (h *House) make(name string, s *Settings) *Queue {
	key := strings.ToLower(name)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.queues == nil {
		h.queues, h.members, h.devices = map[string]*Queue{}, map[string][]*Member{}, map[string][]*Member{}
	}
	if h.queues[key] == nil {
		h.queues[key], h.sorted = newQueue(h, name, s), nil
	}
	return h.queues[key]
}

// bury forgets the queues that the file has no more, once nobody waits in them.
func (h *House) bury(f *File, only string) {
	for _, q := range h.All() {
		key := strings.ToLower(q.name)
		if f.queues[key] != nil || only != "" && key != only {
			continue
		}
		q.mu.Lock()
		q.gone = true
		q.mu.Unlock()
		h.dismantle(q)
	}
}

// dismantle forgets a queue that is gone and in which nobody waits.
func (h *House) dismantle(q *Queue) {
	q.mu.Lock()
	over := q.gone && len(q.entries) == 0
	members := slices.Clone(q.members)
	if over && q.wrapTimer != nil {
		q.wrapTimer.Stop()
	}
	q.mu.Unlock()
	if !over {
		return
	}
	for _, m := range members {
		h.strike(m)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if key := strings.ToLower(q.name); h.queues[key] == q {
		delete(h.queues, key)
		h.sorted = nil
	}
}

// weigh notes whether any queue has a weight.
func (h *House) weigh() {
	weighty := false
	for _, q := range h.All() {
		q.mu.Lock()
		weighty = weighty || q.settings.weight != 0
		q.mu.Unlock()
	}
	h.weighty.Store(weighty)
}

// setMembers makes the members that the file names those that it has. Who was there
// before keeps what happened meanwhile, but where the file has changed.
func (q *Queue) setMembers(lines []memberLine) {
	named := map[string]bool{}
	for _, line := range lines {
		named[strings.ToLower(line.iface)] = true
		m := q.Member(line.iface)
		if m == nil {
			q.addLine(line)
			continue
		}
		q.mu.Lock()
		if !m.dynamic && m.keeping == 0 && !m.line.equal(line) {
			old := m.line
			m.line = line
			if m.penalty = line.penalty; line.name != "" {
				m.name = line.name
			}
			m.wrapup = line.wrapup
			if line.ringInUse != nil {
				m.ringInUse = *line.ringInUse
			}
			if old.paused != line.paused || old.reason != line.reason {
				m.paused, m.reason = line.paused, line.reason
			}
		}
		q.mu.Unlock()
		if want := line.state; !m.dynamic && want != "" && want != m.device { // another device tells its state
			q.remove(m)
			q.addLine(line)
		}
	}
	q.mu.Lock()
	unnamed := slices.DeleteFunc(slices.Clone(q.members), func(m *Member) bool { return m.dynamic || named[strings.ToLower(m.iface)] })
	q.mu.Unlock()
	for _, m := range unnamed {
		q.remove(m)
		if m.line.mapped {
			q.house.Log.Write(q.name, "REALTIME", m.logName(), "REMOVEMEMBER", "")
		}
	}
}

func (q *Queue) addLine(line memberLine) {
	m := &Member{q: q, iface: line.iface, name: line.name, device: line.state, line: line, penalty: line.penalty, paused: line.paused, wrapup: line.wrapup}
	if m.paused {
		m.lastPause, m.reason = time.Now(), line.reason
	}
	if q.join(m) && line.mapped {
		q.house.Log.Write(q.name, "REALTIME", m.logName(), "ADDMEMBER", pausedWord(line.paused))
	}
}

func (l memberLine) equal(o memberLine) bool {
	ring := func(b *bool) int {
		switch {
		case b == nil:
			return 0
		case *b:
			return 1
		}
		return 2
	}
	return l.iface == o.iface && l.name == o.name && l.state == o.state && l.penalty == o.penalty && l.wrapup == o.wrapup &&
		l.paused == o.paused && l.id == o.id && l.reason == o.reason && ring(l.ringInUse) == ring(o.ringInUse)
}
