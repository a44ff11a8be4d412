package app

import (
	"github.com/octothorpe/octothorpe/internal/call"
	"github.com/octothorpe/octothorpe/internal/channel"
)

// Options of Dial with which somebody other than the caller may hear the called leg first, so that
// media can't go from phone to phone before the bridge, and those with which only the caller's is
// to come here.
const (
	withoutMeeting = "AGHMPpU"
	calledAlone    = "tThkKwW"
)

// meets reports whether the far ends may be told of each other while it rings, if the technology
// has them be: the called one where it is the only one, the caller where it is the one that answers.
func (d *dialing) meets(caller bool) bool {
	return !d.flags.HasAny(withoutMeeting) && !(caller && d.flags.HasAny(calledAlone))
}

// meet has the caller's far end told where a called leg is. That is nowhere without one.
func (d *dialing) meet(peer *channel.Channel) {
	if peer == nil || d.meets(true) {
		d.c.Meet(peer)
	}
}

// meetOnly does that as soon as something is heard of the only leg.
func (d *dialing) meetOnly(a *call.Attempt) {
	if d.single {
		d.meet(a.Channel)
	}
}
