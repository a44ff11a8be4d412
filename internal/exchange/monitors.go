package exchange

import (
	"path/filepath"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/monitor"
	"github.com/octothorpe/octothorpe/internal/voicemail"
)

// buildMonitors makes what records legs and listens to them.
func (x *Exchange) buildMonitors(plan monitor.Dialplan) {
	x.monitors = &monitor.House{Channels: x.channels, Bridges: x.bridges, Dialplan: plan, Voice: x.house, Logger: x.log,
		Sound: x.features.Sound, Spool: filepath.Join(x.dirs.Spool, "monitor"), NameOf: func(mailbox, context string) string { return x.voicemail.NameOf(mailbox, context) },
		Deposit: func(c *channel.Channel, d monitor.Deposit) error {
			return x.voicemail.Deposit(c, voicemail.Copy(d))
		}}
	x.rooms.Recorder = x.monitors
	x.features.Record, x.features.RecordPair = x.monitors.Touch, x.monitors.TouchPair
	x.bridges.Begins = x.monitors.Bridged
	x.offer(nil, x.monitors.Applications())
	for _, f := range x.monitors.Functions() {
		if x.modules.wants(f.Module) {
			x.engine.AddFunction(f)
		}
	}
}

// serveMonitors adds them to the console and AMI.
func (x *Exchange) serveMonitors() {
	x.console.Add(x.monitors.Commands())
	x.manager.Add(x.monitors.Actions())
}
