package exchange

import (
	"fmt"
	"strings"
	"sync"

	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/rest/stasis"
)

// endpointFiguresModule tells a StatsD server how many endpoints there are, in which state,
// and how many legs each has.
const endpointFiguresModule = "res_endpoint_stats"

// endpointFigures are what such a server was told.
type endpointFigures struct {
	deafen func()            // of who holds the exchange's reloading
	tell   func(line string) // a name, a value and a type

	mu    sync.Mutex                 // over tell, so that lines come in the order of what happened
	known map[string]*endpointFigure // by "PJSIP/alice"
}

type endpointFigure struct {
	state string
	legs  int
}

// configureEndpointFigures begins or ends them, and takes note of endpoints that are new or gone.
func (x *Exchange) configureEndpointFigures() error {
	f := &x.census
	if !x.house.WantsFigures() || !x.modules.wants(endpointFiguresModule) {
		x.stopEndpointFigures()
		return nil
	}
	f.are(x.house.Figure, x.endpoints())
	if f.deafen == nil {
		f.deafen = x.bus.Subscribe(event.Kinds(event.KindNewchannel, event.KindHangup, event.KindPeerStatus), f.hear)
	}
	return nil
}

func (x *Exchange) stopEndpointFigures() {
	f := &x.census
	if f.deafen != nil {
		f.deafen()
		f.deafen = nil
		f.are(x.house.Figure, nil)
	}
}

// are tells which endpoints there are now.
func (f *endpointFigures) are(tell func(line string), list []stasis.Endpoint) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.tell = tell
	gone := f.known
	f.known = map[string]*endpointFigure{}
	for _, e := range list {
		name := e.Technology + "/" + e.Resource
		one := gone[name]
		delete(gone, name)
		if one == nil {
			one = &endpointFigure{legs: len(e.Channels)}
			f.tell("endpoints.count:+1|g")
		}
		f.known[name] = one
		f.move(one, e.State)
	}
	for _, one := range gone {
		f.move(one, "")
		f.tell("endpoints.count:-1|g")
	}
}

// move tells that an endpoint is in another state, "" for none. f.mu is held.
func (f *endpointFigures) move(one *endpointFigure, state string) {
	if one.state == state {
		return
	}
	if one.state != "" {
		f.tell("endpoints.state." + one.state + ":-1|g")
	}
	if state != "" {
		f.tell("endpoints.state." + state + ":+1|g")
	}
	one.state = state
}

// hear follows the legs and the states of endpoints.
func (f *endpointFigures) hear(s event.Stamped) {
	switch e := s.Event.(type) {
	case *event.Newchannel:
		f.legs(stasis.EndpointOf(e.Channel), 1)
	case *event.Hangup:
		f.legs(stasis.EndpointOf(e.Channel), -1)
	case *event.PeerStatus:
		f.mu.Lock()
		defer f.mu.Unlock()
		if one, state := f.known[e.Technology+"/"+e.Peer], stasis.StateOf(e.Status); one != nil && state != "" {
			f.move(one, state)
		}
	}
}

// legs tells that an endpoint has more legs, or fewer.
func (f *endpointFigures) legs(endpoint string, more int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	one := f.known[endpoint]
	if one == nil {
		return
	}
	one.legs = max(0, one.legs+more)
	f.tell(fmt.Sprintf("endpoints.%s.channels:%d|g", strings.Replace(endpoint, "/", ".", 1), one.legs))
}
