package callrecord

import (
	"log/slog"
	"sync"
	"time"

	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/logging"
)

// A Ledger keeps the records of the channels that there are.
type Ledger struct {
	log  *slog.Logger
	bus  *event.Bus
	emit func([]*Record) // takes what is complete; called by the encoder, with no lock of the ledger

	mu       sync.Mutex // guards what follows; never held while emit runs
	settings *Settings
	pages    map[string]*page // by unique ID
	next     int              // sequence
	cancel   func()
	done     []*Record // complete, not yet emitted
}

// A page is what the ledger knows of one channel.
type page struct {
	now            *event.Channel
	records        []*record
	originated     bool   // it was called on nobody's behalf
	ran            bool   // it does something of its own
	exten, context string // where it is, not counting what Gosub runs
	partyA         bool   // CDR_PROP(party_A)
	disabled       bool   // CDR_PROP(disable)
	ended          bool   // records ended with h
	userField      string
	vars           []event.Variable
}

// NewLedger returns a ledger that hears nothing yet.
func NewLedger(bus *event.Bus, logger *slog.Logger, emit func([]*Record)) *Ledger {
	return &Ledger{log: logger, bus: bus, emit: emit, settings: Defaults(), pages: map[string]*page{}}
}

var heard = event.Kinds(event.KindNewchannel, event.KindNewstate, event.KindNewexten, event.KindNewCallerid, event.KindNewAccountCode,
	event.KindRename, event.KindHangup, event.KindDialBegin, event.KindDialEnd, event.KindBridgeEnter, event.KindBridgeLeave, event.KindGeneric)

// Configure puts settings in force: the ledger begins to listen or ends. Channels
// that it has heard of keep their records.
func (l *Ledger) Configure(g *Settings) {
	l.mu.Lock()
	l.settings = g
	cancel := l.cancel
	begin := g.Enabled && cancel == nil
	if !g.Enabled {
		l.cancel = nil
		clear(l.pages)
	}
	l.mu.Unlock()
	switch {
	case begin:
		stop := l.bus.Subscribe(heard, l.take)
		l.mu.Lock()
		l.cancel = stop
		l.mu.Unlock()
	case !g.Enabled && cancel != nil:
		cancel()
	}
}

// setDebug has the ledger log what it does, or not, and reports whether that is new.
func (l *Ledger) setDebug(on bool) (changed bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	g := *l.settings
	changed = g.Debug != on
	g.Debug = on
	l.settings = &g
	return changed
}

// debug logs what becomes of a record, for who asked for it; l.mu is held.
func (l *Ledger) debug(what string, r *record) {
	if !l.settings.Debug {
		return
	}
	other := ""
	if r.b != nil {
		other = r.b.Name
	}
	logging.Verbosef(l.log, 0, "CDR %d (%s, %s): %s", r.sequence, r.a.Name, other, what)
}

// Settings returns those in force.
func (l *Ledger) Settings() *Settings {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.settings
}

// take is the encoder.
func (l *Ledger) take(s event.Stamped) {
	if done := l.noted(s); len(done) > 0 {
		l.emit(done)
	}
}

// noted returns the records that an event completes.
func (l *Ledger) noted(s event.Stamped) []*Record {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.done = nil
	l.note(s)
	return l.done
}

// note changes the records as an event says; l.mu is held.
func (l *Ledger) note(s event.Stamped) {
	at := s.Time
	switch e := s.Event.(type) {
	case *event.Newchannel:
		l.begin(e.Channel, at)
	case *event.Newstate:
		l.see(e.Channel, at)
	case *event.NewCallerid:
		l.see(e.Channel, at)
	case *event.NewAccountCode:
		l.see(e.Channel, at)
	case *event.Rename:
		l.see(e.Channel, at)
	case *event.Newexten:
		l.step(e.Channel, at)
	case *event.DialBegin:
		l.dial(e, at)
	case *event.DialEnd:
		l.dialled(e, at)
	case *event.BridgeEnter:
		l.enter(e, at)
	case *event.BridgeLeave:
		l.leave(e, at)
	case *event.Hangup:
		l.hangup(e.Channel, at)
	case *event.Generic:
		if e.Name == "ParkedCall" && len(e.Named) > 0 {
			l.parked(e, at)
		}
	}
}

// parked begins a record for a leg that another parks: one that parks itself has one.
func (l *Ledger) parked(e *event.Generic, at time.Time) {
	s := e.Named[0].Channel
	p := l.see(s, at)
	if p == nil || p.last().app == "Park" && p.last().open() && p.ran {
		return
	}
	for _, r := range p.records {
		l.end(r, at)
		r.theirs = r.theirs || r.b == nil && p.called()
	}
	p.ran = true
	lot, space := "", ""
	for _, v := range e.Fields {
		switch v.Name {
		case "Parkinglot":
			lot = v.Value
		case "ParkingSpace":
			space = v.Value
		}
	}
	r := l.add(p, at)
	r.app, r.data, r.held = "Park", lot+":"+space, true
}

func (l *Ledger) begin(s *event.Channel, at time.Time) {
	p := &page{now: s, exten: s.Exten, context: s.Context, disabled: !l.settings.DefaultEnabled}
	l.pages[s.UniqueID] = p
	l.add(p, at)
	l.see(s, at)
}

