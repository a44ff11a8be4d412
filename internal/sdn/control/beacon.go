package control

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"strconv"
	"time"

	"github.com/octothorpe/octothorpe/internal/sdn/config"
)

// nearestBridge is where beacons go: no bridge passes them on.
var nearestBridge = [6]byte{0x01, 0x80, 0xc2, 0, 0, 0x0e}

// Types of LLDP's TLVs, IEEE 802.1AB §8.4, and the subtypes of Faucet's own.
const (
	lldpEnd = iota
	lldpChassis
	lldpPort
	lldpTTL
	lldpPortDescription
	lldpSystemName
	lldpOwn = 127

	ownDatapath = 1 // the datapath id, as decimal digits
	ownState    = 2 // of a stack port, as a decimal digit
)

const (
	beaconInterval = 5 // seconds, where a configuration gives none
	beaconLimit    = 5 // beacons per interval, stack ports not counted
)

// A beacon is what a switch says of itself by LLDP.
type beacon struct {
	mac      [6]byte
	port     string // its number
	datapath uint64 // 0: of a switch that is none of ours
	system   string
	state    string
}

func appendTLV(b []byte, kind int, parts ...[]byte) []byte {
	value := bytes.Join(parts, nil)
	return append(binary.BigEndian.AppendUint16(b, uint16(kind<<9|len(value)&0x1ff)), value...)
}

// beaconBody is the LLDP frame's content for a port; state is that of a stack
// port, 0 for others.
func beaconBody(p *config.Port, state stackState) []byte {
	dp := p.DP
	mac, _ := config.ParseMAC(dp.MAC)
	name, description := dp.Name, p.Description
	if dp.LLDPBeacon.SystemName != nil {
		name = *dp.LLDPBeacon.SystemName
	}
	if p.Beacon.SystemName != "" {
		name = p.Beacon.SystemName
	}
	if p.Beacon.PortDescr != "" {
		description = p.Beacon.PortDescr
	}
	b := appendTLV(nil, lldpChassis, []byte{4}, mac[:])
	b = appendTLV(b, lldpPort, []byte{5}, []byte(strconv.Itoa(int(p.Number))))
	b = appendTLV(b, lldpTTL, binary.BigEndian.AppendUint16(nil, uint16(min(3*sendInterval(dp), 65535))))
	b = appendTLV(b, lldpSystemName, []byte(name))
	b = appendTLV(b, lldpPortDescription, []byte(description))
	for _, t := range p.Beacon.OrgTLVs {
		b = appendTLV(b, lldpOwn, t.Bytes())
	}
	b = appendTLV(b, lldpOwn, mac[:3], []byte{ownDatapath}, []byte(strconv.FormatUint(dp.DatapathID(), 10)))
	if p.IsStack() {
		b = appendTLV(b, lldpOwn, mac[:3], []byte{ownState}, []byte(strconv.Itoa(int(state))))
	}
	return appendTLV(b, lldpEnd)
}

// parseBeacon reads LLDP; false if it is not whole.
func parseBeacon(b []byte) (x beacon, ok bool) {
	for len(b) >= 2 {
		head := binary.BigEndian.Uint16(b)
		kind, size := int(head>>9), int(head&0x1ff)
		if kind == lldpEnd {
			return x, x.mac != [6]byte{} && x.port != ""
		}
		if len(b) < 2+size {
			return x, false
		}
		v := b[2 : 2+size]
		b = b[2+size:]
		switch {
		case kind == lldpChassis && size == 7 && v[0] == 4:
			copy(x.mac[:], v[1:])
		case kind == lldpPort && size > 1:
			x.port = string(v[1:])
		case kind == lldpSystemName:
			x.system = string(v)
		case kind == lldpOwn && size > 4 && bytes.Equal(v[:3], x.mac[:3]) && v[3] == ownDatapath:
			x.datapath, _ = strconv.ParseUint(string(v[4:]), 10, 64)
		case kind == lldpOwn && size > 4 && bytes.Equal(v[:3], x.mac[:3]) && v[3] == ownState:
			x.state = string(v[4:])
		}
	}
	return x, false
}

