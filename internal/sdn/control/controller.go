package control

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/octothorpe/octothorpe/internal/sdn/bgp"
	"github.com/octothorpe/octothorpe/internal/sdn/config"
	"github.com/octothorpe/octothorpe/openflow"
)

// Options of a Controller.
type Options struct {
	Config  string // path of faucet.yaml
	Listen  string // where switches connect: ptcp:6653 or pssl:6653:127.0.0.1; "" for ptcp:6653
	TLS     *tls.Config
	Log     *slog.Logger
	Metrics *Metrics
	Events  *Events
	// Mastership says which switches are this controller's; nil: all are.
	Mastership Mastership
	Greeting   time.Duration // how long a switch may take to say who it is; 0 for 10 s
	// AutoRevert writes files back that were changed into what is no configuration.
	AutoRevert bool
	BGP        func(bgp.Settings) (bgp.Speaker, error) // nil for bgp.Start
	// PortStatus is told what the switch of a datapath id says of its ports; nil: nobody
	// is. It must not wait.
	PortStatus func(id uint64, m *openflow.PortStatus)
	// StackUpdate is how often the health of a stack's root is looked at; 0 for 10 s.
	StackUpdate time.Duration
}

// A Controller drives the switches of a configuration. Its methods may be called
// concurrently.
type Controller struct {
	o        Options
	listener net.Listener
	sessions sync.WaitGroup
	speakers *speakers
	stack    *stack

	mu        sync.Mutex // leaf
	config    *config.Config
	good      good     // as it was taken
	bad       []string // the files of what was not taken since, to which a change may come as well
	datapaths map[uint64]*datapath
}

// New reads the configuration and listens.
func New(o Options) (*Controller, error) {
	if o.Listen == "" {
		o.Listen = "ptcp:6653"
	}
	if o.Greeting == 0 {
		o.Greeting = 10 * time.Second
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Metrics == nil {
		o.Metrics = NewMetrics()
	}
	if o.Events == nil {
		o.Events = NewEvents(o.Log, o.Metrics)
	}
	if o.BGP == nil {
		o.BGP = bgp.Start
	}
	if o.StackUpdate == 0 {
		o.StackUpdate = 10 * time.Second
	}
	c := &Controller{o: o, datapaths: map[uint64]*datapath{}, stack: newStack(o.StackUpdate, time.Now())}
	c.speakers = newSpeakers(c)
	cfg, err := config.Load(o.Config)
	if err != nil {
		return nil, err
	}
	c.o.Metrics.reloadRequests.Inc() // the first, as Faucet counts
	c.adopt(cfg)
	c.configChange(true, taken(cfg))
	if c.listener, err = openflow.Listen(o.Listen, o.TLS); err != nil {
		return nil, fmt.Errorf("listening for switches: %w", err)
	}
	return c, nil
}

// Addr is where it listens.
func (c *Controller) Addr() net.Addr { return c.listener.Addr() }

// adopt makes a configuration the current one, and tells the sessions.
func (c *Controller) adopt(cfg *config.Config) {
	for _, w := range cfg.Warnings {
		c.o.Log.Warn("configuration", "warning", w)
	}
	c.o.Metrics.configured(cfg)
	defer c.speakers.reconfigured()
	c.stack.configure(cfg)
	var files good
	if c.o.AutoRevert {
		files = remember(cfg)
	}
	for _, r := range c.install(cfg, files) {
		if r.before != nil && !r.away { // its session tells
			continue
		}
		kind := ""
		if c.o.Events.wanted() {
			kind = r.kind()
		}
		c.o.Events.send(r.after.DatapathID(), r.after.Name, "CONFIG_CHANGE", restart(kind))
	}
}

// install has all switches know what they are to be, and returns how each took it, in
// the order of the file.
func (c *Controller) install(cfg *config.Config, files good) (list []restarted) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.config, c.good, c.bad = cfg, files, nil
	kept := map[uint64]bool{}
	for _, dp := range cfg.DPs {
		id := dp.DatapathID()
		kept[id] = true
		d := c.datapaths[id]
		if d == nil {
			d = newDatapath(c)
			c.datapaths[id] = d
		}
		before, away := d.configure(dp)
		list = append(list, restarted{before, dp, away})
	}
	for id, d := range c.datapaths {
		if !kept[id] {
			d.configure(nil)
			delete(c.datapaths, id)
		}
	}
	return list
}

