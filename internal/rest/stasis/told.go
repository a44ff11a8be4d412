package stasis

import (
	"strconv"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/event"
)

// A told is what an event of the core is for applications: whom it is about, and how
// it is encoded.
type told struct {
	kind     string // "" is not told
	channels [4]*event.Channel
	bridges  [3]*event.Bridge
	endpoint string // TECHNOLOGY/resource
	device   string
	encode   func(b []byte) []byte
	ended    bool // the first channel is gone, and nothing more will be told of it
	over     bool // the first bridge is gone
	lone     bool // a bridge and its channel: who listens to either is told once
}

// kinds are the events of the core that applications may hear of.
var kinds = event.Kinds(event.KindNewchannel, event.KindNewstate, event.KindHangup, event.KindHangupRequest, event.KindSoftHangupRequest,
	event.KindNewexten, event.KindVarSet, event.KindNewCallerid, event.KindNewConnectedLine, event.KindDTMFEnd, event.KindHold, event.KindUnhold,
	event.KindDialBegin, event.KindDialState, event.KindDialEnd, event.KindBridgeCreate, event.KindBridgeDestroy, event.KindBridgeEnter,
	event.KindBridgeLeave, event.KindBridgeMerge, event.KindBridgeVideoSource, event.KindUserEvent, event.KindChannelTalkingStart, event.KindChannelTalkingStop, event.KindChannelToneDetected, event.KindChannelTransfer,
	event.KindPeerStatus, event.KindContactStatus, event.KindDeviceStateChange, event.KindBlindTransfer, event.KindAttendedTransfer)

func channelIn(b []byte, name string, c *event.Channel) []byte {
	if c == nil {
		return b
	}
	return AppendChannel(key(b, name), c)
}

func bridgeIn(b []byte, name string, s *event.Bridge) []byte {
	if s == nil {
		return b
	}
	return AppendBridge(key(b, name), s)
}

// ofChannel is an event that has a channel and no more than what add appends.
func ofChannel(kind string, c *event.Channel, add func(b []byte) []byte) told {
	return told{kind: kind, channels: [4]*event.Channel{c}, encode: func(b []byte) []byte {
		b = channelIn(b, "channel", c)
		if add != nil {
			b = add(b)
		}
		return b
	}}
}

func dialled(caller, peer *event.Channel, number, forward, status string) told {
	return told{kind: "Dial", channels: [4]*event.Channel{peer, caller}, lone: true, encode: func(b []byte) []byte {
		b = channelIn(b, "caller", caller)
		b = channelIn(b, "peer", peer)
		b = member(member(b, "dialstring", number), "forward", forward)
		return member(b, "dialstatus", status)
	}}
}

// translate turns an event of the core into what applications hear.
func (h *Hub) translate(e event.Event) told {
	switch e := e.(type) {
	case *event.Newchannel:
		return ofChannel("ChannelCreated", e.Channel, nil)
	case *event.Newstate:
		return ofChannel("ChannelStateChange", e.Channel, nil)
	case *event.Hangup:
		t := ofChannel("ChannelDestroyed", e.Channel, func(b []byte) []byte {
			b = member(number(b, "cause", e.Cause), "cause_txt", e.CauseText)
			if e.Channel.TechCause != 0 {
				b = number(b, "tech_cause", e.Channel.TechCause)
			}
			return b
		})
		t.ended = true
		return t
	case *event.HangupRequest:
		return ofChannel("ChannelHangupRequest", e.Channel, func(b []byte) []byte {
			if e.Cause < 0 {
				return b
			}
			return number(b, "cause", e.Cause)
		})
	case *event.SoftHangupRequest:
		return ofChannel("ChannelHangupRequest", e.Channel, func(b []byte) []byte {
			return append(key(number(b, "cause", e.Cause), "soft"), "true"...)
		})
	case *event.Newexten:
		return ofChannel("ChannelDialplan", e.Channel, func(b []byte) []byte {
			return member(member(b, "dialplan_app", e.Application), "dialplan_app_data", e.Data)
		})
	case *event.VarSet:
		return ofChannel("ChannelVarset", e.Channel, func(b []byte) []byte { return member(member(b, "variable", e.Name), "value", e.Value) })
	case *event.NewCallerid:
		return ofChannel("ChannelCallerId", e.Channel, func(b []byte) []byte {
			p := presentation(e.Channel.Caller)
			return member(number(b, "caller_presentation", int(p)), "caller_presentation_txt", event.PresentationText(p))
		})
	case *event.NewConnectedLine:
		return ofChannel("ChannelConnectedLine", e.Channel, nil)
	case *event.DTMFEnd:
		if !e.Received {
			return told{}
		}
		return ofChannel("ChannelDtmfReceived", e.Channel, func(b []byte) []byte {
			return number(member(b, "digit", string(rune(e.Digit))), "duration_ms", int(e.Duration/time.Millisecond))
		})
	case *event.Hold:
		return ofChannel("ChannelHold", e.Channel, func(b []byte) []byte {
			if e.MusicClass != "" {
				b = member(b, "musicclass", e.MusicClass)
			}
			return b
		})
	case *event.Unhold:
		return ofChannel("ChannelUnhold", e.Channel, nil)
	case *event.ChannelTalkingStart:
		return ofChannel("ChannelTalkingStarted", e.Channel, nil)
	case *event.ChannelTalkingStop:
		return ofChannel("ChannelTalkingFinished", e.Channel, func(b []byte) []byte { return number(b, "duration", int(e.Duration/time.Millisecond)) })
	case *event.ChannelToneDetected:
		return ofChannel("ChannelToneDetected", e.Channel, nil)
	case *event.ChannelTransfer:
		return handedOver(e)
	case *event.DialBegin:
		return dialled(e.Channel, e.Peer, e.DialString, "", "")
	case *event.DialState:
		return dialled(e.Channel, e.Peer, e.DialString, e.Forward, e.Status)
	case *event.DialEnd:
		return dialled(e.Channel, e.Peer, e.DialString, e.Forward, e.Status)
	case *event.UserEvent:
		if e.Addressed {
			return told{}
		}
		return userEvent(e)
	}
	return h.translateMore(e)
}

