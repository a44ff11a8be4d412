package iax

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/event"
)

// Technology is the name before the slash.
const Technology = "IAX2"

// A Driver is the calls of one UDP port.
type Driver struct {
	Channels *channel.Registry
	Logger   *slog.Logger
	Hooks    Hooks

	settings atomic.Pointer[Settings]
	conn     atomic.Pointer[net.UDPConn]
	mint     mint

	mu      sync.Mutex // a leaf
	calls   map[uint16]*call
	remote  map[origin]*call
	perHost map[netip.Addr]int
	learnt  map[string]bool // users who have shown a token
	next    uint16
	reader  sync.WaitGroup
}

// An origin is a call as its far end numbers it.
type origin struct {
	at     netip.AddrPort
	number uint16
}

// Hooks are what the driver asks of the exchange. They return quickly.
type Hooks struct {
	// Exists says whether the dialplan has an extension for the caller.
	Exists func(context, exten, caller string) bool
	// Start runs the dialplan on a leg that came in, and becomes its owner.
	Start func(c *channel.Channel)
	// Assign sets a variable of a leg, or by NAME(args) what a function writes.
	Assign func(c *channel.Channel, name, value string)
}

// Configure puts settings in force for the calls that begin from now on. The address of the
// port stays as it was when the driver was started.
func (d *Driver) Configure(s *Settings) { d.settings.Store(s) }

// Start opens the port and serves it until Close. Configure comes first.
func (d *Driver) Start() error {
	bind := d.settings.Load().Bind
	conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(bind))
	if err != nil {
		return fmt.Errorf("open the port of IAX2: %w", err)
	}
	d.mu.Lock()
	d.mint = newMint()
	d.calls, d.remote = map[uint16]*call{}, map[origin]*call{}
	d.perHost, d.learnt = map[netip.Addr]int{}, map[string]bool{}
	d.next = uint16(rand.IntN(mostCalls)) //nolint:gosec // a place to begin
	d.mu.Unlock()
	d.conn.Store(conn)
	d.reader.Go(func() { d.read(conn) }) // ends with the port
	return nil
}

// Address is where the port is, invalid where there is none.
func (d *Driver) Address() netip.AddrPort {
	conn := d.conn.Load()
	if conn == nil {
		return netip.AddrPort{}
	}
	return conn.LocalAddr().(*net.UDPAddr).AddrPort()
}

// Close gives the port up. Calls that are left hear nothing more.
func (d *Driver) Close() {
	conn := d.conn.Swap(nil)
	if conn == nil {
		return
	}
	_ = conn.Close()
	d.reader.Wait()
	d.mu.Lock()
	left := make([]*call, 0, len(d.calls))
	for _, c := range d.calls {
		left = append(left, c)
	}
	d.mu.Unlock()
	for _, c := range left {
		c.forget()
	}
}

// Technology implements channel.Driver.
func (*Driver) Technology() string { return Technology }

// DeviceState implements channel.Driver. Of a peer without a call nothing is known.
func (d *Driver) DeviceState(destination string) string {
	name := parse(destination).host
	if d.settings.Load().peer(name) == nil {
		return "INVALID"
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, c := range d.calls {
		if c.name == name {
			return "INUSE"
		}
	}
	return "UNKNOWN"
}

// A destination is [user[:secret]@]peer[:port][/exten[@context]].
type destination struct{ user, secret, host, exten, context string }

func parse(text string) (to destination) {
	who, where, _ := strings.Cut(text, "/")
	where, _, _ = strings.Cut(where, "/") // options: a, to be answered, which is the far end's to decide
	if user, host, ok := strings.Cut(who, "@"); ok {
		to.user, to.secret, _ = strings.Cut(user, ":")
		who = host
	}
	to.host = who
	to.exten, to.context, _ = strings.Cut(where, "@")
	return to
}

// lookup is how long a name of a host is looked up.
const lookup = 5 * time.Second

// Request implements channel.Driver.
func (d *Driver) Request(ctx context.Context, q channel.Request) (*channel.Channel, error) {
	to, settings := parse(q.Destination), d.settings.Load()
	conn := d.conn.Load()
	if conn == nil || to.host == "" {
		return nil, &channel.RequestError{Cause: channel.CauseNoRouteDestination, Why: "write IAX2/peer/extension"}
	}
	p := settings.peer(to.host)
	if p == nil {
		host, port := to.host, standardPort
		if h, text, err := net.SplitHostPort(to.host); err == nil {
			host = h
			port, _ = strconv.Atoi(text)
		}
		p = &peer{host: host, port: uint16(port), methods: methodPlain | methodMD5} //nolint:gosec // 0 is refused below
		p.formats = (&loader{}).allow(nil, defaultFormats, config.Entry{})
	}
	at, err := resolve(ctx, p)
	if err != nil {
		return nil, &channel.RequestError{Cause: channel.CauseNoRouteDestination, Why: err.Error()}
	}
	if to.user == "" {
		to.user = p.username
	}
	if to.secret == "" {
		to.secret = p.secret
	}
	if to.context == "" {
		to.context = p.context
	}
	c, err := d.newCall(at, settings)
	if err != nil {
		return nil, &channel.RequestError{Cause: channel.CauseCongestion, Why: err.Error()}
	}
	c.to, c.methods, c.formats = to, p.methods, p.formats
	c.name, c.stage = p.name, asked
	if p.name == "" {
		c.name = at.String()
	}
	if f := choose(c.formats, uint64(capability(q.Formats))); f != nil {
		c.format.Store(f)
	} else if len(c.formats) > 0 {
		c.format.Store(c.formats[0])
	}
	c.requestor = q.Requestor
	g := p.config(c)
	g.Requestor, g.LinkedID, g.UniqueID, g.State, g.Outgoing, g.Context, g.Exten = q.Requestor, q.LinkedID, q.UniqueID, event.Down, true, "default", "s"
	ch, err := d.Channels.New(g)
	if err != nil {
		c.forget()
		return nil, &channel.RequestError{Cause: channel.CauseCongestion, Why: err.Error()}
	}
	ch.SetLocation(channel.Location{Exten: "s", Priority: 1}) // it has no context of its own: see Call
	c.leg.Store(ch)
	return ch, nil
}

// config is what a leg gets of those settings.
func (s *shared) config(c *call) channel.Config {
	return channel.Config{Name: fmt.Sprintf("%s/%s-%d", Technology, c.name, c.number), Technology: Technology, Leg: c,
		Language: s.language, AccountCode: s.account, MusicClass: s.music, ParkingLot: s.parkingLot, TenantID: s.tenant, AMAFlags: s.ama}
}

// resolve finds where a peer is.
func resolve(ctx context.Context, p *peer) (netip.AddrPort, error) {
	if p.host == "" || p.port == 0 {
		return netip.AddrPort{}, fmt.Errorf("nobody knows the address of %s", p.name)
	}
	if at, ok := address(p.host, p.port); ok {
		return at, nil
	}
	within, cancel := context.WithTimeout(ctx, lookup)
	defer cancel()
	found, err := net.DefaultResolver.LookupNetIP(within, "ip", p.host)
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("look up %s: %w", p.host, err)
	}
	return netip.AddrPortFrom(found[0].Unmap(), p.port), nil
}