// Serve takes switches until the context ends; it returns when all sessions have.
func (c *Controller) Serve(ctx context.Context) error {
	stop := context.AfterFunc(ctx, func() { c.listener.Close() })
	defer stop()
	defer c.sessions.Wait()
	inner, cancel := context.WithCancel(ctx)
	defer cancel()
	c.sessions.Go(func() { c.speakers.run(inner) })
	c.sessions.Go(func() { c.watchStack(inner) })
	for {
		nc, err := c.listener.Accept()
		if err != nil {
			if ctx.Err() != nil || errors.Is(err, net.ErrClosed) {
				return nil
			}
			if !temporary(err) {
				return err
			}
			// No file is left, perhaps: the sessions that there are go on.
			c.o.Metrics.refusedConnections.Inc()
			c.o.Log.Error("a switch can not connect", "error", err)
			select {
			case <-time.After(100 * time.Millisecond):
			case <-ctx.Done():
				return nil
			}
			continue
		}
		c.sessions.Go(func() { c.attend(ctx, nc) })
	}
}

// temporary says whether an error of Accept is of one connection, or of what the
// machine has run out of for the moment.
func temporary(err error) bool {
	for _, e := range []error{syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM, syscall.ECONNABORTED, syscall.EPROTO} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// receiveBuffer is how many bytes of a switch the kernel holds for us, and about as
// many again of its own. Left to itself it holds megabytes, and then a host waits
// behind all that another port has flooded; a burst of 50,000 hosts a second is 8 MB a
// second, so that this is 30 ms of it.
const receiveBuffer = 256 << 10

// bound limits what of a switch waits in the kernel.
func bound(nc net.Conn) {
	if t, is := nc.(*tls.Conn); is {
		nc = t.NetConn()
	}
	if t, is := nc.(*net.TCPConn); is {
		_ = t.SetReadBuffer(receiveBuffer) // if not, the switch has gone
	}
}

// attend greets a switch, finds its configuration and drives it.
func (c *Controller) attend(ctx context.Context, nc net.Conn) {
	log := c.o.Log.With("switch", nc.RemoteAddr().String())
	bound(nc)
	greeting, cancel := context.WithTimeout(ctx, c.o.Greeting)
	box, said := newInbox(), &channelLog{}
	defer said.use("", "", log)
	var id atomic.Pointer[uint64] // once it is known
	conn, err := openflow.NewConn(greeting, nc, openflow.Options{Trace: said.trace, Refuse: box.refuse, Deliver: func(r openflow.Received) {
		if m, ok := r.Message.(*openflow.PortStatus); ok && c.o.PortStatus != nil && id.Load() != nil {
			c.o.PortStatus(*id.Load(), m)
		}
		box.put(r.Message)
	}})
	if err != nil {
		cancel()
		log.Warn("no session", "error", err)
		return
	}
	defer conn.Close()
	defer box.close() // before, since the connection waits for who puts
	reply, err := conn.Request(greeting, &openflow.FeaturesRequest{})
	cancel()
	features, ok := reply.(*openflow.FeaturesReply)
	if err != nil || !ok {
		log.Warn("the switch does not say who it is", "error", err)
		return
	}
	c.mu.Lock()
	d := c.datapaths[features.DatapathID]
	c.mu.Unlock()
	if d == nil {
		c.o.Metrics.unknown.Inc()
		log.Warn("a switch that is not configured", "dp_id", fmt.Sprintf("%#x", features.DatapathID))
		return
	}
	id.Store(&features.DatapathID)
	if err := d.drive(ctx, conn, box, said); err != nil && ctx.Err() == nil {
		log.Warn("session ended", "datapath", fmt.Sprintf("%#x", features.DatapathID), "error", err)
	}
}

// A Session is a switch that is connected.
type Session struct {
	DP   *config.DP
	Conn *openflow.Conn
}

// Sessions are those of the switches that are connected now. Requests may be made
// on their connections at any time; they fail when the switch goes.
func (c *Controller) Sessions() (list []Session) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, dp := range c.config.DPs {
		d := c.datapaths[dp.DatapathID()]
		d.mu.Lock()
		if d.last != nil && d.last.Err() == nil {
			list = append(list, Session{dp, d.last})
		}
		d.mu.Unlock()
	}
	return list
}
