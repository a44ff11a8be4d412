package gauge

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/octothorpe/octothorpe/internal/sdn/config"
	"github.com/octothorpe/octothorpe/internal/sdn/control"
	"github.com/octothorpe/octothorpe/openflow"
)

// portQueue is how many changes of ports wait for a watcher's database; what is
// more is dropped, and counted.
const portQueue = 1024

// A portWatcher tells what happens to ports: of a switch that has connected all that
// it has, as added, and then what it says of them. It asks for nothing else, so
// the interval is only how long a switch has to answer.
type portWatcher struct {
	*config.Watcher
	said    chan portChange
	arrived chan arrival
	known   map[uint64]*openflow.Conn // whose ports were asked for, by the datapath id
	asking  sync.WaitGroup
}

// A portChange is what the switch of a datapath id said.
type portChange struct {
	id uint64
	m  *openflow.PortStatus
}

// An arrival is a switch that has connected, with its ports, or why it did not say them.
type arrival struct {
	dp      *config.DP
	changes []*openflow.PortStatus
	err     error
}

func newPortWatcher(w *config.Watcher) *portWatcher {
	return &portWatcher{Watcher: w, said: make(chan portChange, portQueue), arrived: make(chan arrival), known: map[uint64]*openflow.Conn{}}
}

// PortStatus takes what the switch of a datapath id said of a port. It does not wait.
func (g *Gauge) PortStatus(id uint64, m *openflow.PortStatus) {
	for _, p := range g.ports {
		select {
		case p.said <- portChange{id, m}:
		default:
			g.lost.Inc()
		}
	}
}

// watchPorts owns one watcher.
func (g *Gauge) watchPorts(ctx context.Context, p *portWatcher) {
	t := time.NewTicker(time.Second)
	defer t.Stop()
	defer p.asking.Wait()
	for g.greet(ctx, p); ; {
		select {
		case <-t.C:
			g.greet(ctx, p)
		case a := <-p.arrived:
			if a.err != nil {
				g.unanswered(p.Watcher, a.dp, a.err)
				delete(p.known, a.dp.DatapathID())
			}
			g.happened(ctx, p.Watcher, a.dp, a.changes)
		case c := <-p.said:
			for _, s := range g.sessions() {
				if s.DP.DatapathID() == c.id && p.Watches(s.DP) {
					g.happened(ctx, p.Watcher, s.DP, []*openflow.PortStatus{c.m})
				}
			}
		case <-ctx.Done():
			return
		}
	}
}

// greet asks the switches that have connected since the last time for their ports.
// Each has a goroutine until it answers; one that does not is asked again after an
// interval.
func (g *Gauge) greet(ctx context.Context, p *portWatcher) {
	here := map[uint64]*openflow.Conn{}
	for _, s := range g.sessions() {
		id := s.DP.DatapathID()
		if !p.Watches(s.DP) {
			continue
		}
		if here[id] = s.Conn; p.known[id] == s.Conn {
			continue
		}
		p.asking.Go(func() {
			a := arrival{dp: s.DP}
			if a.changes, a.err = ports(ctx, p.Watcher, s); a.err != nil {
				select {
				case <-time.After(time.Duration(p.Interval) * time.Second):
				case <-ctx.Done():
				}
			}
			select {
			case p.arrived <- a:
			case <-ctx.Done():
			}
		})
	}
	p.known = here
}

// ports are those of a switch, as added.
func ports(ctx context.Context, w *config.Watcher, s control.Session) (list []*openflow.PortStatus, err error) {
	ctx, cancel := context.WithTimeout(ctx, time.Duration(w.Interval)*time.Second)
	defer cancel()
	told, err := ask(ctx, w.Type, s)
	if err != nil {
		return nil, err
	}
	if r, ok := told.(*openflow.PortDescReply); ok {
		for _, p := range r.Ports {
			list = append(list, &openflow.PortStatus{Reason: openflow.PortAdded, Port: p})
		}
	}
	return list, nil
}

// happened gives what happened to ports to the database of a watcher.
func (g *Gauge) happened(ctx context.Context, w *config.Watcher, dp *config.DP, list []*openflow.PortStatus) {
	var err error
	switch w.DB.Type {
	case "influx":
		err = post(ctx, w.DB, portPoints(dp, list), time.Now())
	case "text":
		err = writePorts(w.DB, dp, list, time.Now())
	case "prometheus":
		for _, m := range list {
			g.show(fmt.Sprintf("%s\x00%s\x00%d", w.Name, dp.Name, m.Port.Number), portState(dp, m))
		}
	}
	if err != nil {
		g.unwritten(w, dp, err)
	}
}
