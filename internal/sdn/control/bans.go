package control

import (
	"context"
	"strconv"
	"time"

	"github.com/octothorpe/octothorpe/internal/sdn/config"
	"github.com/octothorpe/octothorpe/internal/sdn/pipeline"
	"github.com/octothorpe/octothorpe/openflow"
)

// bans are what a switch was told to drop so that it is not learnt. There are no
// more than ports and VLANs, and permanent hosts on each port.
type bans struct {
	until  map[string]time.Time // by port and VLAN
	barred map[barred]bool
}

// barred is a host that is kept from a port that is not its own.
type barred struct {
	mac  [6]byte
	port uint32
}

func newBans() bans { return bans{map[string]time.Time{}, map[barred]bool{}} }

// ban has the switch drop what hosts that are not known send, for learn_ban_timeout;
// false if it does already.
func (d *datapath) ban(ctx context.Context, where string, f *pipeline.Flow, now time.Time) (bool, error) {
	if now.Before(d.hosts.bans.until[where]) {
		return false, nil
	}
	d.hosts.bans.until[where] = now.Add(time.Duration(f.Hard) * time.Second)
	return true, d.sendFlows(ctx, []*pipeline.Flow{f})
}

// full says whether a VLAN or port has all the hosts that it may have. Learning
// there is stopped for a while.
func (d *datapath) full(ctx context.Context, port *config.Port, v *config.VLAN, now time.Time) (bool, error) {
	if d.hosts.onVLAN[v.VID] >= v.MaxHosts {
		banned, err := d.ban(ctx, "VLAN "+strconv.Itoa(v.VID), pipeline.BanVLAN(d.dp, d.tables, v), now)
		d.c.o.Metrics.refusals.add(refusing{dp: d.dp.DatapathID(), vid: v.VID}) // each that came before the flow did
		if banned {
			d.log.Info("the VLAN has as many hosts as it may: no more are learnt for a while", "vlan", v.VID, "max_hosts", v.MaxHosts)
		}
		return true, err
	}
	if !port.IsStack() && d.hosts.onPort[port.Number] >= port.MaxHosts {
		banned, err := d.ban(ctx, portBan(port), pipeline.BanPort(d.dp, d.tables, port), now)
		d.c.o.Metrics.refusals.add(refusing{dp: d.dp.DatapathID(), port: port.Number})
		if banned {
			d.log.Info("the port has as many hosts as it may: no more are learnt for a while", "port", port.Number, "max_hosts", port.MaxHosts)
		}
		return true, err
	}
	return false, nil
}

func portBan(p *config.Port) string { return "port " + strconv.Itoa(int(p.Number)) }

// stays says whether a host that is seen on another port is not led there: it lives
// where it is for good, or it was seen there just now and the port is one with
// loop_protect, behind which there may be a loop.
func (d *datapath) stays(ctx context.Context, k hostKey, old host, port *config.Port, now time.Time) (bool, error) {
	if was := d.dp.Port(old.port); was != nil && was.PermanentLearn {
		one := barred{k.mac, port.Number}
		if port.IsStack() || d.hosts.bans.barred[one] {
			return true, nil
		}
		d.hosts.bans.barred[one] = true
		d.log.Info("a host of a port with permanent_learn is seen on another: that is dropped", "host", macText(k.mac), "port", port.Number, "of_port", old.port)
		return true, d.sendFlows(ctx, []*pipeline.Flow{pipeline.Bar(d.dp, d.tables, k.mac, port.Number)})
	}
	if !port.LoopProtect || now.Sub(d.hosts.seen(old)) >= time.Duration(d.dp.CacheUpdateGuard)*time.Second {
		return false, nil
	}
	banned, err := d.ban(ctx, portBan(port), pipeline.BanPort(d.dp, d.tables, port), now)
	if banned {
		d.log.Warn("a host moves to and fro, as in a loop: nothing is learnt from the port for a while", "host", macText(k.mac), "port", port.Number,
			"of_port", old.port)
	}
	return true, err
}

// unbar lets hosts onto other ports that live nowhere for good any more.
func (d *datapath) unbar(ctx context.Context) error {
	for one := range d.hosts.bans.barred {
		if d.dp.Port(one.port) != nil && d.permanent(one.mac) {
			continue
		}
		delete(d.hosts.bans.barred, one)
		if err := d.send(ctx, pipeline.Bar(d.dp, d.tables, one.mac, one.port).Mod(openflow.FlowDeleteStrict)); err != nil {
			return err
		}
	}
	return nil
}

func (d *datapath) permanent(mac [6]byte) bool {
	for _, v := range d.dp.VLANs {
		if x, known := d.hosts.all[hostKey{mac, v.VID}]; known {
			if p := d.dp.Port(x.port); p != nil && p.PermanentLearn {
				return true
			}
		}
	}
	return false
}
