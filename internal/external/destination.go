package external

import (
	"strings"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/media"
)

// A destination is what follows the technology in a dial string: parts between slashes,
// the last of which may be options, letters with their arguments in parentheses.
type destination struct {
	parts   []string
	options map[byte]string
}

// parse reads a destination of so many parts.
func parse(text string, parts int) destination {
	d := destination{options: map[byte]string{}}
	d.parts = strings.SplitN(text, "/", parts+1)
	if len(d.parts) <= parts {
		return d
	}
	options := d.parts[parts]
	d.parts = d.parts[:parts]
	for i := 0; i < len(options); i++ {
		letter := options[i]
		d.options[letter] = ""
		if i+1 < len(options) && options[i+1] == '(' {
			end := strings.IndexByte(options[i:], ')')
			if end < 0 {
				end = len(options) - i
			}
			d.options[letter] = options[i+2 : i+end]
			i += end
		}
	}
	return d
}

// format is that of the option c, or the best of those wanted that can be made.
func (d destination) format(wanted []*media.Format, otherwise *media.Format) (*media.Format, error) {
	if name, ok := d.options['c']; ok {
		f, ok := media.FormatByName(name)
		if !ok {
			return nil, refused("the format %q is not known", name)
		}
		return f, nil
	}
	for _, f := range wanted {
		if f.Kind == media.Audio && media.Encodes(f) {
			return f, nil
		}
	}
	return otherwise, nil
}

// open makes the channel of a leg.
func open(r *channel.Registry, q channel.Request, name, technology string, leg channel.Leg) (*channel.Channel, error) {
	c, err := r.New(channel.Config{Name: name, Technology: technology, Leg: leg, State: event.Down, Requestor: q.Requestor, LinkedID: q.LinkedID,
		UniqueID: q.UniqueID, Context: "default", Exten: "s", Outgoing: true})
	if err != nil {
		return nil, &channel.RequestError{Cause: channel.CauseCongestion, Why: err.Error()}
	}
	return c, nil
}

// answered tells that the far end is there. The leg is up when who calls it has heard that.
func answered(c *channel.Channel) {
	c.Deliver(media.Frame{Kind: media.Control, Signal: media.Answered})
}
