package control

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"github.com/octothorpe/octothorpe/internal/sdn/config"
	"github.com/octothorpe/octothorpe/internal/sdn/pipeline"
	"github.com/octothorpe/octothorpe/openflow"
)

// A neighbour is a next hop or a host of a routed network.
type neighbour struct {
	vid     int
	mac     [6]byte
	known   bool
	gateway bool // of a route: asked for as long as the route is there
	asked   int  // times without an answer
	seen    time.Time
	next    time.Time // when it is asked for again
	due     int64     // the second of the wheel in which it is looked at; 0: it is in line
}

// router is what a switch knows of its neighbours.
type router struct {
	all        map[netip.Addr]*neighbour
	due        wheel[netip.Addr]
	line       []netip.Addr // whose time has come, for there are only so many a second
	static     map[netip.Addr]bool
	fib        *fib
	changed    bool // neighbours came or went since they were counted
	advertised time.Time
}

// neighbourLimit bounds what a scan of a large network can make us remember.
const neighbourLimit = 16384

func newRouter() *router { return &router{all: map[netip.Addr]*neighbour{}, fib: newFIB()} }

// put notes a neighbour, which is looked at when its time comes.
func (r *router) put(a netip.Addr, n *neighbour) {
	r.all[a] = n
	n.due = r.due.at(n.next, a)
}

// later is when a neighbour is to be looked at again. One that is looked at
// before only stays where it is.
func (r *router) later(a netip.Addr, n *neighbour, at time.Time) {
	n.next = at
	if s := at.Unix() + 1; n.due > s {
		n.due = r.due.at(at.Add(time.Second), a)
	}
}

// routerIn takes what is for the router, or goes through it to somebody who is
// not known yet.
func (d *datapath) routerIn(ctx context.Context, port *config.Port, v *config.VLAN, p packet) error {
	if port.IsStack() {
		return nil // the switch answers by which it came into the stack
	}
	if p.etherType == etherARP {
		return d.arpIn(ctx, port, v, p)
	}
	x, ok := parseIP(p)
	if !ok {
		return nil
	}
	if x.src.Is6() && x.protocol == 58 && len(x.payload) >= 8 {
		return d.icmp6In(ctx, port, v, p, x)
	}
	if vipOf(v, x.dst).IsValid() {
		if x.protocol == 1 && len(x.payload) >= 8 && x.payload[0] == 8 {
			reply := append([]byte{0, 0, 0, 0}, x.payload[4:]...)
			sum := checksum(reply, 0)
			reply[2], reply[3] = byte(sum>>8), byte(sum)
			return d.answer(ctx, port, v, p.src, etherIPv4, ip{src: x.dst, dst: x.src, protocol: 1, hops: 64, payload: reply}.body())
		}
		return nil
	}
	return d.wanted(ctx, v, x.dst, time.Now())
}

func vipOf(v *config.VLAN, a netip.Addr) netip.Prefix {
	for _, vip := range v.VIPs {
		if vip.Addr() == a {
			return vip
		}
	}
	return netip.Prefix{}
}

// connected is the address of a VLAN in whose network a is.
func connected(v *config.VLAN, a netip.Addr) (vip netip.Prefix, ok bool) {
	for _, vip := range v.VIPs {
		if vip.Masked().Contains(a) && !vip.Addr().IsLinkLocalUnicast() {
			return vip, true
		}
	}
	return vip, false
}

// answer sends a packet of the router to a host on a port.
func (d *datapath) answer(ctx context.Context, port *config.Port, v *config.VLAN, to [6]byte, etherType uint16, body []byte) error {
	tag := v.VID
	if port.NativeVLAN == v {
		tag = 0
	}
	return d.out(ctx, port.Number, frame(to, v.MAC, tag, etherType, body))
}

// ask sends a packet of the router to all ports of a VLAN.
func (d *datapath) ask(ctx context.Context, v *config.VLAN, to [6]byte, etherType uint16, body []byte) error {
	for _, p := range v.Ports() {
		if d.state.Up[p.Number] {
			if err := d.answer(ctx, p, v, to, etherType, body); err != nil {
				return err
			}
		}
	}
	return nil
}

func (d *datapath) arpIn(ctx context.Context, port *config.Port, v *config.VLAN, p packet) error {
	a, ok := parseARP(p.body)
	if !ok || a.sha != p.src {
		return nil
	}
	if a.op == 1 && vipOf(v, a.target).IsValid() {
		reply := arp{op: 2, sha: v.MAC, sender: a.target, tha: a.sha, target: a.sender}
		if err := d.answer(ctx, port, v, a.sha, etherARP, reply.body()); err != nil {
			return err
		}
	}
	return d.resolved(ctx, v, a.sender, a.sha, a.op == 2)
}