func sendInterval(dp *config.DP) int {
	if s := dp.LLDPBeacon.SendInterval; s != nil {
		return *s
	}
	return beaconInterval
}

// beacons are when each port sent its last, and whom it heard.
type beacons struct {
	sent  map[uint32]time.Time
	heard map[uint32]beacon
}

func newBeacons() *beacons { return &beacons{map[uint32]time.Time{}, map[uint32]beacon{}} }

// beaconTick sends what is due: on all stack ports, and on as many others as may
// be in an interval, those that have waited longest first.
func (d *datapath) beaconTick(ctx context.Context, now time.Time) error {
	interval := time.Duration(sendInterval(d.dp)) * time.Second
	limit := beaconLimit
	if m := d.dp.LLDPBeacon.MaxPerInterval; m != nil {
		limit = *m
	}
	for _, p := range d.dp.Ports {
		if p.Beacon.Enable && !p.IsStack() && now.Sub(d.beacons.sent[p.Number]) < interval {
			limit--
		}
	}
	for {
		var next *config.Port
		for _, p := range d.dp.Ports {
			wait := interval
			if p.IsStack() && !d.state.Stack.Linked(p) {
				wait = min(wait, time.Second) // the link is waited for
			}
			due := d.state.Up[p.Number] && now.Sub(d.beacons.sent[p.Number]) >= wait && (p.IsStack() || p.Beacon.Enable && limit > 0)
			if due && (next == nil || d.beacons.sent[p.Number].Before(d.beacons.sent[next.Number])) {
				next = p
			}
		}
		if next == nil {
			return nil
		}
		if !next.IsStack() {
			limit--
		}
		if err := d.beacon(ctx, next, now); err != nil {
			return err
		}
	}
}

func (d *datapath) beacon(ctx context.Context, p *config.Port, now time.Time) error {
	d.beacons.sent[p.Number] = now
	mac, _ := config.ParseMAC(d.dp.MAC)
	return d.out(ctx, p.Number, frame(nearestBridge, mac, 0, etherLLDP, beaconBody(p, d.c.stack.stateOf(p))))
}

// lldpIn takes a beacon: of the other end of a stack port, or of a neighbour that
// is only noted.
func (d *datapath) lldpIn(ctx context.Context, port *config.Port, p packet) error {
	x, ok := parseBeacon(p.body)
	if !ok {
		d.counted.unexpected.Inc()
		return nil
	}
	if own, ok := config.ParseMAC(port.LLDPPeer); ok && p.src != own && d.beacons.heard[port.Number].mac != x.mac {
		d.log.Warn("LLDP of another peer than lldp_peer_mac", "port", port.Number, "mac", macText(p.src), "lldp_peer_mac", macText(own))
	}
	if before, known := d.beacons.heard[port.Number]; !known || before.mac != x.mac || before.port != x.port || before.datapath != x.datapath {
		d.log.Info("LLDP", "port", port.Number, "mac", macText(x.mac), "remote_port", x.port, "system", x.system, "remote_dp_id", fmt.Sprintf("%#x", x.datapath))
	}
	d.beacons.heard[port.Number] = x
	if !port.IsStack() {
		return nil
	}
	d.c.o.Metrics.stack.probes.With(d.labels()).Inc()
	right := x.datapath == port.Peer.DP.DatapathID() && x.port == strconv.Itoa(int(port.Peer.Number))
	if !right {
		d.c.o.Metrics.stack.cabling.With(d.labels()).Inc()
	}
	if !right && d.c.stack.stateOf(port) != stackBad { // said once
		d.log.Error("a stack port leads to another place than the configuration says", "port", port.Number,
			"expected_dp_id", fmt.Sprintf("%#x", port.Peer.DP.DatapathID()), "expected_port", port.Peer.Number,
			"remote_dp_id", fmt.Sprintf("%#x", x.datapath), "remote_port", x.port)
	}
	return d.heard(ctx, port, right, time.Now())
}
