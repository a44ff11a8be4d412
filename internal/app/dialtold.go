package app

import (
	"context"
	"fmt"
	"slices"

	"github.com/octothorpe/octothorpe/internal/call"
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/logging"
)

// tellRefused says in the log why a device is not called: there is no leg to it,
// or the leg has nowhere to go. People and scripts look for the words.
func (d *dialing) tellRefused(ctx context.Context, refused *channel.RequestError, technology, destination string) {
	if refused.Cause == 0 {
		d.uncalled++
		logging.CallVerbosef(d.house.Logger, d.c.CallNumber(), 3, "Couldn't call %s/%s", technology, destination)
		return
	}
	d.house.Logger.Log(ctx, levelNotice, fmt.Sprintf("Unable to create channel of type '%s' (cause %d - %s)", technology, refused.Cause,
		channel.CauseText(refused.Cause)), "channel", d.c.Name(), "reason", refused.Why)
}

// tellUnanswered says in the log why nobody answered: the time was up, or all are
// counted that were called, and of them those that were busy, congested or not there.
func (d *dialing) tellUnanswered() {
	log, number := d.house.Logger, d.c.CallNumber()
	attempts := d.dialer.Attempts()
	if slices.ContainsFunc(attempts, func(a *call.Attempt) bool { return a.Status == "" }) {
		if !d.dialer.Silent() {
			logging.CallVerbosef(log, number, 3, "Nobody picked up in %d ms", d.timeout.Milliseconds())
		}
		return
	}
	count := map[string]int{"CHANUNAVAIL": -d.uncalled}
	for status, n := range d.failed {
		count[status] += n
	}
	for _, a := range attempts {
		count[a.Outcome()]++
	}
	logging.CallVerbosef(log, number, 2, "Everyone is busy/congested at this time (%d:%d/%d/%d)", d.made-d.uncalled,
		count["BUSY"], count["CONGESTION"], count["CHANUNAVAIL"])
}
