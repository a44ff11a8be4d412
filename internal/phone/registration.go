package phone

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/logging"
)

// An outgoing is the state of one registration that we keep elsewhere.
type outgoing struct {
	mu      sync.Mutex // taken before the clock's
	r       *Registration
	state   string // "Unregistered", "Registered", "Rejected", "Stopped"; chan_sip has more
	next    time.Time
	task    *task
	retries int
	callID  string
	cseq    uint32
	since   time.Time // of the registration that holds
	refresh time.Duration
	busy    bool          // a REGISTER is under way
	expires time.Duration // that we ask for; 0 is the configuration's
	raised  bool          // the last answer was 423, and we have asked for more at once
	counted string        // the state of the figures
}

// registrations are all outgoing ones, by name.
type registrations struct {
	mu     sync.Mutex // a leaf
	byName map[string]*outgoing
	// send sends a REGISTER for the expiry (0 takes it back), answers a
	// challenge, and calls done once. It does not wait.
	send func(ctx context.Context, o *outgoing, expires time.Duration, done func(answer))
}

// An answer is what a registrar said, at last.
type answer struct {
	Code    int           // 0 is silence
	Expires time.Duration // that the registrar granted
	// MinExpires is what a 423 asks for.
	MinExpires time.Duration
	Ended      bool // it holds no longer, a registrar says with a 2xx
	NoAuth     bool // we were asked for a password and had none
	Rejected   bool // our password was refused
}

// asks reports whether a registrar has been asked and has not answered yet.
func (o *outgoing) asks() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.busy || o.state == "Request Sent"
}

func (d *Driver) outgoing(name string) *outgoing {
	d.outgoings.mu.Lock()
	defer d.outgoings.mu.Unlock()
	return d.outgoings.byName[name]
}

// startRegistrations makes the outgoing registrations those of a model: new ones
// begin, those that are gone are taken back, unchanged ones go on.
func (d *Driver) startRegistrations(m *Model) {
	wanted := map[string]*Registration{}
	for _, r := range m.Registrations {
		wanted[r.Name] = r
	}
	var gone, begin []*outgoing
	d.outgoings.mu.Lock()
	for name, o := range d.outgoings.byName {
		if r := wanted[name]; r == nil || !sameRegistration(r, o.r) {
			gone = append(gone, o)
			delete(d.outgoings.byName, name)
		}
	}
	for name, r := range wanted {
		if d.outgoings.byName[name] == nil {
			o := &outgoing{r: r, state: "Unregistered", callID: randomID() + "@" + randomID()[:8]}
			d.outgoings.byName[name] = o
			begin = append(begin, o)
		}
	}
	d.outgoings.mu.Unlock()
	for _, o := range gone {
		d.unregister(o)
		d.countRegistration(o, true)
	}
	for _, o := range begin {
		d.countRegistration(o, false)
		delay := time.Duration(0)
		if o.r.MaxInitialDelay > 0 {
			delay = time.Duration(rand.Int64N(int64(o.r.MaxInitialDelay)))
		}
		d.registerAfter(o, delay)
	}
}

func sameRegistration(a, b *Registration) bool {
	x, y := *a, *b
	x.Where, y.Where = "", ""
	return fmt.Sprintf("%+v", x) == fmt.Sprintf("%+v", y)
}

func (d *Driver) registerAfter(o *outgoing, delay time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	old := o.task
	o.task, o.next = d.clock.after(delay, func() { d.registerNow(o) }), time.Now().Add(delay) // it may run, and plan the next, at once
	d.clock.stop(old)
}

// registerNow sends a REGISTER unless one is under way.
func (d *Driver) registerNow(o *outgoing) {
	o.mu.Lock()
	if o.busy || d.outgoings.send == nil {
		o.mu.Unlock()
		return
	}
	o.busy = true
	if d.technology == SIP && o.state != "Registered" {
		o.state = "Request Sent"
	}
	expires := max(o.r.Expiration, o.expires)
	o.mu.Unlock()
	d.outgoings.send(d.ctx, o, expires, func(a answer) { d.registrarAnswered(o, a) })
}

// unregister takes a registration back and plans no other.
func (d *Driver) unregister(o *outgoing) {
	o.mu.Lock()
	t, held := o.task, o.state == "Registered"
	o.task, o.state = nil, "Unregistered"
	o.mu.Unlock()
	d.clock.stop(t)
	if held && d.outgoings.send != nil {
		d.outgoings.send(d.ctx, o, 0, func(answer) {})
	}
	d.tellRegistry(o, "Unregistered", "")
}

