package control

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/octothorpe/octothorpe/internal/sdn/config"
	"github.com/octothorpe/octothorpe/internal/sdn/pipeline"
	"github.com/octothorpe/octothorpe/openflow"
)

type hostKey struct {
	mac [6]byte
	vid int
}

// A host is where an address was seen last. It has no pointers, so that the collector
// passes over all of them.
type host struct {
	port    uint32        // 0: there is no such host
	seen    time.Duration // since hosts.begun
	timeout time.Duration // 0: for ever
	due     int64         // the second of the wheel in which it is looked at; 0: never
}

// hosts are those of a switch, with how many there are of each VLAN and port.
type hosts struct {
	begun  time.Time
	all    map[hostKey]host
	onVLAN map[int]int
	onPort map[uint32]int
	bans   bans
	expiry wheel[hostKey]
	shown  *shown
	mods   pipeline.HostMods

	changedVLANs map[int]bool // since the metrics were told
	changedPorts map[uint32]bool
}

func newHosts() *hosts {
	return &hosts{begun: time.Now(), all: map[hostKey]host{}, onVLAN: map[int]int{}, onPort: map[uint32]int{}, bans: newBans(),
		changedVLANs: map[int]bool{}, changedPorts: map[uint32]bool{}, shown: newShown()}
}

func (h *hosts) put(k hostKey, x host) { h.replace(k, h.all[k], x) }

// replace is put where it is known what there was.
func (h *hosts) replace(k hostKey, old, x host) {
	if old.port != x.port {
		if old.port != 0 {
			h.remove(k)
		}
		h.onVLAN[k.vid]++
		h.onPort[x.port]++
		h.shown.came(k, x.port)
	}
	h.watch(k, x)
}

// watch notes a host, and has it looked at when its time may be over. Only what the
// wheel holds for the second that the host remembers counts.
func (h *hosts) watch(k hostKey, x host) {
	if x.timeout != 0 {
		x.due = h.expiry.at(h.end(x).Add(time.Second), k) // the whole second is over by then
	}
	h.all[k] = x
}

// seen is when a host was seen last, end when its time is over.
func (h *hosts) seen(x host) time.Time { return h.begun.Add(x.seen) }
func (h *hosts) end(x host) time.Time  { return h.seen(x).Add(x.timeout + refresh) }

func (h *hosts) remove(k hostKey) {
	if x, known := h.all[k]; known {
		delete(h.all, k)
		h.onVLAN[k.vid]--
		h.onPort[x.port]--
		h.shown.went(k, x.port)
	}
}

// packetIn judges a packet that the switch sent, by the table that sent it.
func (d *datapath) packetIn(ctx context.Context, m *openflow.PacketIn) error {
	d.counted.packetIns.Inc()
	in, ok := m.Match.Get(openflow.InPort)
	p, whole := parse(m.Data)
	port := d.dp.Port(uint32(in.Uint()))
	switch {
	case !ok || !whole || port == nil:
		d.counted.unexpected.Inc()
		return nil
	case d.dp.StrictPacketInCookie && m.Cookie != d.dp.Cookie:
		d.counted.unexpected.Inc()
		return nil
	case p.etherType == etherSlow:
		return d.lacpIn(ctx, port, p)
	case p.etherType == etherLLDP:
		return d.lldpIn(ctx, port, p)
	case p.vid == 0:
		d.counted.nonVLAN.Inc()
		return nil
	}
	v := d.dp.VLAN(p.vid)
	if v == nil {
		d.counted.unexpected.Inc()
		return nil
	}
	d.counted.vlanIns.Inc()
	if err := d.learn(ctx, port, v, p, time.Now()); err != nil {
		return err
	}
	if d.tables.IsVIP(m.Table) {
		return d.routerIn(ctx, port, v, p)
	}
	return nil
}

// refresh is after which part of its time a host is written anew.
const refresh = 2 * time.Second

