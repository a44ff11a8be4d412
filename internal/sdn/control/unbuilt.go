package control

import (
	"fmt"

	"github.com/octothorpe/octothorpe/internal/sdn/config"
)

// unbuilt says what a configuration asks for that is known and not done yet, so
// that nobody waits for it in silence.
func unbuilt(dp *config.DP) (list []string) {
	ask := func(asked bool, format string, args ...any) {
		if asked {
			list = append(list, dp.Name+": "+fmt.Sprintf(format, args...)+" is known and not honoured yet")
		}
	}
	ask(dp.Dot1X.SwitchPort != 0 && dp.Stack != nil, "a VLAN that 802.1X assigns to a port of a stack (who is given one is refused)")
	ask(dp.ChannelLog != "", "ofchannel_log")
	for _, p := range dp.Ports {
		ask(p.LoopProtect, "loop_protect of port %d", p.Number)
		ask(len(p.LACPPassthrough) > 0, "lacp_passthrough of port %d", p.Number)
	}
	return list
}
