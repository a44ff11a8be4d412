package control

import (
	"context"
	"net/netip"
	"time"

	"github.com/octothorpe/octothorpe/internal/sdn/config"
	"github.com/octothorpe/octothorpe/internal/sdn/pipeline"
)

// askAll sends a packet of the router to all ports of a VLAN, those of the other
// switches of the stack among them.
func (d *datapath) askAll(ctx context.Context, v *config.VLAN, to [6]byte, etherType uint16, body []byte) error {
	vid := v.VID
	d.post(func(other *datapath, ctx context.Context) error {
		if v := other.dp.VLAN(vid); v != nil {
			return other.ask(ctx, v, to, etherType, body)
		}
		return nil
	})
	return d.ask(ctx, v, to, etherType, body)
}

// postResolved tells the other switches of the stack who has an address, in the
// same VLAN of theirs.
func (d *datapath) postResolved(vid int, a netip.Addr, mac [6]byte, solicited bool) {
	d.post(func(other *datapath, ctx context.Context) error {
		v := other.dp.VLAN(vid)
		if v == nil {
			return nil
		}
		if _, ok := connected(v, a); !ok || vipOf(v, a).IsValid() {
			return nil
		}
		if err := other.leadTo(ctx, hostKey{mac, vid}, time.Now()); err != nil {
			return err
		}
		return other.resolvedHere(ctx, v, a, mac, solicited)
	})
}

// leadTo learns a host of another switch, to which routes of this one send: its
// own packets need not come by here, since they are routed where it is.
func (d *datapath) leadTo(ctx context.Context, k hostKey, now time.Time) error {
	edge := d.edgeOf(k)
	if edge == nil || edge == d.dp.Original() {
		return nil
	}
	to := d.toward(edge)
	x, known := d.hosts.all[k]
	switch {
	case to == nil:
		return nil
	case known && x.port == to.Number && now.Sub(d.hosts.seen(x)) < x.timeout/2:
		return nil
	case known && x.port != to.Number:
		return d.moveHost(ctx, k, x, to)
	}
	x = host{port: to.Number, seen: now.Sub(d.hosts.begun), timeout: time.Duration(d.dp.Timeout) * time.Second}
	d.hosts.put(k, x)
	d.count(k.vid, x.port)
	return d.sendFlows(ctx, pipeline.HostFlows(d.dp, d.tables, d.pipelineHost(k, x)))
}
