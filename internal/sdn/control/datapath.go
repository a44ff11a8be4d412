package control

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/octothorpe/octothorpe/internal/sdn/config"
	"github.com/octothorpe/octothorpe/internal/sdn/pipeline"
	"github.com/octothorpe/octothorpe/openflow"
)

// A datapath is a configured switch, connected or not. What stands below session
// is owned by the goroutine of the session that holds it.
type datapath struct {
	c *Controller

	mu   sync.Mutex // leaf
	next *config.DP // the configuration that it should have; nil: none any more
	news chan struct{}
	last *openflow.Conn // of the session

	session chan struct{} // a token: who has it drives
	asked   chan func()   // what others want to know, run by who drives
	leading bool          // it is driven, and not only stood by for
	dp      *config.DP
	log     *slog.Logger
	conn    *openflow.Conn
	said    *channelLog // of the connection
	tables  *pipeline.Tables
	state   pipeline.State
	ports   map[uint32]openflow.Port
	hosts   *hosts
	router  *router
	bundles *bundles
	dot1x   admissions
	beacons *beacons
	links   *links
	counted counters
	seen    openflow.Stats // of the connection, when they were counted
}

// counters are those of every packet, looked up once.
type counters struct {
	packetIns, vlanIns, nonVLAN, unexpected, ignored, flowMods prometheus.Counter
	packetIn                                                   prometheus.Observer
}

func newDatapath(c *Controller) *datapath {
	d := &datapath{c: c, news: make(chan struct{}, 1), session: make(chan struct{}, 1), asked: make(chan func()), ports: map[uint32]openflow.Port{}}
	d.hosts = newHosts()
	d.router = newRouter()
	d.bundles = newBundles()
	d.dot1x = newAdmissions()
	d.beacons, d.links = newBeacons(), newLinks()
	d.session <- struct{}{}
	return d
}

// configure says which configuration is wanted; the session takes it up, unless the
// switch is away. It returns what was wanted before.
func (d *datapath) configure(dp *config.DP) (before *config.DP, away bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	before, d.next = d.next, dp
	select { // within the lock: take drains it together with reading next
	case d.news <- struct{}{}:
	default:
	}
	return before, d.last == nil || d.last.Err() != nil
}

var errUnconfigured = errors.New("the switch is not configured any more")

// startTimeout is how long a switch may take to tell what it has and to get its
// tables; one with a million flows takes half of it.
const startTimeout = 2 * time.Minute

// drive is a session: it waits for the one before it to end, whose connection it
// closes, since a switch that connects again has lost it.
func (d *datapath) drive(ctx context.Context, conn *openflow.Conn, box *inbox, said *channelLog) error {
	d.mu.Lock()
	if d.last != nil {
		go d.last.Close()
	}
	d.last = conn
	d.mu.Unlock()
	select {
	case <-d.session:
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-conn.Done():
		return conn.Err()
	}
	defer func() { d.session <- struct{}{} }()
	d.conn, d.seen, d.said = conn, openflow.Stats{}, said
	if !d.take() {
		return errUnconfigured
	}
	m := d.c.o.Metrics
	m.connections.With(d.labels()).Inc()
	m.status.With(d.labels()).Set(1)
	defer func() {
		m.status.With(d.labels()).Set(0)
		m.disconnections.With(d.labels()).Inc()
		d.event("DP_CHANGE", map[string]any{"reason": "disconnect"})
	}()
	defer d.connectionMetrics(box)
	if d.c.o.Mastership == nil {
		return d.lead(ctx, box, nil)
	}
	for {
		demoted, err := d.mastery(ctx, box)
		if err != nil {
			return err
		}
		d.hosts = newHosts() // who drove it before has told the switch what is so now
		clear(d.dot1x.in)
		d.dot1x.started = false
		if err := d.lead(ctx, box, demoted); !errors.Is(err, errDemoted) {
			return err
		}
		d.log.Info("another controller drives the switch")
	}
}

// lead drives the switch until demoted is closed, or it goes.
func (d *datapath) lead(ctx context.Context, box *inbox, demoted <-chan struct{}) error {
	d.leading = true
	defer func() { d.leading = false }()
	starting, cancel := context.WithTimeoutCause(ctx, startTimeout, errors.New("the switch does not answer"))
	err := d.start(starting)
	cancel()
	if err != nil {
		return err
	}
	d.event("DP_CHANGE", map[string]any{"reason": "cold_start"})
	defer d.stopDot1X()
	d.startDot1X(ctx)
	d.described(ctx)
	return d.loop(ctx, box, demoted)
}

