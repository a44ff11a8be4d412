package rest

import (
	"net/http"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/call"
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/media"
	"github.com/octothorpe/octothorpe/internal/rest/stasis"
)

// anError is the reference's answer to what it can't do and does not say why.
var anError = refusal(http.StatusInternalServerError, "An internal error prevented this request from being handled")

// external is what externalMedia asks for.
type external struct {
	host, encapsulation, transport, connection, format, data, more string
}

// externalMedia makes a leg whose media go to and come from a program.
func externalMedia(s *Server, r *request) answer {
	x := external{host: r.text("external_host"), encapsulation: r.text("encapsulation"), transport: r.text("transport"),
		connection: r.text("connection_type"), format: r.text("format"), data: r.text("data"), more: r.text("transport_data")}
	for _, one := range []struct {
		value     *string
		otherwise string
	}{{&x.encapsulation, "rtp"}, {&x.transport, "udp"}, {&x.connection, "client"}} {
		if *one.value == "" {
			*one.value = one.otherwise
		}
	}
	m := making{app: r.text("app"), id: r.text("channelId"), by: r.socket()}
	if m.app == "" {
		return refusal(http.StatusBadRequest, "app cannot be empty")
	}
	device, wrong := x.device(s)
	if wrong != nil {
		return *wrong
	}
	if m.variables, wrong = r.pairs(false); wrong != nil {
		return *wrong
	}
	f, known := media.FormatByName(x.format)
	if !known || m.id != "" && s.Hub.House.Channels.Find(m.id) != nil {
		return anError
	}
	o := call.Origination{Device: device, Timeout: 30 * time.Second, Variables: plain(m.variables), Assign: s.assign, UniqueID: m.id,
		Formats: []*media.Format{f}, Application: "Stasis", Data: m.app}
	c, err := s.call(m, o, withVariables)
	if err != nil {
		s.Logger.Warn("a leg of external media was not made", "device", device, "error", err)
		return anError
	}
	r.about = c
	return said(stasis.AppendChannel(nil, c))
}

// withVariables is a leg as it is now, with all its variables.
func withVariables(c *channel.Channel) *event.Channel {
	s := *c.Snapshot()
	s.Reported = nil
	for _, v := range c.Variables() {
		s.Reported = append(s.Reported, event.Reported{Name: v.Name, Value: v.Value})
	}
	return &s
}

// device is what is dialled, or why that is none.
func (x *external) device(s *Server) (string, *answer) {
	refuse := func(status int, text string) (string, *answer) {
		a := refusal(status, text)
		return "", &a
	}
	web := x.transport == "websocket"
	serving := x.connection == "server"
	switch {
	case x.host == "" && !(web && serving):
		return refuse(http.StatusBadRequest, "external_host is required for all but websocket server connections")
	case !web && !strings.Contains(x.host, ":"):
		return refuse(http.StatusBadRequest, "external_host must be <host>:<port> for all transports other than websocket")
	case x.format == "":
		return refuse(http.StatusBadRequest, "format cannot be empty")
	case serving && !web:
		return refuse(http.StatusBadRequest, "'server' connection_type can only be used with the websocket transport")
	}
	codec := "c(" + x.format + ")"
	switch x.encapsulation {
	case "rtp":
		if x.transport != "udp" {
			return refuse(http.StatusBadRequest, "transport must be 'udp' for rtp encapsulation")
		}
		return "UnicastRTP/" + x.host + "/" + codec, nil
	case "audiosocket":
		switch {
		case x.transport != "tcp":
			return refuse(http.StatusBadRequest, "transport must be 'tcp' for audiosocket encapsulation")
		case x.data == "":
			return refuse(http.StatusBadRequest, "data can not be empty")
		}
		return "AudioSocket/" + x.host + "/" + x.data + "/" + codec, nil
	case "none":
		switch {
		case !web:
		case serving:
			return "WebSocket/INCOMING/" + codec + x.more, nil
		case s.Exchange.HasWebSocket(x.host):
			return "WebSocket/" + x.host + "/" + codec + x.more, nil
		default:
			return refuse(http.StatusBadRequest, "external_host must be a valid websocket_client connection id.")
		}
	}
	return refuse(http.StatusNotImplemented, "The encapsulation and/or transport is not supported")
}
