package callrecord

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/event"
)

// look notes what an event means in the life of a channel; d.mu is held.
func (d *Diary) look(s event.Stamped) {
	at := s.Time
	switch e := s.Event.(type) {
	case *event.Newchannel:
		d.legs[e.Channel.UniqueID] = &noted{linked: e.Channel.LinkedID}
		d.calls[e.Channel.LinkedID]++
		d.note("CHAN_START", e.Channel, at, "", "")
		d.see(e.Channel, at)
	case *event.Newstate:
		d.see(e.Channel, at)
	case *event.NewCallerid:
		d.see(e.Channel, at)
	case *event.NewAccountCode:
		d.see(e.Channel, at)
	case *event.Rename:
		d.see(e.Channel, at)
	case *event.Newexten:
		d.application(d.see(e.Channel, at), at)
	case *event.BridgeEnter:
		d.see(e.Channel, at)
		d.note("BRIDGE_ENTER", e.Channel, at, d.others(e.Bridge, e.Channel), ofBridge(e.Bridge))
	case *event.BridgeLeave:
		d.see(e.Channel, at)
		d.note("BRIDGE_EXIT", e.Channel, at, d.others(e.Bridge, e.Channel), ofBridge(e.Bridge))
	case *event.Hangup:
		d.hangup(e, at)
	case *event.DTMFEnd:
		if e.Received {
			d.note("DTMF", e.Channel, at, "", object("digit", string(e.Digit), "duration_ms", strconv.FormatInt(e.Duration.Milliseconds(), 10)))
		}
	default:
		d.change(s)
	}
}

// change notes calls that are sent elsewhere.
func (d *Diary) change(s event.Stamped) {
	at := s.Time
	switch e := s.Event.(type) {
	case *event.BlindTransfer:
		if e.Result == "Success" {
			d.note("BLINDTRANSFER", e.Transferer, at, "", object("extension", e.Exten, "context", e.Context, "bridge_id", bridgeID(e.Bridge),
				"transferee_channel_name", name(e.Transferee), "transferee_channel_uniqueid", uniqueID(e.Transferee)))
		}
	case *event.AttendedTransfer:
		if e.Result == "Success" {
			d.note("ATTENDEDTRANSFER", e.OrigTransferer, at, "", attended(e))
		}
	case *event.Pickup:
		d.note("PICKUP", e.Target, at, "", object("pickup_channel", name(e.Channel), "pickup_channel_uniqueid", uniqueID(e.Channel)))
	case *event.Generic:
		d.parked(e, at)
	case *event.DialEnd:
		d.see(e.Peer, at)
		if e.Forward != "" {
			d.note("FORWARD", e.Channel, at, "", object("forward", e.Forward))
		}
	case *event.StreamBegin:
		d.note("STREAM_BEGIN", e.Channel, at, "", object("sound", e.Sound, "format", e.Format, "language", e.Language))
	case *event.StreamEnd:
		d.note("STREAM_END", e.Channel, at, "", "")
	case *event.LocalOptimizationBegin:
		d.note("LOCAL_OPTIMIZE_BEGIN", e.One, at, "", object("local_two", name(e.Two), "local_two_uniqueid", uniqueID(e.Two)))
	case *event.LocalOptimizationEnd:
		d.note("LOCAL_OPTIMIZE", e.One, at, "", object("local_two", name(e.Two), "local_two_uniqueid", uniqueID(e.Two)))
	}
}

func attended(e *event.AttendedTransfer) string {
	if e.DestType == "App" {
		return object("app", e.DestApp, "bridge1_id", bridgeID(e.OrigBridge), "channel2_name", name(e.SecondTransferer),
			"channel2_uniqueid", uniqueID(e.SecondTransferer), "transferee_channel_name", name(e.Transferee),
			"transferee_channel_uniqueid", uniqueID(e.Transferee), "transfer_target_channel_name", name(e.Target),
			"transfer_target_channel_uniqueid", uniqueID(e.Target))
	}
	return object("bridge1_id", bridgeID(e.OrigBridge), "channel2_name", name(e.SecondTransferer),
		"channel2_uniqueid", uniqueID(e.SecondTransferer), "bridge2_id", bridgeID(e.SecondBridge), "transferee_channel_name", name(e.Transferee),
		"transferee_channel_uniqueid", uniqueID(e.Transferee), "transfer_target_channel_name", name(e.Target),
		"transfer_target_channel_uniqueid", uniqueID(e.Target))
}

