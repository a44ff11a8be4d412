package rest

import (
	"net/http"
	"strings"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/rest/stasis"
)

// snoopWays are the words for what a leg that snoops hears, or into what it speaks.
var snoopWays = map[string][]channel.Direction{"": nil, "none": nil, "both": {channel.In, channel.Out}, "in": {channel.In}, "out": {channel.Out}}

// snoop has a new leg hear another one.
func snoop(s *Server, r *request) answer {
	o := stasis.Snoop{ID: r.path["snoopId"], App: r.text("app"), By: r.socket()}
	if o.ID == "" {
		o.ID = r.text("snoopId")
	}
	if args := r.text("appArgs"); args != "" {
		o.Args = strings.Split(args, ",")
	}
	var ok bool
	if o.Spy, ok = snoopWays[r.text("spy")]; !ok {
		return refusal(http.StatusBadRequest, "Invalid direction specified for spy")
	}
	if o.Whisper, ok = snoopWays[r.text("whisper")]; !ok {
		return refusal(http.StatusBadRequest, "Invalid direction specified for whisper")
	}
	target := r.channel()
	switch {
	case len(o.Spy)+len(o.Whisper) == 0:
		return refusal(http.StatusBadRequest, "Direction must be specified for at least spy or whisper")
	case o.App == "":
		return refusal(http.StatusBadRequest, "Application name is required")
	case target == nil:
		return refusal(http.StatusNotFound, "Provided channel was not found")
	case o.ID != "" && s.Hub.House.Channels.Find(o.ID) != nil:
		return refusal(http.StatusInternalServerError, "Snoop channel could not be created")
	}
	made, err := s.Hub.Snoop(target, o)
	if err != nil {
		s.Logger.Warn("a leg can't be listened to", "channel", target.Name(), "error", err)
		return refusal(http.StatusInternalServerError, "Snoop channel could not be created")
	}
	return said(stasis.AppendChannel(nil, made))
}
