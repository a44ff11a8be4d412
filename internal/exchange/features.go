package exchange

import (
	"context"

	"github.com/octothorpe/octothorpe/internal/app"
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/feature"
)

// buildFeatures makes what legs can ask for by keys while they talk.
func (x *Exchange) buildFeatures(plan feature.Dialplan) {
	x.features = &feature.House{Calls: x.calls, Dialplan: plan, Voice: x.house, Logger: x.log}
	x.house.Features = x.features
	x.bridges.Intercept, x.bridges.Ends = x.house.Interception, x.calls.Onward
	x.offer(nil, x.features.Applications())
	for _, f := range x.features.Functions() {
		x.engine.AddFunction(f)
	}
}

// reloadFeatures reads features.conf again.
func (x *Exchange) reloadFeatures() error {
	g, problems := feature.Read(x.optional("features.conf"))
	x.report(problems)
	x.features.Configure(g)
	return nil
}

// picksUp reports whether an extension is that of pickupexten.
func (x *Exchange) picksUp(exten string) bool {
	pickup := x.features.Settings().PickupExten()
	return pickup != "" && exten == pickup
}

// pickUp owns a leg that called pickupexten: it takes a call of its groups that
// rings, or is refused. Either has a sound in features.conf.
func (x *Exchange) pickUp(c *channel.Channel) {
	x.calls.Employ(c, func(ctx context.Context, c *channel.Channel) error {
		app.HearsOfPickup(c, x.features.Sound(c, "pickupsound"))
		err := x.calls.Dialplan.Execute(ctx, c, "Pickup", "")
		if err == nil { // there was none
			if sound := x.features.Sound(c, "pickupfailsound"); sound != "" && c.Answer() == nil {
				_, _ = x.house.Prompt(ctx, c, sound, "")
			}
			c.Hangup(channel.CauseCallRejected)
		}
		if !c.Interrupted() {
			c.Hangup(channel.CauseNormalClearing)
		}
		return err
	})
}