// add opens a record for what the channel does now.
func (l *Ledger) add(p *page, at time.Time) *record {
	r := &record{sequence: l.next, a: p.now, start: at, disposition: noAnswer, disabled: p.disabled, aField: p.userField, vars: p.vars}
	l.next++
	p.records = append(p.records, r)
	l.locate(p, r, p.now)
	if p.now.State == event.Up {
		r.answer = at
	}
	l.debug("begun", r)
	return r
}

// callees are what legs are said to do that others call.
var callees = map[string]bool{"AppDial": true, "AppQueue": true}

// locate notes where in the dialplan a record's channel is: not where an
// application's subroutine is, nor in h if records end before that.
func (l *Ledger) locate(p *page, r *record, s *event.Channel) {
	if s.Ending && l.settings.EndBeforeH || s.Subroutine || callees[s.Application] {
		return
	}
	if r.stage != reached {
		r.exten, r.context = p.exten, p.context
	}
	if s.Application != "" && !r.held {
		r.app, r.data = s.Application, s.Data
		r.held = s.Application == "Dial" || s.Application == "Queue"
	}
}

// see notes how a channel is now.
func (l *Ledger) see(s *event.Channel, at time.Time) *page {
	p := l.pages[s.UniqueID]
	if p == nil {
		return nil
	}
	p.now = s
	if !s.Gosub {
		p.exten, p.context = s.Exten, s.Context
	}
	if s.Ending && !p.ended {
		p.ended = true
		if l.settings.EndBeforeH {
			l.closeAll(p, at)
		}
	}
	for _, r := range p.records {
		if !r.open() {
			continue
		}
		r.a = s
		l.locate(p, r, s)
		if s.State == event.Up && r.answer.IsZero() {
			r.answer = at
		}
	}
	return p
}

// know notes how a channel is now, but not where: who is told to have answered may be
// about to go elsewhere already.
func (l *Ledger) know(s *event.Channel) *page {
	p := l.pages[s.UniqueID]
	if p == nil {
		return nil
	}
	p.now = s
	for _, r := range p.records {
		if r.open() {
			r.a = s
		}
	}
	return p
}

// step notes a step of the dialplan. One behind all that has come to an end begins
// a new record.
func (l *Ledger) step(s *event.Channel, at time.Time) {
	p := l.pages[s.UniqueID]
	if p == nil {
		return
	}
	for _, r := range p.records {
		if r.stage == reached && r.app != s.Application && !s.Subroutine { // it did not come to a bridge
			if r.b == nil { // nobody called it: what it does now belongs to the same record
				r.stage = alone
				continue
			}
			l.end(r, at)
		}
	}
	l.see(s, at)
	if !callees[s.Application] && !s.Subroutine && !s.Ending && !p.ran {
		if p.called() { // up to now it was part of somebody else's record
			for _, r := range p.records {
				l.end(r, at)
				r.theirs = r.b == nil
			}
		}
		p.ran = true
	}
	if p.current() != nil || s.Ending && l.settings.EndBeforeH || s.Subroutine && !s.Ending {
		return
	}
	l.add(p, at)
}

// current returns the newest open record, or nil.
func (p *page) current() *record {
	for i := len(p.records) - 1; i >= 0; i-- {
		if p.records[i].open() {
			return p.records[i]
		}
	}
	return nil
}

// last returns the newest open record, or the newest.
func (p *page) last() *record {
	if r := p.current(); r != nil {
		return r
	}
	return p.records[len(p.records)-1]
}

// end closes a record.
func (l *Ledger) end(r *record, at time.Time) {
	if !r.open() {
		return
	}
	if r.b != nil {
		if other := l.pages[r.b.UniqueID]; other != nil {
			r.b, r.bField, r.bVars = other.now, other.userField, other.vars
		}
	}
	switch {
	case r.stage == alone && !r.answer.IsZero(), r.stage == joined && !r.answer.IsZero():
		r.disposition = answered
	case r.stage == alone:
		r.disposition = ofCause(r.a.HangupCause, l.settings)
	}
	r.end, r.stage = at, closed
	l.debug("closed as "+r.disposition.String(), r)
}

func (l *Ledger) closeAll(p *page, at time.Time) {
	for _, r := range p.records {
		l.end(r, at)
	}
}

// hangup completes the records of a channel.
func (l *Ledger) hangup(s *event.Channel, at time.Time) {
	p := l.see(s, at)
	if p == nil {
		return
	}
	delete(l.pages, s.UniqueID)
	l.closeAll(p, at)
	for _, r := range p.records {
		if l.tells(p, r) {
			l.done = append(l.done, r.view(l.settings, at))
		}
	}
}

// tells reports whether a record is of interest.
func (l *Ledger) tells(p *page, r *record) bool {
	switch {
	case r.disabled:
		return false
	case r.b == nil && (p.called() || r.theirs): // it is told with who called
		return false
	case !l.settings.Unanswered && r.disposition != answered && r.b == nil:
		return false
	}
	return true
}

// called says that the channel was called by another and does nothing of its own.
func (p *page) called() bool { return p.now.Outgoing && !p.originated && !p.ran }

// Active returns how many channels have records that are not complete.
func (l *Ledger) Active() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.pages)
}

// Close ends listening.
func (l *Ledger) Close() {
	l.mu.Lock()
	cancel := l.cancel
	l.cancel = nil
	l.mu.Unlock()
	if cancel != nil {
		cancel()
	}
}
