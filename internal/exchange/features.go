package exchange

import (
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/config"
)

// standardPickup is the extension that takes a call which rings elsewhere where
// features.conf says nothing.
const standardPickup = "*8"

// featureSettings are those of features.conf.
type featureSettings struct{ pickup string }

// readFeatures reads features.conf, which may be nil.
func readFeatures(f *config.File) (featureSettings, []config.Diagnostic) {
	r := config.NewReader(nil)
	s := r.Section(f.Section("general"))
	g := featureSettings{pickup: s.String("pickupexten", standardPickup)}
	s.Later("atxferabort", "atxfercallbackretries", "atxfercomplete", "atxferdropcall", "atxferloopdelay", "atxfernoanswertimeout",
		"atxferswap", "atxferthreeway", "featuredigittimeout", "pickupfailsound", "pickupsound", "recordingfailsound",
		"transferdialattempts", "transferdigittimeout", "transferinvalidsound", "transferretrysound", "xferfailsound", "xfersound")
	s.Done()
	return g, r.Diagnostics()
}

// reloadFeatures reads features.conf again.
func (x *Exchange) reloadFeatures() error {
	g, problems := readFeatures(x.optional("features.conf"))
	x.report(problems)
	x.features.Store(&g)
	return nil
}

// picksUp reports whether an extension is that of pickupexten.
func (x *Exchange) picksUp(exten string) bool {
	g := x.features.Load()
	return g != nil && g.pickup != "" && exten == g.pickup
}

// pickUp owns a leg that called pickupexten: it takes a call of its groups that
// rings, or is refused.
func (x *Exchange) pickUp(c *channel.Channel) {
	x.channels.Go(c.Name(), func() {
		err := x.calls.Dialplan.Execute(c.Context(), c, "Pickup", "")
		if err == nil { // there was none
			c.Hangup(channel.CauseCallRejected)
		}
		c.Hangup(channel.CauseNormalClearing)
		c.End()
	})
}