// learn notes where an address is and tells the switch, unless it is over a limit.
func (d *datapath) learn(ctx context.Context, port *config.Port, v *config.VLAN, p packet, now time.Time) error {
	if p.src[0]&1 != 0 || p.src == v.MAC || p.src == [6]byte{} {
		return nil
	}
	key := hostKey{p.src, v.VID}
	if port = d.entrance(key, port); port == nil {
		return nil
	}
	old := d.hosts.all[key]
	if old.port == port.Number && (old.timeout == 0 || now.Sub(d.hosts.seen(old)) < min(refresh, old.timeout/2)) {
		return nil // the flow is on its way already
	}
	if old.port != 0 && old.port != port.Number {
		if stays, err := d.stays(ctx, key, old, port, now); stays || err != nil {
			return err
		}
	}
	if old.port == 0 {
		if full, err := d.full(ctx, port, v, now); full || err != nil {
			return err
		}
	}
	x := host{port: port.Number, seen: now.Sub(d.hosts.begun)}
	if !port.PermanentLearn {
		jitter := max(min(d.dp.LearnJitter, d.dp.Timeout-1), 0)
		x.timeout = time.Duration(d.dp.Timeout-rand.IntN(jitter+1)) * time.Second
	}
	was := old
	if old.port != 0 && old.port != port.Number {
		if err := d.forget(ctx, key, old, false); err != nil {
			return err
		}
		was = host{}
	}
	d.hosts.replace(key, was, x)
	for _, m := range d.hosts.mods.Add(d.dp, d.tables, pipeline.Host{MAC: p.src, VLAN: v, Port: port, Timeout: uint16(x.timeout / time.Second)}) {
		if err := d.send(ctx, m); err != nil {
			return err
		}
	}
	if old.port != port.Number {
		d.learnt(key, x, old, p)
	}
	return nil
}

// learnt tells of a host that is new or moved.
func (d *datapath) learnt(k hostKey, x, old host, p packet) {
	d.count(k.vid, x.port)
	if !d.c.o.Events.wanted() {
		return
	}
	what := map[string]any{"port_no": x.port, "vid": k.vid, "eth_src": macText(k.mac), "eth_dst": macText(p.dst), "eth_type": p.etherType,
		"previous_port_no": nil, "l3_src_ip": nil, "l3_dst_ip": nil}
	if old.port != 0 {
		what["previous_port_no"] = old.port
	}
	if x, ok := parseIP(p); ok {
		what["l3_src_ip"], what["l3_dst_ip"] = x.src.String(), x.dst.String()
	} else if a, ok := parseARP(p.body); ok && p.etherType == etherARP {
		what["l3_src_ip"], what["l3_dst_ip"] = a.sender.String(), a.target.String()
	}
	d.event("L2_LEARN", what)
}

// count notes that the number of hosts changed; tick tells the metrics.
func (d *datapath) count(vid int, port uint32) {
	d.hosts.changedVLANs[vid], d.hosts.changedPorts[port] = true, true
}

func (d *datapath) hostMetrics() {
	m := d.c.o.Metrics
	for vid := range d.hosts.changedVLANs {
		m.vlanHosts.With(d.labels("vlan", fmt.Sprint(vid))).Set(float64(d.hosts.onVLAN[vid]))
	}
	d.shownMetrics()
	clear(d.hosts.changedVLANs)
	clear(d.hosts.changedPorts)
}

