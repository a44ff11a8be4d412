package exchange

import (
	"sync"

	"github.com/octothorpe/octothorpe/internal/external"
	"github.com/octothorpe/octothorpe/internal/httpd"
	"github.com/octothorpe/octothorpe/internal/rtp"
	"github.com/octothorpe/octothorpe/internal/wsclient"
)

// webSocketFile names the WebSockets that the exchange opens.
const webSocketFile = "websocket_client.conf"

// mediaSocketFile says how legs of media over WebSockets are spoken to.
const mediaSocketFile = "chan_websocket.conf"

// buildExternal makes the drivers of legs whose far end is a program.
func (x *Exchange) buildExternal() {
	x.modules.add("chan_rtp", "Legs of RTP to and from an address")
	x.modules.add("chan_audiosocket", "Legs of the AudioSocket protocol")
	x.modules.add("chan_websocket", "Legs of media over WebSockets")
	x.modules.add("res_websocket_client", "WebSockets that the exchange opens")
	own := sync.OnceValue(func() *rtp.Ports { // where there are no phones
		m, _, err := readMedia(x.optional("rtp.conf"), nil) // only its ports are asked for
		if err != nil {
			m.ports, _ = rtp.NewPorts(firstMediaPort, lastMediaPort)
		}
		return m.ports
	})
	ports := func() *rtp.Ports {
		if m := x.phones.media.Load(); m != nil {
			return m.ports
		}
		return own()
	}
	sockets := &external.WebSocket{Channels: x.channels, Logger: x.log, Clients: &x.outgoing}
	x.sockets = sockets
	x.channels.Register(&external.Unicast{Channels: x.channels, Logger: x.log, Ports: ports})
	x.channels.Register(&external.AudioSocket{Channels: x.channels, Logger: x.log})
	x.channels.Register(sockets)
	x.http.Handle(httpd.Page{Path: "/media", About: "Media over WebSocket", Below: true, Handler: sockets})
}

// configureMediaSockets reads chan_websocket.conf, for legs from now on.
func (x *Exchange) configureMediaSockets() error {
	json, problems := external.ReadWebSocket(x.optional(mediaSocketFile))
	x.report(problems)
	x.sockets.JSON.Store(json)
	return nil
}

// configureWebSockets reads websocket_client.conf.
func (x *Exchange) configureWebSockets() error {
	list, problems := wsclient.Load(x.optional(webSocketFile))
	x.report(problems)
	x.outgoing.Set(list)
	return nil
}

// HasWebSocket implements rest.Exchange.
func (o *outlook) HasWebSocket(name string) bool { return o.outgoing.Find(name) != nil }