// icmp6In answers neighbour and router solicitations and echo requests, RFC 4861
// and RFC 4443, and takes advertisements.
func (d *datapath) icmp6In(ctx context.Context, port *config.Port, v *config.VLAN, p packet, x ip) error {
	switch kind := x.payload[0]; {
	case kind == 135 && len(x.payload) >= 24 && x.hops == 255:
		target := netip.AddrFrom16([16]byte(x.payload[8:24]))
		if !vipOf(v, target).IsValid() || x.src.IsUnspecified() {
			return d.resolved(ctx, v, x.src, p.src, false)
		}
		b := append([]byte{136, 0, 0, 0, 0xe0, 0, 0, 0}, target.AsSlice()...)
		b = append(append(b, 2, 1), v.MAC[:]...)
		reply := ip{src: target, dst: x.src, protocol: 58, hops: 255, payload: icmp6(target, x.src, b)}
		if err := d.answer(ctx, port, v, p.src, etherIPv6, reply.body()); err != nil {
			return err
		}
		return d.resolved(ctx, v, x.src, p.src, false)
	case kind == 136 && len(x.payload) >= 24 && x.hops == 255:
		return d.resolved(ctx, v, netip.AddrFrom16([16]byte(x.payload[8:24])), p.src, true)
	case kind == 133 && x.hops == 255:
		return d.advertise(ctx, v)
	case kind == 128 && vipOf(v, x.dst).IsValid():
		b := append([]byte{129, 0, 0, 0}, x.payload[4:]...)
		return d.answer(ctx, port, v, p.src, etherIPv6, ip{src: x.dst, dst: x.src, protocol: 58, hops: 64, payload: icmp6(x.dst, x.src, b)}.body())
	case vipOf(v, x.dst).IsValid() || x.dst.IsMulticast():
		return nil
	}
	return d.wanted(ctx, v, x.dst, time.Now())
}

// wanted asks for a host of a network that is routed from v.
func (d *datapath) wanted(ctx context.Context, v *config.VLAN, a netip.Addr, now time.Time) error {
	if a.Is4() && !d.dp.ProactiveLearnV4 || a.Is6() && !d.dp.ProactiveLearnV6 {
		return nil
	}
	for _, w := range pipeline.Joined(d.dp, v) {
		if _, ok := connected(w, a); !ok {
			continue
		}
		n := d.router.all[a]
		if n == nil {
			if len(d.router.all) >= neighbourLimit {
				return nil
			}
			n = &neighbour{vid: w.VID, seen: now}
			d.router.put(a, n)
		}
		if n.known || now.Before(n.next) {
			return nil
		}
		return d.solicit(ctx, a, n, now)
	}
	return nil
}

// solicit asks who has an address, each time after a longer pause.
func (d *datapath) solicit(ctx context.Context, a netip.Addr, n *neighbour, now time.Time) error {
	v := d.dp.VLAN(n.vid)
	if v == nil {
		return nil
	}
	vip, ok := connected(v, a)
	if !ok {
		return nil
	}
	backoff := min(time.Duration(1)<<min(n.asked, 16), time.Duration(max(d.dp.MaxResolveBackoff, 1))) * time.Second
	n.asked++
	d.router.later(a, n, now.Add(backoff))
	if a.Is4() {
		request := arp{op: 1, sha: v.MAC, sender: vip.Addr(), target: a}
		to := [6]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}
		if n.known {
			to = n.mac
		}
		return d.askAll(ctx, v, to, etherARP, request.body())
	}
	node := pipeline.SolicitedNode(a)
	group := netip.AddrFrom16([16]byte{0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, node[3], node[4], node[5]})
	b := append([]byte{135, 0, 0, 0, 0, 0, 0, 0}, a.AsSlice()...)
	b = append(append(b, 1, 1), v.MAC[:]...)
	return d.askAll(ctx, v, node, etherIPv6, ip{src: vip.Addr(), dst: group, protocol: 58, hops: 255, payload: icmp6(vip.Addr(), group, b)}.body())
}

// resolved notes who has an address. Of those nobody wanted only answers count.
func (d *datapath) resolved(ctx context.Context, v *config.VLAN, a netip.Addr, mac [6]byte, solicited bool) error {
	if _, ok := connected(v, a); !ok || vipOf(v, a).IsValid() {
		return nil
	}
	n := d.router.all[a]
	if solicited || n == nil || !n.known || n.mac != mac || n.vid != v.VID {
		d.postResolved(v.VID, a, mac, solicited)
	}
	return d.resolvedHere(ctx, v, a, mac, solicited)
}

