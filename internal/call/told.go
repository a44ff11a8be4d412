package call

import (
	"strings"

	"github.com/octothorpe/octothorpe/internal/logging"
	"github.com/octothorpe/octothorpe/internal/media"
)

// The lines of verbosity 3 by which people follow a call, word for word as they
// know them. On behalf of a caller they name the technology and who hears of it.

// say writes a line of the call.
func (d *Dialer) say(a *Attempt, format string, args ...any) {
	number := a.Channel.CallNumber()
	if d.caller != nil {
		number = d.caller.CallNumber()
	}
	logging.CallVerbosef(d.calls.Logger, number, 3, format, args...)
}

// tellCalled says that a destination is called.
func (d *Dialer) tellCalled(a *Attempt, technology string) {
	switch {
	case strings.HasPrefix(a.DialString, technology+"/"): // it is whole
		technology = ""
	case d.caller != nil:
		technology += "/"
	default:
		technology = ""
	}
	d.say(a, "Called %s%s", technology, a.DialString)
}

// passed are the signals that go on to the caller.
var passed = map[media.Signal]string{media.Progress: "making progress", media.Proceeding: "proceeding"}

// tellSignal says what a leg told.
func (d *Dialer) tellSignal(a *Attempt, signal media.Signal) {
	name := a.Channel.Name()
	switch signal {
	case media.Answered:
		if d.caller != nil {
			d.say(a, "%s answered %s", name, d.caller.Name())
			return
		}
		d.say(a, "%s answered", name)
	case media.Ringing:
		d.say(a, "%s is ringing", name)
	case media.Busy:
		d.say(a, "%s is busy", name)
	case media.Congestion:
		d.say(a, "%s is circuit-busy", name)
	case media.Progress, media.Proceeding:
		if d.caller != nil {
			d.say(a, "%s is %s passing it to %s", name, passed[signal], d.caller.Name())
			return
		}
		d.say(a, "%s is %s", name, passed[signal])
	}
}
