package queue

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/state"
)

// A Member is who may be called for a queue. What is not said to be fixed stands under
// its queue's lock.
type Member struct {
	q             *Queue // fixed
	iface, device string // fixed: what is called, and what tells its state
	line          memberLine
	name          string
	dynamic       bool // fixed: it was added while the exchange runs
	penalty       int
	ringInUse     bool
	paused        bool
	reason        string // of the pause
	wrapup        time.Duration

	status     string // of its device, as it was told last
	rung       int    // calls that ring it now
	inCall     int
	calls      int
	lastCall   time.Time // its end
	lastWrapup time.Duration
	lastPause  time.Time
	login      time.Time
	keeping    int // changes that are being written where the member lies
}

// statusNumbers are AMI's numbers of device states.
var statusNumbers = []string{state.Unknown, state.NotInUse, state.InUse, state.Busy, state.Invalid, state.Unavailable, state.Ringing, state.RingInUse, state.OnHold}

// busy tells whether a device of a state is in use.
func busy(status string) bool {
	switch status {
	case state.InUse, state.Busy, state.Ringing, state.RingInUse, state.OnHold:
		return true
	}
	return false
}

// wrapsUp returns how long the member still has after its last call. q.mu is held.
func (m *Member) wrapsUp(now time.Time) time.Duration {
	if m.lastCall.IsZero() {
		return 0
	}
	span := m.lastWrapup
	if m.wrapup > 0 {
		span = m.wrapup
	}
	return max(m.lastCall.Add(span).Sub(now), 0)
}

// available tells whether the member can be called now. q.mu is held.
func (m *Member) available(now time.Time) bool {
	switch {
	case m.paused, m.status == state.Invalid, m.status == state.Unavailable:
		return false
	case busy(m.status) && !m.ringInUse:
		return false
	case m.inCall > 0 && m.wrapupTime() > 0 && !m.ringInUse:
		return false
	}
	return m.wrapsUp(now) == 0
}

// wrapupTime is how long the member rests after a call. q.mu is held.
func (m *Member) wrapupTime() time.Duration {
	if m.wrapup > 0 {
		return m.wrapup
	}
	return m.q.settings.wrapup
}

func number(n int) string { return strconv.Itoa(n) }

func flag(b bool) string {
	if b {
		return "1"
	}
	return "0"
}

// membership is where the member comes from. q.mu is held.
func (m *Member) membership() string {
	switch {
	case m.dynamic:
		return "dynamic"
	case m.line.mapped:
		return "realtime"
	}
	return "static"
}

func (m *Member) statusNumber() int { return max(slices.Index(statusNumbers, m.status), 0) }

// figures are the fields that events and QueueStatus have in common. q.mu is held.
func (m *Member) figures() []event.Variable {
	return []event.Variable{field("StateInterface", m.device), field("Membership", m.membership()), field("Penalty", number(m.penalty)),
		field("CallsTaken", number(m.calls)), field("LastCall", strconv.FormatInt(unix(m.lastCall), 10)),
		field("LastPause", strconv.FormatInt(unix(m.lastPause), 10)), field("LoginTime", strconv.FormatInt(unix(m.login), 10)),
		field("InCall", flag(m.inCall > 0)), field("Status", number(m.statusNumber())), field("Paused", flag(m.paused)),
		field("PausedReason", m.reason)}
}

// fields are those of events about the member. q.mu is held.
func (m *Member) fields() []event.Variable {
	list := append([]event.Variable{field("Queue", m.q.name), field("MemberName", m.name), field("Interface", m.iface)}, m.figures()...)
	return append(list, field("Ringinuse", flag(m.ringInUse)), field("Wrapuptime", number(int(m.wrapup/seconds))))
}

// pauseDevice is the device that says whether a member is paused.
func (m *Member) pauseDevice() string { return "Queue:" + m.q.name + "_pause_" + m.iface }

// tellMember publishes an event with what a member is now.
func (m *Member) tell(name string) {
	m.q.mu.Lock()
	fields := m.fields()
	m.q.mu.Unlock()
	m.q.house.tell(name, nil, nil, fields...)
}

// logName is the name of the member where the log tells of its coming and going.
func (m *Member) logName() string {
	if m.q.house.settings().memberNameAsAgent {
		return m.name
	}
	return m.iface
}

// A NewMember is a member that is to be added.
type NewMember struct {
	Interface, Name, StateInterface string
	Penalty                         int
	Paused                          bool
	Reason                          string
	Wrapup                          time.Duration
}

// Add adds a member to a queue and reports whether there was none of its interface. by
// is who does, for the log.
func (q *Queue) Add(n NewMember, by string) bool {
	m := &Member{q: q, iface: n.Interface, device: n.StateInterface, name: n.Name, dynamic: true, penalty: max(n.Penalty, 0), paused: n.Paused, wrapup: n.Wrapup}
	if m.paused {
		m.reason, m.lastPause = n.Reason, time.Now()
	}
	if !q.join(m) {
		return false
	}
	h := q.house
	h.Devices.Look(m.pauseDevice())
	m.tell("QueueMemberAdded")
	q.tellAvail()
	if by != "" {
		h.Log.Write(q.name, by, m.logName(), "ADDMEMBER", pausedWord(n.Paused))
		q.persist()
	}
	q.kick()
	return true
}

