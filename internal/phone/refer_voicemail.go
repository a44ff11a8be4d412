package phone

import (
	"strings"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/sip"
)

// A Digium phone that sends its call to somebody's voicemail says so in REFER, by a
// header of its own and by the reason of a Diversion. The dialplan finds both on the
// leg that goes on.
const (
	featureHeader   = "X-Digium-Call-Feature"
	sendToVoicemail = "send_to_vm"
)

// toVoicemail returns what a REFER tells the leg that goes on, nil for most.
func (d *Driver) toVoicemail(r *sip.Message) func(transferee *channel.Channel) {
	feature := r.Get(featureHeader)
	if feature != "feature_"+sendToVoicemail {
		feature = ""
	}
	diverted := false
	if list := r.List("Diversion"); len(list) > 0 {
		if a, err := sip.ParseAddress(list[0]); err == nil {
			reason, _ := sip.Param(a.Params, "reason")
			diverted = strings.Trim(reason, `"`) == sendToVoicemail
		}
	}
	if d.technology != PJSIP || feature == "" && !diverted {
		return nil
	}
	return func(c *channel.Channel) {
		if diverted {
			c.Change(func(s *event.Channel) { s.Redirect.Reason = sendToVoicemail })
		}
		if s, err := d.ours(c); err == nil && feature != "" {
			s.seen(func(h *headers) { h.list = append(h.list, sip.Header{Name: featureHeader, Value: feature}) })
		}
	}
}
