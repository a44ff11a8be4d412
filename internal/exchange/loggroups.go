package exchange

import (
	"sync"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/logging"
)

// logGroups are the groups of calls by which `logger filter` chooses what consoles show.
type logGroups struct {
	mu     sync.Mutex // a leaf
	byCall map[string]string
}

// spareGroups is how many calls that have ended may have groups still.
const spareGroups = 64

// setLogGroup puts a leg's call into a group; "" takes it out.
func (x *Exchange) setLogGroup(c *channel.Channel, group string) {
	g, call := &x.logGroups, logging.CallName(c.CallNumber())
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case group == "":
		delete(g.byCall, call)
		return
	case g.byCall == nil:
		g.byCall = map[string]string{}
	case len(g.byCall) > x.channels.Count()+spareGroups:
		g.forget(x.channels.All())
	}
	g.byCall[call] = group
}

// forget drops what belongs to calls that have no leg any more; g.mu is held.
func (g *logGroups) forget(legs []*channel.Channel) {
	live := map[string]string{}
	for _, c := range legs {
		call := logging.CallName(c.CallNumber())
		if group, ok := g.byCall[call]; ok {
			live[call] = group
		}
	}
	g.byCall = live
}

func (g *logGroups) of(call string) string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.byCall[call]
}
