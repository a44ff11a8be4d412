package pipeline

import (
	"github.com/octothorpe/octothorpe/internal/sdn/config"
	"github.com/octothorpe/octothorpe/openflow"
)

// BanPort drops what hosts that are not known send by a port, for as many seconds
// as the configuration says. Those that are known have flows above it.
func BanPort(dp *config.DP, t *Tables, p *config.Port) *Flow {
	return ban(dp, t, openflow.InPort.Uint(uint64(p.Number)))
}

// BanVLAN is the same of a VLAN.
func BanVLAN(dp *config.DP, t *Tables, v *config.VLAN) *Flow { return ban(dp, t, onVLAN(v)) }

func ban(dp *config.DP, t *Tables, where openflow.Field) *Flow {
	b := &builder{dp: dp, t: &Tables{Names: t.Names}}
	f := b.add(ethSrc, static+1, openflow.Match{where})
	f.Hard = uint16(min(max(dp.LearnBanTimeout, 1), 0xffff))
	return f
}

// Bar drops what a host sends by a port that is not its own: one that was learnt on
// a port with permanent_learn lives there.
func Bar(dp *config.DP, t *Tables, mac [6]byte, port uint32) *Flow {
	b := &builder{dp: dp, t: &Tables{Names: t.Names}}
	return b.add(ethSrc, filter, openflow.Match{openflow.InPort.Uint(uint64(port)), openflow.EthSrc.MAC(mac)})
}
