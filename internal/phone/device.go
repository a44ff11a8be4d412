package phone

import (
	"strings"
	"sync"

	"github.com/octothorpe/octothorpe/internal/event"
)

// callState is what one call means for the state of its endpoint.
type callState uint8

const (
	callNone    callState = iota
	callInUse             // in conversation, or calling
	callRinging           // we call it and it rings
	callHeld              // it has put us on hold
	callBusy
)

// callOf translates a channel's state.
func callOf(s event.ChannelState, held bool) callState {
	switch {
	case s == event.Down:
		return callNone
	case s == event.Ringing:
		return callRinging
	case s == event.Busy:
		return callBusy
	case held:
		return callHeld
	}
	return callInUse
}

// callCounts counts the calls of every endpoint.
type callCounts struct {
	mu         sync.Mutex // a leaf
	byEndpoint map[string]*callCount
}

type callCount struct {
	states [callBusy + 1]int // by callState; callNone counts the calls that are not up yet
	total  int
}

func (c *callCount) used() int { return c.total - c.states[callNone] }

// callBegins counts a call of an endpoint. It reports false, and counts nothing,
// if the endpoint has as many as call-limit allows.
func (d *Driver) callBegins(e *Endpoint) bool {
	d.calls.mu.Lock()
	defer d.calls.mu.Unlock()
	c := d.calls.byEndpoint[e.Name]
	if c == nil {
		c = &callCount{}
		d.calls.byEndpoint[e.Name] = c
	}
	if e.Peer != nil && e.Peer.CallLimit > 0 && c.total >= e.Peer.CallLimit {
		return false
	}
	c.total++
	c.states[callNone]++
	return true
}

// callChanges moves a call that was begun from one state to another and tells of
// the device's state if that changed.
func (d *Driver) callChanges(e *Endpoint, from, to callState) {
	if from == to {
		return
	}
	d.calls.mu.Lock()
	if c := d.calls.byEndpoint[e.Name]; c != nil {
		c.states[from]--
		c.states[to]++
	}
	d.calls.mu.Unlock()
	d.deviceChanged(e.Name)
}

// callEnds ends a call that was begun, from the state that it had.
func (d *Driver) callEnds(e *Endpoint, from callState) {
	d.calls.mu.Lock()
	if c := d.calls.byEndpoint[e.Name]; c != nil {
		c.states[from]--
		c.total--
		if c.total == 0 {
			delete(d.calls.byEndpoint, e.Name)
		}
	}
	d.calls.mu.Unlock()
	d.deviceChanged(e.Name)
}

// count returns the calls of an endpoint.
func (d *Driver) count(name string) callCount {
	d.calls.mu.Lock()
	defer d.calls.mu.Unlock()
	if c := d.calls.byEndpoint[name]; c != nil {
		return *c
	}
	return callCount{}
}

func (d *Driver) deviceChanged(name string) {
	if d.hooks.DeviceChanged != nil {
		d.hooks.DeviceChanged(d.technology+"/"+name, d.deviceState(name))
	}
}

// DeviceState implements channel.Driver.
func (d *Driver) DeviceState(destination string) string {
	if d.lending.lends() && d.Model().Endpoint(d.endpointName(destination)) == nil {
		d.borrowAs(d.endpointName(destination), false) // who asks for a state has no use for more
	}
	return d.deviceState(destination)
}

// deviceState is DeviceState of what is known already.
func (d *Driver) deviceState(destination string) string {
	e := d.Model().Endpoint(d.endpointName(destination))
	if e == nil {
		return "INVALID"
	}
	c := d.count(e.Name)
	if d.technology == SIP {
		return d.peerState(e, c)
	}
	busyAt := e.DeviceStateBusyAt
	switch {
	case c.used() == 0 && !d.reachable(e):
		return "UNAVAILABLE"
	case c.used() == 0:
		return "NOT_INUSE"
	case busyAt > 0 && c.used() >= busyAt, c.states[callBusy] == c.used():
		return "BUSY"
	case c.states[callHeld] == c.used():
		return "ONHOLD"
	case c.states[callRinging] == c.used():
		return "RINGING"
	case c.states[callRinging] > 0:
		return "RINGINUSE"
	}
	return "INUSE"
}

// peerState is the state of a peer of sip.conf, whose calls count only where
// call-limit, busylevel or callcounter ask for it.
func (d *Driver) peerState(e *Endpoint, c callCount) string {
	p := e.Peer
	contacts := d.location.contacts(e.Name)
	if len(contacts) == 0 {
		return "UNAVAILABLE"
	}
	if p.CallCounter {
		used := c.used()
		switch {
		case c.states[callHeld] > 0:
			return "ONHOLD"
		case c.states[callRinging] > 0 && c.states[callRinging] == used:
			return "RINGING"
		case c.states[callRinging] > 0:
			return "RINGINUSE"
		case p.CallLimit > 0 && used >= p.CallLimit, p.BusyLevel > 0 && used >= p.BusyLevel:
			return "BUSY"
		case used > 0:
			return "INUSE"
		}
	}
	if p.Qualify > 0 && contacts[0].Status != Reachable {
		return "UNAVAILABLE"
	}
	return "NOT_INUSE"
}

// endpointName takes the endpoint out of what follows the technology in a dial
// string: 100, 100/sip:…, exten@100 (PJSIP), 100/exten (SIP).
func (d *Driver) endpointName(destination string) string {
	name, _, _ := strings.Cut(destination, "/")
	if at := strings.LastIndexByte(name, '@'); at >= 0 && d.Model().Endpoint(name) == nil {
		name = name[at+1:]
	}
	return name
}