func presentation(p event.Party) event.Presentation {
	if p.Number.Valid {
		return p.Number.Presentation
	}
	return p.Name.Presentation
}

func userEvent(e *event.UserEvent) told {
	return ofChannel("ChannelUserevent", e.Channel, func(b []byte) []byte {
		b = append(key(member(b, "eventname", e.Name), "userevent"), '{')
		b = member(b, "eventname", e.Name)
		for _, f := range e.Fields {
			b = AppendText(append(AppendText(comma(b), f.Name), ':'), f.Value)
		}
		return append(b, '}')
	})
}

// translateMore does so for what is not about one channel.
func (h *Hub) translateMore(e event.Event) told {
	switch e := e.(type) {
	case *event.BridgeCreate:
		return told{kind: "BridgeCreated", bridges: [3]*event.Bridge{e.Bridge}, encode: func(b []byte) []byte { return bridgeIn(b, "bridge", e.Bridge) }}
	case *event.BridgeDestroy:
		return told{kind: "BridgeDestroyed", bridges: [3]*event.Bridge{e.Bridge}, over: true, encode: func(b []byte) []byte { return bridgeIn(b, "bridge", e.Bridge) }}
	case *event.BridgeEnter:
		return inBridge("ChannelEnteredBridge", e.Bridge, e.Channel)
	case *event.BridgeLeave:
		return inBridge("ChannelLeftBridge", e.Bridge, e.Channel)
	case *event.BridgeMerge:
		return told{kind: "BridgeMerged", bridges: [3]*event.Bridge{e.To, e.From}, encode: func(b []byte) []byte {
			return bridgeIn(bridgeIn(b, "bridge", e.To), "bridge_from", e.From)
		}}
	case *event.BridgeVideoSource:
		return told{kind: "BridgeVideoSourceChanged", bridges: [3]*event.Bridge{e.Bridge}, encode: func(b []byte) []byte {
			b = bridgeIn(b, "bridge", e.Bridge)
			if e.Old != "" {
				b = member(b, "old_video_source_id", e.Old)
			}
			return b
		}}
	case *event.DeviceStateChange:
		return told{kind: "DeviceStateChanged", device: e.Device, encode: func(b []byte) []byte {
			return append(member(member(append(key(b, "device_state"), '{'), "name", e.Device), "state", e.State), '}')
		}}
	case *event.PeerStatus:
		return h.peerStatus(e)
	case *event.ContactStatus:
		return h.contactStatus(e)
	case *event.BlindTransfer:
		return told{kind: "BridgeBlindTransfer", channels: [4]*event.Channel{e.Transferer, e.Transferee}, bridges: [3]*event.Bridge{e.Bridge}, lone: true,
			encode: func(b []byte) []byte {
				b = channelIn(channelIn(channelIn(b, "channel", e.Transferer), "replace_channel", e.Replace), "transferee", e.Transferee)
				b = bridgeIn(b, "bridge", e.Bridge)
				b = member(member(member(b, "exten", e.Exten), "context", e.Context), "result", e.Result)
				return strconv.AppendBool(key(b, "is_external"), e.External)
			}}
	case *event.AttendedTransfer:
		return attended(e)
	}
	return told{}
}