// see notes how a channel is now.
func (d *Diary) see(s *event.Channel, at time.Time) *noted {
	n := d.legs[s.UniqueID]
	if n == nil {
		return nil
	}
	n.now = s
	if n.linked != s.LinkedID {
		d.calls[s.LinkedID]++
		d.forget(n, s, at)
		n.linked = s.LinkedID
	}
	if s.State == event.Up && !n.up {
		n.up = true
		d.note("ANSWER", s, at, "", "")
	}
	return n
}

// forget takes a channel out of its call, and notes the end of that with its last.
func (d *Diary) forget(n *noted, s *event.Channel, at time.Time) {
	if d.calls[n.linked]--; d.calls[n.linked] > 0 {
		return
	}
	delete(d.calls, n.linked)
	last := *s
	last.LinkedID = n.linked
	d.note("LINKEDID_END", &last, at, "", "")
}

// application notes that one of cel.conf's applications ends or begins.
func (d *Diary) application(n *noted, at time.Time) {
	if n == nil {
		return
	}
	d.applicationEnds(n, at)
	if slices.Contains(d.settings.Apps, strings.ToLower(n.now.Application)) {
		n.app = n.now
		d.note("APP_START", n.now, at, "", "")
	}
}

func (d *Diary) applicationEnds(n *noted, at time.Time) {
	if n.app != nil {
		ended := *n.now
		ended.Application, ended.Data = n.app.Application, n.app.Data
		d.note("APP_END", &ended, at, "", "")
		n.app = nil
	}
}

func (d *Diary) hangup(e *event.Hangup, at time.Time) {
	s := e.Channel
	n := d.see(s, at)
	if n == nil {
		return
	}
	d.applicationEnds(n, at)
	d.note("HANGUP", s, at, "", fmt.Sprintf(`{"hangupcause":%d,"hangupsource":%s,"dialstatus":%s}`, e.Cause, quote(s.HangupBy), quote(e.DialStatus)))
	d.note("CHAN_END", s, at, "", "")
	delete(d.legs, s.UniqueID)
	d.forget(n, s, at)
}

// others are the names of whom a channel has with it in a bridge.
func (d *Diary) others(b *event.Bridge, s *event.Channel) string {
	var names []string
	for _, id := range b.Channels {
		if n := d.legs[id]; n != nil && n.now != nil && id != s.UniqueID && n.now.BridgeID == b.ID {
			names = append(names, n.now.Name)
		}
	}
	return strings.Join(names, ",")
}

func ofBridge(b *event.Bridge) string {
	return object("bridge_id", b.ID, "bridge_technology", b.Technology)
}

func name(s *event.Channel) string {
	if s == nil {
		return ""
	}
	return s.Name
}

func uniqueID(s *event.Channel) string {
	if s == nil {
		return ""
	}
	return s.UniqueID
}

func bridgeID(b *event.Bridge) string {
	if b == nil {
		return ""
	}
	return b.ID
}

// parked notes that a call is parked, and that it is so no more.
func (d *Diary) parked(e *event.Generic, at time.Time) {
	if len(e.Named) == 0 || e.Named[0].Prefix != "Parkee" {
		return
	}
	told := func(name string) string {
		for _, f := range e.Fields {
			if f.Name == name {
				return f.Value
			}
		}
		return ""
	}
	switch parkee := e.Named[0].Channel; e.Name {
	case "ParkedCall":
		d.note("PARK_START", parkee, at, "", object("parker_dial_string", told("ParkerDialString"), "parking_lot", told("Parkinglot")))
	case "UnParkedCall", "ParkedCallTimeOut", "ParkedCallGiveUp":
		pairs := []string{"reason", e.Name}
		if e.Name == "UnParkedCall" {
			pairs[1] = "ParkedCallUnparked"
		}
		if len(e.Named) > 1 {
			pairs = append(pairs, "retriever", name(e.Named[1].Channel))
		}
		d.note("PARK_END", parkee, at, "", object(pairs...))
	}
}
