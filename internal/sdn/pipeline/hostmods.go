package pipeline

import (
	"github.com/octothorpe/octothorpe/internal/sdn/config"
	"github.com/octothorpe/octothorpe/openflow"
)

// placeLimit is of how many places the messages are kept: each is a kilobyte or so.
const placeLimit = 256

// HostMods makes the messages that tell a switch of hosts without making garbage: the
// hosts of a VLAN on a port differ in their address and times alone. The zero value
// is ready; it belongs to one goroutine.
type HostMods struct {
	dp   *config.DP
	made map[place][]*openflow.FlowMod
}

type place struct {
	vlan *config.VLAN
	port *config.Port
}

// Add are the messages that add HostFlows. They are the caller's until the next call.
func (w *HostMods) Add(dp *config.DP, t *Tables, h Host) []*openflow.FlowMod {
	if w.dp != dp || len(w.made) >= placeLimit {
		w.dp, w.made = dp, map[place][]*openflow.FlowMod{}
	}
	at := place{h.VLAN, h.Port}
	list := w.made[at]
	if list == nil {
		for _, f := range HostFlows(dp, t, h) {
			list = append(list, f.Mod(openflow.FlowAdd))
		}
		w.made[at] = list
		return list
	}
	source, way := lasts(dp, h.Timeout)
	for i, m := range list {
		is := way
		if i == 0 {
			is = source
		}
		m.HardTimeout, m.IdleTimeout = is.hard, is.idle
		for j, f := range m.Match {
			for _, address := range [...]openflow.FieldType{openflow.EthSrc, openflow.EthDst} {
				if f.Class == address.Class && f.Number == address.Number {
					m.Match[j] = address.MAC(h.MAC)
				}
			}
		}
	}
	return list
}

// A lasting is how long a flow stays, in seconds; 0 for ever.
type lasting struct{ hard, idle uint16 }

// lasts says of a host with a timeout how long the switch knows it (its flow in
// eth_src), and the way to it (the others).
func lasts(dp *config.DP, timeout uint16) (source, way lasting) {
	source.hard = timeout
	switch {
	case timeout == 0:
	case dp.UseIdleTimeout:
		source = lasting{idle: timeout} // the switch tells when it goes: add asks for that
	case dp.IdleDst:
		way.idle = timeout + idleGuard(dp)
	}
	return source, way
}