// inBridge is for those who listen to the bridge: who listens to the channel alone hears nothing of it, as on
// the reference.
func inBridge(kind string, s *event.Bridge, c *event.Channel) told {
	return told{kind: kind, bridges: [3]*event.Bridge{s}, lone: true, encode: func(b []byte) []byte {
		return channelIn(bridgeIn(b, "bridge", s), "channel", c)
	}}
}

// destinations are where a transfer leads, as AMI and as ARI say it.
var destinations = map[string]string{"Bridge": "bridge", "App": "application", "Link": "link", "Threeway": "threeway", "Fail": "fail"}

func attended(e *event.AttendedTransfer) told {
	return told{kind: "BridgeAttendedTransfer", channels: [4]*event.Channel{e.OrigTransferer, e.SecondTransferer, e.Transferee, e.Target},
		bridges: [3]*event.Bridge{e.OrigBridge, e.SecondBridge}, lone: true, encode: func(b []byte) []byte {
			b = channelIn(channelIn(b, "transferer_first_leg", e.OrigTransferer), "transferer_second_leg", e.SecondTransferer)
			b = channelIn(b, "replace_channel", e.Replace)
			b = channelIn(channelIn(b, "transferee", e.Transferee), "transfer_target", e.Target)
			b = bridgeIn(bridgeIn(b, "transferer_first_leg_bridge", e.OrigBridge), "transferer_second_leg_bridge", e.SecondBridge)
			b = member(member(b, "result", e.Result), "destination_type", destinations[e.DestType])
			switch {
			case e.DestBridge != "":
				b = member(b, "destination_bridge", e.DestBridge)
			case e.DestApp != "":
				b = member(b, "destination_application", e.DestApp)
			case e.OneLocal != nil:
				b = channelIn(channelIn(b, "destination_link_first_leg", e.OneLocal), "destination_link_second_leg", e.TwoLocal)
			}
			return strconv.AppendBool(key(b, "is_external"), e.External)
		}}
}

// handedOver is a transfer that clients do.
func handedOver(e *event.ChannelTransfer) told {
	return told{kind: "ChannelTransfer", channels: [4]*event.Channel{e.Channel}, encode: func(b []byte) []byte {
		if e.State != "" {
			b = member(b, "state", e.State)
		}
		b = append(key(append(key(b, "refer_to"), '{'), "requested_destination"), '{')
		if e.Protocol != "" {
			b = member(b, "protocol_id", e.Protocol)
		}
		b = member(b, "destination", e.Destination)
		if len(e.Parameters) > 0 {
			b = append(key(b, "additional_protocol_params"), '[')
			for _, v := range e.Parameters {
				b = append(member(member(append(comma(b), '{'), "parameter_name", v.Name), "parameter_value", v.Value), '}')
			}
			b = append(b, ']')
		}
		b = append(b, '}')
		b = bridgeIn(channelIn(channelIn(b, "destination_channel", e.Target), "connected_channel", e.TargetConnected), "bridge", e.TargetBridge)
		b = append(key(append(b, '}'), "referred_by"), '{')
		b = bridgeIn(channelIn(channelIn(b, "source_channel", e.Channel), "connected_channel", e.Connected), "bridge", e.Bridge)
		return append(b, '}')
	}}
}

func (h *Hub) peerStatus(e *event.PeerStatus) told {
	resource := strings.TrimPrefix(e.Peer, e.Technology+"/")
	return told{kind: "PeerStatusChange", endpoint: e.Technology + "/" + resource, encode: func(b []byte) []byte {
		b = h.appendEndpointAs(key(b, "endpoint"), e.Technology, resource, StateOf(e.Status), "")
		b = member(append(key(b, "peer"), '{'), "peer_status", e.Status)
		if e.Cause != "" {
			b = member(b, "cause", e.Cause)
		}
		if e.Address != "" {
			b = member(b, "address", e.Address)
		}
		return append(b, '}')
	}}
}

func (h *Hub) contactStatus(e *event.ContactStatus) told {
	return told{kind: "ContactStatusChange", endpoint: "PJSIP/" + e.Endpoint, encode: func(b []byte) []byte {
		b = h.appendEndpoint(key(b, "endpoint"), "PJSIP", e.Endpoint)
		b = member(append(key(b, "contact_info"), '{'), "uri", e.URI)
		b = member(member(b, "contact_status", e.Status), "aor", e.AOR)
		if e.RTT > 0 {
			b = member(b, "roundtrip_usec", strconv.FormatInt(e.RTT.Microseconds(), 10))
		}
		return append(b, '}')
	}}
}