// resolvedHere is resolved for this switch, whichever of its stack has heard it.
func (d *datapath) resolvedHere(ctx context.Context, v *config.VLAN, a netip.Addr, mac [6]byte, solicited bool) error {
	now := time.Now()
	n := d.router.all[a]
	if n == nil {
		if solicited || len(d.router.all) >= neighbourLimit {
			return nil
		}
		n = &neighbour{vid: v.VID, next: now}
		d.router.put(a, n)
	}
	changed := !n.known || n.mac != mac || n.vid != v.VID
	n.known, n.mac, n.vid, n.asked, n.seen = true, mac, v.VID, 0, now
	timeout := d.dp.ARPTimeout
	if a.Is6() {
		timeout = d.dp.NDTimeout
	}
	d.router.later(a, n, now.Add(time.Duration(max(timeout, 1))*time.Second))
	if !changed {
		return nil
	}
	d.log.Info("neighbour", "address", a.String(), "mac", macText(mac), "vid", v.VID)
	d.event("L3_LEARN", map[string]any{"eth_src": macText(mac), "l3_src_ip": a.String(), "port_no": d.portOf(mac, v.VID), "vid": v.VID})
	d.router.changed = true
	if err := d.sendFlows(ctx, d.routesBy(v, a, n)); err != nil {
		return err
	}
	return d.placeBy(ctx, a)
}

func (d *datapath) portOf(mac [6]byte, vid int) uint32 {
	return d.hosts.all[hostKey{mac, vid}].port // 0: it is nowhere
}

// neighbourMetrics counts those who are known, after any came or went.
func (d *datapath) neighbourMetrics() {
	if !d.router.changed {
		return
	}
	d.router.changed = false
	type kind struct {
		vid     int
		version string
	}
	count := map[kind]int{}
	for _, v := range d.dp.VLANs {
		if len(v.VIPs) > 0 {
			count[kind{v.VID, "4"}], count[kind{v.VID, "6"}] = 0, 0
		}
	}
	for a, n := range d.router.all {
		if n.known && a.Is4() {
			count[kind{n.vid, "4"}]++
		} else if n.known {
			count[kind{n.vid, "6"}]++
		}
	}
	for k, n := range count {
		d.c.o.Metrics.neighbors.With(d.labels("vlan", fmt.Sprint(k.vid), "ipv", k.version)).Set(float64(n))
	}
}

// routesBy are the flows that lead to a neighbour: its own address and the static
// routes of which it is the gateway.
func (d *datapath) routesBy(v *config.VLAN, a netip.Addr, n *neighbour) []*pipeline.Flow {
	flows := pipeline.RouteFlows(d.dp, d.tables, v, netip.PrefixFrom(a, a.BitLen()), n.mac)
	for _, r := range v.Routes {
		if r.Gw == a {
			flows = append(flows, pipeline.RouteFlows(d.dp, d.tables, v, r.Dst, n.mac)...)
		}
	}
	return flows
}

// allRoutes are the flows of all neighbours that are known, and those of BGP.
func (d *datapath) allRoutes() (flows []*pipeline.Flow) {
	for a, n := range d.router.all {
		if v := d.dp.VLAN(n.vid); v != nil && n.known {
			flows = append(flows, d.routesBy(v, a, n)...)
		}
	}
	return append(flows, d.allPaths()...)
}

// reroute takes a neighbour of which the switch has a flow.
func (d *datapath) reroute(via pipeline.Via, now time.Time) {
	a, v := via.To.Addr(), d.dp.VLAN(via.VID)
	if v == nil || !via.To.IsSingleIP() || d.router.all[a] != nil {
		return
	}
	if _, ok := connected(v, a); ok {
		d.router.put(a, &neighbour{vid: v.VID, mac: via.MAC, known: true, seen: now, next: now})
	}
}

// gateways notes who leads to the static routes of the configuration.
func (d *datapath) gateways(now time.Time) {
	d.router.static = map[netip.Addr]bool{}
	for _, v := range d.dp.VLANs {
		for _, r := range v.Routes {
			d.router.static[r.Gw] = true
			d.gateway(r.Gw, v, now)
		}
	}
	for a, ways := range d.router.fib.by {
		for w := range ways {
			if v := d.dp.VLAN(w.vid); v != nil {
				d.gateway(a, v, now)
				break
			}
		}
	}
	for a, n := range d.router.all {
		n.gateway = d.isGateway(a)
	}
}

