package phone

import (
	"context"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/event"
)

// How long after its answer, or the time for it, chan_sip asks a peer again that did
// not answer in time.
const qualifyAgain = 10 * time.Second

// qualifier holds the next round of every AOR whose contacts are asked.
type qualifier struct {
	agenda
	// ask sends OPTIONS to a contact and calls done once with the final status,
	// or 0 without an answer in time. It does not wait.
	ask func(ctx context.Context, c *Contact, a *AOR, timeout time.Duration, done func(status int))

	rounds map[string]*round // by AOR; under the agenda's mu
}

// A round is what is known of the rounds of one AOR.
type round struct {
	aor           string
	queued        time.Time // when the first was planned
	started, next time.Time
	interval      time.Duration // to the next
	runs          int
}

// planned notes when an AOR's next round comes, and whether one begins now.
func (q *qualifier) planned(aor string, wait time.Duration, begins bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	now := time.Now()
	r := q.rounds[aor]
	if r == nil {
		r = &round{aor: aor, queued: now}
		if q.rounds == nil {
			q.rounds = map[string]*round{}
		}
		q.rounds[aor] = r
	}
	if r.next, r.interval = now.Add(wait), wait; begins {
		r.started = now
		r.runs++
	}
}

// list returns the rounds by AOR.
func (q *qualifier) list() []round {
	q.mu.Lock()
	defer q.mu.Unlock()
	var all []round
	for name, r := range q.rounds {
		if q.tasks[name] != nil {
			all = append(all, *r)
		} else {
			delete(q.rounds, name)
		}
	}
	slices.SortFunc(all, func(a, b round) int { return strings.Compare(a.aor, b.aor) })
	return all
}

// qualifyAll starts the rounds of all AORs of a model and ends those of others.
// The first rounds are spread over time, so that a start does not ask everybody at once.
func (d *Driver) qualifyAll(m *Model) {
	d.qualifier.mu.Lock()
	var gone []string
	known := map[string]bool{}
	for name := range d.qualifier.tasks {
		known[name] = true
		if a := m.AOR(name); a == nil || a.QualifyFrequency == 0 {
			gone = append(gone, name)
		}
	}
	d.qualifier.mu.Unlock()
	for _, name := range gone {
		d.qualifier.forget(d.clock, name)
	}
	gap, group := time.Duration(0), 0
	for _, a := range m.AORs {
		if a.QualifyFrequency == 0 || known[a.Name] {
			continue
		}
		first := a.QualifyFrequency
		if most := m.Global.MaxInitialQualify; most > 0 {
			first = min(first, most)
		}
		first = time.Duration(rand.Int64N(int64(first)))
		if g := m.Global.General; g != nil {
			first = gap
			if group++; group >= g.QualifyPeers {
				gap, group = gap+g.QualifyGap, 0
			}
		}
		name := a.Name
		d.qualifier.planned(name, first, false)
		d.qualifier.plan(d.clock, name, first, func() { d.qualifyRound(name) })
	}
}

// qualifySoon starts a round now, because a contact has come.
func (d *Driver) qualifySoon(a *AOR) {
	if a.QualifyFrequency > 0 {
		name := a.Name
		d.qualifier.planned(name, 0, false)
		d.qualifier.plan(d.clock, name, 0, func() { d.qualifyRound(name) })
	}
}

// qualifyRound asks all contacts of an AOR and plans the next round.
func (d *Driver) qualifyRound(aor string) {
	a := d.Model().AOR(aor)
	if a == nil || a.QualifyFrequency == 0 {
		return
	}
	next := a.QualifyFrequency
	if a.Lagged > 0 { // the next round never comes before the answers of this
		next = max(next, 2*a.Lagged+50*time.Millisecond)
	}
	d.qualifier.planned(a.Name, next, true)
	d.qualifier.plan(d.clock, a.Name, next, func() { d.qualifyRound(aor) })
	for _, c := range d.location.contacts(a.Name) {
		d.qualify(a, c)
	}
}