func macText(m [6]byte) string {
	return fmt.Sprintf("%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2], m[3], m[4], m[5])
}

func (d *datapath) pipelineHost(k hostKey, x host) pipeline.Host {
	return pipeline.Host{MAC: k.mac, VLAN: d.dp.VLAN(k.vid), Port: d.dp.Port(x.port), Timeout: uint16(x.timeout / time.Second)}
}

// forget deletes a host, its flows too.
func (d *datapath) forget(ctx context.Context, k hostKey, x host, tell bool) error {
	h := d.pipelineHost(k, x)
	d.hosts.remove(k)
	if tell {
		d.c.stack.leave(k, d.dp.DatapathID())
		d.event("L2_EXPIRE", map[string]any{"port_no": x.port, "vid": k.vid, "eth_src": macText(k.mac)})
	}
	d.count(k.vid, x.port)
	if h.VLAN == nil || h.Port == nil {
		return nil // their flows went with the configuration
	}
	for _, f := range pipeline.HostGone(d.dp, d.tables, h) {
		if err := d.send(ctx, f); err != nil {
			return err
		}
	}
	return nil
}

// forgetPort forgets all hosts of a port that lost its link.
func (d *datapath) forgetPort(ctx context.Context, p *config.Port) error {
	for k, x := range d.hosts.all {
		if x.port == p.Number {
			if err := d.forget(ctx, k, x, true); err != nil {
				return err
			}
		}
	}
	return d.unbar(ctx)
}

// expire forgets those whose time is over: the switch has dropped their flows of
// eth_src itself, and those of eth_dst follow when nothing is sent to them.
func (d *datapath) expire(_ context.Context, now time.Time) error {
	d.hosts.expiry.turn(now, func(second int64, k hostKey) {
		x, known := d.hosts.all[k]
		switch {
		case !known || x.due != second:
		case d.dp.UseIdleTimeout: // the switch tells when it goes
			x.due = d.hosts.expiry.at(now.Add(x.timeout), k)
			d.hosts.all[k] = x
		case now.Before(d.hosts.end(x)):
			d.hosts.watch(k, x)
		default:
			d.hosts.remove(k)
			d.c.stack.leave(k, d.dp.DatapathID())
			d.event("L2_EXPIRE", map[string]any{"port_no": x.port, "vid": k.vid, "eth_src": macText(k.mac)})
			d.count(k.vid, x.port)
		}
	})
	return nil
}

// flowRemoved forgets a host of which nothing came for its time, where the
// switch is asked to tell (use_idle_timeout).
func (d *datapath) flowRemoved(ctx context.Context, m *openflow.FlowRemoved) error {
	if m.Reason != openflow.RemovedIdle || !d.tables.IsLearn(m.Table) {
		return nil
	}
	mac, a := m.Match.Get(openflow.EthSrc)
	vid, b := m.Match.Get(openflow.VLANVID)
	k := hostKey{mac.MAC(), int(vid.Uint() &^ openflow.VIDPresent)}
	if x, known := d.hosts.all[k]; a && b && known {
		return d.forget(ctx, k, x, true)
	}
	return nil
}

// relearn takes the hosts of which the switch has flows. Those that do not fit the
// configuration are deleted.
func (d *datapath) relearn(ctx context.Context, flows []*pipeline.Flow) error {
	now := time.Now()
	d.hosts.bans = newBans() // start has deleted what there was
	var wanted []*pipeline.Flow
	for _, f := range flows {
		if via, ok := pipeline.NextHop(f); ok {
			d.reroute(via, now)
			continue
		}
		mac, isSource := f.Match.Get(openflow.EthSrc)
		in, a := f.Match.Get(openflow.InPort)
		vid, b := f.Match.Get(openflow.VLANVID)
		port, v := d.dp.Port(uint32(in.Uint())), d.dp.VLAN(int(vid.Uint()&^openflow.VIDPresent))
		if !isSource || !a || !b || port == nil || v == nil || !carries(port, v) {
			continue
		}
		k := hostKey{mac.MAC(), v.VID}
		x := d.hosts.all[k]
		if x.port != port.Number {
			x = host{port: port.Number, seen: now.Sub(d.hosts.begun), timeout: time.Duration(max(f.Hard, f.Idle)) * time.Second}
			d.hosts.put(k, x)
			d.count(v.VID, port.Number)
			d.entrance(k, port)
		}
		wanted = append(wanted, pipeline.HostFlows(d.dp, d.tables, d.pipelineHost(k, x))...)
	}
	d.gateways(now)
	d.settle()
	wanted = append(wanted, d.allRoutes()...)
	keys := map[string]bool{}
	for _, f := range wanted {
		keys[f.Key()] = true
	}
	for _, f := range flows {
		if !keys[f.Key()] && !d.keepStale(f, now) {
			if err := d.send(ctx, f.Mod(openflow.FlowDeleteStrict)); err != nil {
				return err
			}
		}
	}
	d.router.fib.begun = true
	return d.sendFlows(ctx, d.allRoutes())
}

func contains(list []*config.VLAN, v *config.VLAN) bool {
	for _, w := range list {
		if v == w {
			return true
		}
	}
	return false
}

// rehost keeps the hosts that a new configuration has a place for; again writes
// their flows anew.
func (d *datapath) rehost(ctx context.Context, again bool) error {
	for k, x := range d.hosts.all {
		h := d.pipelineHost(k, x)
		if h.VLAN == nil || h.Port == nil || !carries(h.Port, h.VLAN) {
			if err := d.forget(ctx, k, x, true); err != nil {
				return err
			}
			continue
		}
		if again || x.timeout != 0 { // how they leave may have changed
			if err := d.sendFlows(ctx, pipeline.HostFlows(d.dp, d.tables, h)); err != nil {
				return err
			}
		}
	}
	if again {
		d.hosts.bans = newBans() // all is gone that the switch had
	}
	return d.unbar(ctx)
}
