package exchange

import (
	"context"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/conference"
	"github.com/octothorpe/octothorpe/internal/function"
	"github.com/octothorpe/octothorpe/internal/manager"
)

const conferenceFile = "confbridge.conf"

// buildConferences makes what ConfBridge needs.
func (x *Exchange) buildConferences() {
	x.rooms = &conference.House{Channels: x.channels, Bridges: x.bridges, Dialplan: conferencePlan{x}, Voice: x.house, Logger: x.log,
		Spool: x.dirs.Spool, NextNumber: x.local.NextNumber, Touch: x.board.Touch, Denoise: function.Denoise}
	x.house.Confer = x.rooms.Confer
	x.offer(nil, x.rooms.Applications())
	for _, f := range x.rooms.Functions() {
		if x.modules.wants(f.Module) {
			x.engine.AddFunction(f)
		}
	}
}

// serveConferences adds them to the console and AMI.
func (x *Exchange) serveConferences() {
	x.console.Add(x.rooms.Commands())
	x.manager.Add(x.rooms.Actions(manager.SnapshotFields))
}

// configureConferences reads confbridge.conf, for those who enter from now on.
func (x *Exchange) configureConferences() error {
	g, problems := conference.Read(x.optional(conferenceFile))
	x.report(problems)
	x.rooms.Configure(g)
	return nil
}

// conferencePlan is the dialplan as conferences want to see it.
type conferencePlan struct{ x *Exchange }

func (p conferencePlan) Aside(ctx context.Context, c *channel.Channel, place string) error {
	return p.x.engine.Subroutine(ctx, c, place)
}

func (p conferencePlan) AddExtension(in, exten string) error {
	p.x.extend(in, exten, true)
	return nil
}

func (p conferencePlan) RemoveExtension(in, exten string) { p.x.extend(in, exten, false) }