// pausedWord is what the log says of a new member's pause.
func pausedWord(paused bool) string {
	if paused {
		return "PAUSED"
	}
	return ""
}

// join puts a new member among those of the queue.
func (q *Queue) join(m *Member) bool {
	if m.name == "" {
		m.name = m.iface
	}
	if m.device == "" {
		m.device = m.iface
	}
	status := q.house.status(m.device)
	q.mu.Lock()
	if q.find(m.iface) != nil {
		q.mu.Unlock()
		return false
	}
	m.status, m.login, m.ringInUse = status, time.Now(), q.settings.ringInUse
	if m.line.ringInUse != nil {
		m.ringInUse = *m.line.ringInUse
	}
	q.members = append(q.members, m)
	q.byInterface[strings.ToLower(m.iface)] = m
	q.mu.Unlock()
	q.house.enlist(m)
	return true
}

// find returns the member of an interface, or nil. q.mu is held.
func (q *Queue) find(iface string) *Member { return q.byInterface[strings.ToLower(iface)] }

// Member returns the member of an interface, or nil.
func (q *Queue) Member(iface string) *Member {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.find(iface)
}

// remove takes a member out.
func (q *Queue) remove(m *Member) {
	q.mu.Lock()
	q.members = slices.DeleteFunc(q.members, func(o *Member) bool { return o == m })
	delete(q.byInterface, strings.ToLower(m.iface))
	q.mu.Unlock()
	h := q.house
	h.strike(m)
	m.tell("QueueMemberRemoved")
	h.Devices.Look(m.pauseDevice())
	q.tellAvail()
	q.kick()
}

// How Remove ends.
const (
	removed = iota
	notThere
	notDynamic
)

// Remove takes a member out that was added. by is who does, for the log.
func (q *Queue) Remove(iface, by string) int {
	m := q.Member(iface)
	switch {
	case m == nil:
		return notThere
	case !m.dynamic:
		return notDynamic
	}
	q.remove(m)
	q.house.Log.Write(q.name, by, m.logName(), "REMOVEMEMBER", "")
	q.persist()
	return removed
}

// pause pauses or unpauses a member.
func (m *Member) pause(paused bool, reason string) {
	q, h := m.q, m.q.house
	q.mu.Lock()
	changed := m.paused != paused
	again := !changed && paused && m.reason != reason && h.settings().unpauseOnReason
	m.paused, m.reason = paused, reason
	if paused {
		m.lastPause = time.Now()
	}
	q.mu.Unlock()
	if changed {
		h.Devices.Look(m.pauseDevice())
	}
	if again {
		h.Log.Write(q.name, "NONE", m.name, "UNPAUSE", reason)
	}
	h.Log.Write(q.name, "NONE", m.name, map[bool]string{true: "PAUSE", false: "UNPAUSE"}[paused], reason)
	if m.dynamic {
		q.persist()
	}
	m.keep(field("paused", flag(paused)), field("reason_paused", reason))
	q.tellAvail()
	m.tell("QueueMemberPause")
	if !paused { // the reason was of this one event
		q.mu.Lock()
		m.reason = ""
		q.mu.Unlock()
	}
	q.kick()
}

// pauseSome pauses the members of an interface, in one queue or with "" in all, and
// reports whether there are some.
func (h *House) pauseSome(queue, iface, reason string, paused bool) bool {
	list := h.pick(queue, iface)
	if len(list) == 0 {
		return false
	}
	if queue == "" {
		h.Log.Write("NONE", "NONE", list[0].name, map[bool]string{true: "PAUSEALL", false: "UNPAUSEALL"}[paused], reason)
	}
	for _, m := range list {
		m.pause(paused, reason)
	}
	return true
}

// pick returns the members of an interface, in one queue or with "" in all.
func (h *House) pick(queue, iface string) []*Member {
	if queue == "" {
		return h.memberships(iface)
	}
	if q := h.Find(queue); q != nil {
		if m := q.Member(iface); m != nil {
			return []*Member{m}
		}
	}
	return nil
}

// setPenalty sets the penalty of the members of an interface.
func (h *House) setPenalty(queue, iface string, penalty int) bool {
	if penalty < 0 && !h.settings().negativeInvalid {
		return false
	}
	return h.alter(queue, iface, "PENALTY", number(penalty), "QueueMemberPenalty", "penalty", func(m *Member) { m.penalty = penalty })
}

// setRingInUse says of the members of an interface whether they are called while they talk.
func (h *House) setRingInUse(queue, iface string, ring bool) bool {
	return h.alter(queue, iface, "RINGINUSE", flag(ring), "QueueMemberRinginuse", "ringinuse", func(m *Member) { m.ringInUse = ring })
}

// alter changes the members of an interface, and tells and logs it. change runs under
// the queue's lock; column is where a database has the value.
func (h *House) alter(queue, iface, entry, value, event, column string, change func(*Member)) bool {
	list := h.pick(queue, iface)
	for _, m := range list {
		m.q.mu.Lock()
		change(m)
		m.q.mu.Unlock()
		h.Log.Write(m.q.name, "NONE", m.iface, entry, value)
		if m.dynamic {
			m.q.persist()
		}
		m.keep(field(column, value))
		m.tell(event)
		m.q.kick()
	}
	return len(list) > 0
}