// gateway has a next hop looked for, which is in a network of v or of a VLAN that
// a router joins with it; false if it is in none.
func (d *datapath) gateway(a netip.Addr, v *config.VLAN, now time.Time) bool {
	for _, w := range pipeline.Joined(d.dp, v) {
		if _, ok := connected(w, a); !ok || vipOf(w, a).IsValid() {
			continue
		}
		if n := d.router.all[a]; n != nil {
			n.gateway = true
		} else {
			d.router.put(a, &neighbour{vid: w.VID, gateway: true, seen: now, next: now})
		}
		return true
	}
	return false
}

func (d *datapath) isGateway(a netip.Addr) bool {
	return d.router.static[a] || len(d.router.fib.by[a]) > 0
}

// routerTick asks again for those who are known, and forgets who does not answer;
// gateways are asked for as long as routes lead to them.
func (d *datapath) routerTick(ctx context.Context, now time.Time) error {
	r := d.router
	r.due.turn(now, func(second int64, a netip.Addr) {
		n := r.all[a]
		switch {
		case n == nil || n.due != second:
		case now.Before(n.next):
			n.due = r.due.at(n.next.Add(time.Second), a)
		default:
			n.due = 0
			r.line = append(r.line, a)
		}
	})
	for left := max(d.dp.MaxHostsPerResolve, 1); left > 0 && len(r.line) > 0; {
		a := r.line[0]
		r.line = r.line[1:]
		n := r.all[a]
		if n == nil || n.due != 0 {
			continue
		}
		if now.Before(n.next) { // it answered meanwhile
			n.due = r.due.at(n.next.Add(time.Second), a)
			continue
		}
		left--
		if err := d.seek(ctx, a, n, now); err != nil {
			return err
		}
	}
	d.neighbourMetrics()
	if err := d.dropStale(ctx, now); err != nil {
		return err
	}
	return d.advertiseTick(ctx, now)
}

// seek asks for a neighbour, or gives it up.
func (d *datapath) seek(ctx context.Context, a netip.Addr, n *neighbour, now time.Time) error {
	v := d.dp.VLAN(n.vid)
	there := false
	if v != nil {
		_, there = connected(v, a)
	}
	if !there || n.asked >= max(d.dp.MaxHostFIBRetries, 1) {
		if err := d.unresolve(ctx, a, n); err != nil {
			return err
		}
		if !there || !n.gateway {
			delete(d.router.all, a)
			return nil
		}
	}
	err := d.solicit(ctx, a, n, now)
	n.due = d.router.due.at(n.next.Add(time.Second), a)
	return err
}

func (d *datapath) advertiseTick(ctx context.Context, now time.Time) error {
	if now.Sub(d.router.advertised) < time.Duration(max(d.dp.AdvertiseInterval, 1))*time.Second {
		return nil
	}
	d.router.advertised = now
	for _, v := range d.dp.VLANs {
		if err := d.advertise(ctx, v); err != nil {
			return err
		}
	}
	return nil
}

// unresolve takes the flows away that lead to a neighbour who answers no more.
func (d *datapath) unresolve(ctx context.Context, a netip.Addr, n *neighbour) error {
	if !n.known {
		return nil
	}
	n.known = false
	if v := d.dp.VLAN(n.vid); v != nil { // or else they went with the configuration
		d.log.Info("neighbour is silent", "address", a.String(), "vid", v.VID)
		d.router.changed = true
		for _, f := range d.routesBy(v, a, n) {
			if err := d.send(ctx, f.Mod(openflow.FlowDeleteStrict)); err != nil {
				return err
			}
		}
	}
	return d.placeBy(ctx, a)
}

// advertise sends a router advertisement, RFC 4861 §4.2, on a VLAN that has an
// address of its link: the networks of its other addresses.
func (d *datapath) advertise(ctx context.Context, v *config.VLAN) error {
	for _, vip := range v.VIPs {
		if !vip.Addr().IsLinkLocalUnicast() || vip.Addr().Is4() {
			continue
		}
		b := []byte{134, 0, 0, 0, 64, 0, 0x07, 0x08, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1}
		b = append(b, v.MAC[:]...)
		for _, other := range v.VIPs {
			if other.Addr().Is6() && !other.Addr().IsLinkLocalUnicast() {
				b = append(b, 3, 4, byte(other.Bits()), 0xc0, 0, 0x27, 0x8d, 0, 0, 0x09, 0x3a, 0x80, 0, 0, 0, 0)
				b = append(b, other.Masked().Addr().AsSlice()...)
			}
		}
		all := netip.MustParseAddr("ff02::1")
		body := ip{src: vip.Addr(), dst: all, protocol: 58, hops: 255, payload: icmp6(vip.Addr(), all, b)}.body()
		if err := d.ask(ctx, v, [6]byte{0x33, 0x33, 0, 0, 0, 1}, etherIPv6, body); err != nil {
			return err
		}
	}
	return nil
}
