package exchange

import (
	"fmt"

	"github.com/octothorpe/octothorpe/internal/sdn"
)

// startNetwork drives the switches of [network], if asterisk.conf has it. What
// happens there is told on the bus.
func (x *Exchange) startNetwork() error {
	if !x.system.HasNetwork {
		return nil
	}
	o := x.system.Network
	o.Log, o.Bus = x.log.With("part", "network"), x.bus
	n, err := sdn.Start(o)
	if err != nil {
		return fmt.Errorf("network: %w", err)
	}
	x.network = n
	x.modules.always("sdn", "Network controller of [network]")
	return nil
}

// reloadNetwork reads faucet.yaml and gauge.yaml again. A wrong one changes nothing.
func (x *Exchange) reloadNetwork() error {
	if x.network == nil {
		return nil
	}
	return x.network.ReloadFiles()
}

// stopNetwork lets the switches alone: they keep what they have.
func (x *Exchange) stopNetwork() {
	if x.network != nil {
		x.network.Close()
	}
}
