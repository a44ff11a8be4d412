package exchange

import (
	"context"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/iax"
)

// iaxModule is what modules.conf calls the driver of IAX2.
const iaxModule = "chan_iax2"

// startIAX serves the users and peers of iax.conf. Without the file there is no port.
func (x *Exchange) startIAX() error {
	if !x.modules.wants(iaxModule) {
		return nil
	}
	f := x.optional(iax.File)
	if f == nil {
		return nil
	}
	x.iax = &iax.Driver{Channels: x.channels, Logger: x.log, Hooks: iax.Hooks{
		Exists: func(context, exten, caller string) bool {
			return x.engine.Exists(channel.Location{Context: context, Exten: exten, Priority: 1}, caller)
		},
		Start:  x.engine.Start,
		Assign: func(c *channel.Channel, name, value string) { _ = x.engine.Assign(x.background, c, name, value) },
	}}
	x.configureIAX(f)
	x.channels.Register(x.iax)
	return x.iax.Start()
}

func (x *Exchange) configureIAX(f *config.File) {
	settings, problems := iax.Load(f, x.optional("acl.conf"))
	x.report(problems)
	x.iax.Configure(settings)
}

// reloadIAX reads iax.conf again. The port stays as it is; where there was none it needs a
// restart. A file that can't be read leaves what is in force.
func (x *Exchange) reloadIAX() error {
	if x.iax == nil {
		return nil
	}
	f, err := x.load(iax.File)
	if err != nil {
		return err
	}
	x.configureIAX(f)
	return nil
}

// listIAX lists the peers, or is otherwise where there is no IAX2.
func (x *Exchange) listIAX(flat bool, otherwise func(context.Context, *command.ActionRequest) error) func(context.Context, *command.ActionRequest) error {
	return func(ctx context.Context, r *command.ActionRequest) error {
		if x.iax == nil {
			return otherwise(ctx, r)
		}
		x.iax.ListPeers(r, flat)
		return nil
	}
}

func checkIAX(f, acls *config.File) []config.Diagnostic { _, d := iax.Load(f, acls); return d }