// registrarAnswered decides what comes next.
func (d *Driver) registrarAnswered(o *outgoing, a answer) {
	r := o.r
	o.mu.Lock()
	o.busy = false
	gone := o.task == nil
	o.mu.Unlock()
	if gone {
		return
	}
	if a.Code/100 == 2 && a.Ended && d.technology == PJSIP {
		o.mu.Lock()
		o.state, o.task = "Unregistered", nil
		o.mu.Unlock()
		d.tellRegistry(o, "Unregistered", "")
		return
	}
	if a.Code/100 == 2 {
		d.registeredElsewhere(o, a.Expires)
		return
	}
	longer := a.Code == 423 && a.MinExpires > r.Expiration && a.MinExpires > o.expires
	o.mu.Lock()
	if longer {
		o.expires = a.MinExpires
	}
	again := longer && !o.raised // a registrar that wants ever more waits like one that is out of order
	o.raised = longer
	o.mu.Unlock()
	if again {
		d.registerAfter(o, 0)
		return
	}
	temporary := longer || a.Code == 0 || a.Code/100 == 5 || a.Code == 408 || a.Code == 480 || a.Code == 491 || a.Code == 403 && r.ForbiddenRetryInterval > 0
	wait := r.RetryInterval
	state, cause := "Unregistered", ""
	switch {
	case a.Code == 0 && d.technology == SIP:
		state, cause = "Request Sent", "Timeout"
	case d.technology == SIP && a.NoAuth:
		state = "No Authentication"
	case (a.NoAuth || a.Rejected) && r.AuthRejectionPermanent:
		state, temporary = choose(d.technology == SIP, "No Authentication", "Rejected"), false
	case a.Code == 403 && r.ForbiddenRetryInterval > 0:
		wait = r.ForbiddenRetryInterval
	case !temporary && r.FatalRetryInterval > 0:
		state, wait, temporary = "Rejected", r.FatalRetryInterval, true
	case !temporary:
		state = "Rejected"
	}
	o.mu.Lock()
	o.retries++
	if temporary && r.MaxRetries > 0 && o.retries > r.MaxRetries {
		temporary, state = false, "Rejected"
	}
	o.state = state
	if d.technology == SIP && temporary {
		o.state = "Request Sent"
	}
	tries := o.retries
	o.mu.Unlock()
	d.tellFailed(o, a, temporary, wait, tries)
	d.tellRegistry(o, choose(a.Code == 0 && d.technology == SIP, "Unregistered", state), cause)
	if temporary {
		d.registerAfter(o, wait)
	}
}

func (d *Driver) tellFailed(o *outgoing, a answer, temporary bool, wait time.Duration, tries int) {
	r := o.r
	switch {
	case d.technology == SIP && a.Code == 0:
		d.tell(levelNotice, "   -- Registration for '%s@%s' timed out, trying again (Attempt #%d)", r.User, r.Host, tries+1)
	case d.technology == SIP:
		d.tell(levelNotice, "Registration of '%s@%s' was refused with %d", r.User, r.Host, a.Code)
	case a.Code == 0 && temporary:
		d.tell(logging.Warning, "No response received from '%s' on registration attempt to '%s', retrying in '%d'", r.ServerURI, r.ClientURI, wait/time.Second)
	case temporary:
		d.tell(logging.Warning, "Temporal response '%d' received from '%s' on registration attempt to '%s', retrying in '%d'",
			a.Code, r.ServerURI, r.ClientURI, wait/time.Second)
	default:
		d.tell(logging.Warning, "Fatal response '%d' received from '%s' on registration attempt to '%s', stopping outbound registration",
			a.Code, r.ServerURI, r.ClientURI)
	}
}

// minRefresh is how long a registration rests at least, whatever the registrar grants.
const minRefresh = time.Second

func (d *Driver) registeredElsewhere(o *outgoing, granted time.Duration) {
	if granted <= 0 {
		granted = o.r.Expiration
	}
	// A refresh comes before the end: 10 s, or half of what is short.
	refresh := granted - min(10*time.Second, granted/2)
	if d.technology == SIP {
		refresh = granted - min(15*time.Second, granted/2)
	}
	refresh = max(refresh, minRefresh)
	o.mu.Lock()
	o.state, o.retries, o.refresh, o.since, o.raised = "Registered", 0, refresh, time.Now(), false
	o.mu.Unlock()
	d.tellRegistry(o, "Registered", "")
	d.registerAfter(o, refresh)
}

func (d *Driver) tellRegistry(o *outgoing, status, cause string) {
	d.countRegistration(o, false)
	if !d.bus.Wants(event.KindRegistry) {
		return
	}
	e := &event.Registry{Technology: d.technology, Username: o.r.ClientURI, Domain: o.r.ServerURI, Status: status, Cause: cause}
	if d.technology == SIP {
		e.Username, e.Domain = o.r.User, o.r.Host
	}
	d.bus.Publish(e)
}

// registrationRow is a registration's line in the tables.
func (d *Driver) registrationRow(name string) string {
	r := d.Model().registration(name)
	state, left := "Unregistered", time.Duration(0)
	if o := d.outgoing(name); o != nil {
		o.mu.Lock()
		state, left = o.state, time.Until(o.next)
		if state == "Registered" {
			left = time.Until(o.since.Add(o.refresh + 10*time.Second))
		}
		o.mu.Unlock()
	}
	auth := "n/a"
	if len(r.OutboundAuths) > 0 {
		auth = r.OutboundAuths[0]
	}
	seconds, ago := int(left/time.Second), ""
	if seconds < 0 { // it is under way
		seconds, ago = -seconds, " ago"
	}
	return column(" "+r.Name+"/"+r.ServerURI, 57) + fmt.Sprintf("%-26.26s  %-16s  (exp. %ds%s)\n", auth, state, seconds, ago)
}

func (d *Driver) sendRegister(w io.Writer, args []string, yes bool) error {
	if len(args) != 1 {
		return &command.UsageError{}
	}
	if args[0] == "*all" {
		fmt.Fprint(w, choose(yes, "Re-register all queued\n", "Unregister all queued\n"))
		for _, r := range d.Model().Registrations {
			if o := d.outgoing(r.Name); o != nil && yes {
				d.registerAfter(o, 0)
			} else if o != nil {
				d.unregister(o)
			}
		}
		return nil
	}
	o := d.outgoing(args[0])
	if o == nil {
		return command.Refusal("Unable to retrieve registration " + args[0])
	}
	if yes {
		d.registerAfter(o, 0)
		return nil
	}
	d.unregister(o)
	return nil
}
