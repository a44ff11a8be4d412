package iax

import (
	"net/netip"
	"strconv"

	"github.com/octothorpe/octothorpe/internal/command"
)

// ListPeers is AMI's IAXpeers, and with flat its IAXpeerlist, which tells the same in other words.
func (d *Driver) ListPeers(r *command.ActionRequest, flat bool) {
	peers := d.settings.Load().peers
	if flat {
		r.ListStart("IAX Peer status list will follow")
	} else {
		r.ListStart("Peer status list will follow")
	}
	for _, p := range peers {
		if flat {
			names := []command.Field{{Key: "Channeltype", Value: "IAX"}, {Key: "ObjectName", Value: p.name}}
			if p.username != "" {
				names = append(names, command.Field{Key: "ObjectUsername", Value: p.username})
			}
			r.Event("PeerEntry", append(names, p.fields("Port", true)...)...)
			continue
		}
		name := p.name
		if p.username != "" {
			name += "/" + p.username
		}
		r.Event("PeerEntry", append(append([]command.Field{{Key: "Channeltype", Value: Technology}, {Key: "ObjectName", Value: name}}, p.fields("IPport", false)...),
			command.Field{Key: "Description"})...)
	}
	r.ListEnd("PeerlistComplete", len(peers))
}

// Peers are the names of those whom IAX2/NAME calls.
func (d *Driver) Peers() []string {
	var names []string
	for _, p := range d.settings.Load().peers {
		names = append(names, p.name)
	}
	return names
}

// fields are what both lists tell of a peer.
func (p *peer) fields(port string, masked bool) []command.Field {
	address := "(null)"
	if a, err := netip.ParseAddr(p.host); err == nil {
		address = a.String()
	}
	list := []command.Field{{Key: "ChanObjectType", Value: "peer"}, {Key: "IPaddress", Value: address}}
	if masked {
		list = append(list, command.Field{Key: "Mask", Value: "255.255.255.255"})
	}
	return append(list, command.Field{Key: port, Value: strconv.Itoa(int(p.port))}, command.Field{Key: "Dynamic", Value: "no"},
		command.Field{Key: "Trunk", Value: "no"}, command.Field{Key: "Encryption", Value: "no"}, command.Field{Key: "Status", Value: "Unmonitored"})
}