// take makes the wanted configuration the session's own.
func (d *datapath) take() bool {
	d.mu.Lock()
	d.dp = d.next
	select {
	case <-d.news: // this is it
	default:
	}
	d.mu.Unlock()
	if d.dp == nil {
		return false
	}
	d.dot1x.base = d.dp
	d.log = d.c.o.Log.With("datapath", d.dp.Name)
	d.said.use(d.dp.Name, d.dp.ChannelLog, d.log)
	m, l := d.c.o.Metrics, d.labels()
	d.counted = counters{m.packetIns.With(l), m.vlanIns.With(l), m.nonVLAN.With(l), m.unexpected.With(l), m.ignored.With(l), m.flowMods.With(l), m.packetIn.With(l)}
	return true
}

// loop takes what the switch says, what the clock says, and what the
// configuration says.
func (d *datapath) loop(ctx context.Context, box *inbox, demoted <-chan struct{}) error {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		var err error
		select {
		case <-box.news:
			err = d.handleAll(ctx, box)
		case now := <-tick.C:
			d.connectionMetrics(box)
			err = d.tick(ctx, now)
		case <-d.news:
			if !d.reshared(demoted) {
				err = d.reconfigure(ctx)
			} else if err = errDemoted; !d.take() {
				err = errUnconfigured
			}
		case look := <-d.asked:
			look()
		case v := <-d.dot1x.verdicts:
			err = d.judged(ctx, v)
		case <-d.router.fib.news:
			err = d.takeRoutes(ctx, time.Now())
		case <-d.links.changed:
			err = d.restack(ctx)
		case do := <-d.links.posts:
			err = do(ctx)
		case <-demoted:
			return errDemoted
		case <-d.conn.Done():
			err = d.conn.Err()
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		if err != nil {
			return err
		}
	}
}

// handleAll takes what waits, but not for ever: the clock has its turn as well.
func (d *datapath) handleAll(ctx context.Context, box *inbox) error {
	for range 256 {
		m := box.take()
		if m == nil {
			return nil
		}
		if err := d.handle(ctx, m); err != nil {
			return err
		}
	}
	signal(box.news)
	return nil
}

func (d *datapath) handle(ctx context.Context, m openflow.Message) error {
	switch m := m.(type) {
	case *openflow.PacketIn:
		begun := time.Now()
		err := d.packetIn(ctx, m)
		d.counted.packetIn.Observe(time.Since(begun).Seconds())
		return err
	case *openflow.PortStatus:
		return d.portStatus(ctx, m)
	case *openflow.FlowRemoved:
		return d.flowRemoved(ctx, m)
	case *openflow.Error:
		d.c.o.Metrics.errors.With(d.labels()).Inc()
		d.log.Warn("the switch refused a message", "error", m, "message", fmt.Sprintf("%x", m.Data[:min(len(m.Data), 64)]))
	}
	return nil
}

func (d *datapath) tick(ctx context.Context, now time.Time) error {
	if err := d.serve("state_expire", func() error { return d.expire(ctx, now) }); err != nil {
		return err
	}
	d.hostMetrics()
	if err := d.serve("fast_advertise", func() error { return d.bundlesTick(ctx, now) }); err != nil {
		return err
	}
	if err := d.linksTick(ctx, now); err != nil {
		return err
	}
	if err := d.beaconTick(ctx, now); err != nil {
		return err
	}
	return d.serve("resolve_gateways", func() error { return d.routerTick(ctx, now) })
}

// send queues a message, and counts flows.
func (d *datapath) send(ctx context.Context, m openflow.Message) error {
	if m.Type() == (*openflow.FlowMod)(nil).Type() {
		d.counted.flowMods.Inc()
	}
	_, err := d.conn.Send(ctx, m)
	return err
}

func (d *datapath) sendFlows(ctx context.Context, flows []*pipeline.Flow) error {
	for _, f := range flows {
		if err := d.send(ctx, f.Mod(openflow.FlowAdd)); err != nil {
			return err
		}
	}
	return nil
}

// out sends a packet out of a port.
func (d *datapath) out(ctx context.Context, port uint32, frame []byte) error {
	return d.send(ctx, &openflow.PacketOut{Buffer: openflow.NoBuffer, InPort: openflow.PortController,
		Actions: []openflow.Action{openflow.Output{Port: port}}, Data: frame})
}

func (d *datapath) event(kind string, what any) {
	d.c.o.Events.send(d.dp.DatapathID(), d.dp.Name, kind, what)
}