// answering is the AOR for a contact that is asked because somebody wants so: then
// challenges are answered with the endpoint's outbound_auth in any case.
func answering(a *AOR) *AOR {
	b := *a
	b.AuthenticateQual = true
	return &b
}

// qualify asks one contact whether it is there.
func (d *Driver) qualify(a *AOR, c *Contact) {
	timeout := a.QualifyTimeout
	if a.Lagged > 0 {
		timeout = 2 * a.Lagged
	}
	if d.qualifier.ask == nil {
		return
	}
	sent := time.Now()
	d.qualifier.ask(d.ctx, c, a, timeout, func(status int) {
		d.qualified(a, c.AOR, c.ID, status, time.Since(sent))
	})
}

// qualified notes what came of asking a contact.
func (d *Driver) qualified(a *AOR, aor, id string, code int, rtt time.Duration) {
	status := Reachable
	if code == 0 || a.Qualify2xxOnly && code/100 != 2 {
		status, rtt = Unreachable, 0
	}
	if status == Reachable && a.Lagged > 0 && rtt > a.Lagged {
		status = Lagged
	}
	var old, next *Contact
	for {
		if old = d.location.find(aor, id); old == nil {
			return
		}
		next = old.with(status, rtt)
		if d.location.replace(old, next) {
			break
		}
	}
	if d.technology == SIP {
		d.tellQualified(a, old, next)
		if again := a.QualifyFrequency; again > 0 {
			again = choose(status == Reachable, again, qualifyAgain)
			d.qualifier.plan(d.clock, a.Name, again, func() { d.qualifyRound(a.Name) })
		}
		return
	}
	d.contactTook(next, rtt)
	usec := strconv.FormatInt(rtt.Microseconds(), 10)
	if old.Status != status {
		d.testEvent("AOR_CONTACT_UPDATE", "res_pjsip/pjsip_options.c", "sip_options_contact_status_notify_task",
			event.Variable{Name: "Contact", Value: id}, event.Variable{Name: "Status", Value: status.String()})
	}
	d.testEvent("AOR_CONTACT_QUALIFY_RESULT", "res_pjsip/pjsip_options.c", "sip_options_contact_status_notify_task",
		event.Variable{Name: "Contact", Value: id}, event.Variable{Name: "Status", Value: status.String()}, event.Variable{Name: "RTT", Value: usec})
	if old.Status == status {
		return
	}
	d.updatePresence(aor)
	d.verbose(3, "Contact %s/%s is now %s.  RTT: %.3f msec", aor, next.URI, status, float64(rtt.Microseconds())/1000)
	d.contactStatus(next, status)
}

// tellQualified tells what chan_sip tells: log line and PeerStatus, when it changes.
func (d *Driver) tellQualified(a *AOR, old, next *Contact) {
	if old.Status == next.Status {
		return
	}
	d.giveBackLatency(next)
	ms := next.RTT.Milliseconds()
	if next.Status == Unreachable {
		d.tell(levelNotice, "Peer '%s' is now UNREACHABLE!  Last qualify: %d", next.AOR, old.RTT.Milliseconds())
		d.bus.Publish(&event.PeerStatus{Technology: SIP, Peer: next.AOR, Status: "Unreachable", RTT: -1})
		if d.Model().Global.General.RegextenOnQualify {
			d.extendPeer(next.AOR, false)
		}
	} else {
		d.tell(levelNotice, "Peer '%s' is now %s. (%dms / %dms)", next.AOR, next.Status, ms, a.Lagged.Milliseconds())
		d.bus.Publish(&event.PeerStatus{Technology: SIP, Peer: next.AOR, Status: next.Status.String(), RTT: next.RTT})
		if next.Status == Reachable && d.Model().Global.General.RegextenOnQualify {
			d.extendPeer(next.AOR, true)
		}
	}
	d.deviceChanged(next.AOR)
}
