package exchange

import (
	"bytes"
	"sync"
	"sync/atomic"
	"time"

	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/hep"
	"github.com/octothorpe/octothorpe/internal/phone"
	"github.com/octothorpe/octothorpe/sip"
)

// The modules that copy messages to a capture server.
const (
	captureModule     = "res_hep"
	captureSIPModule  = "res_hep_pjsip"
	captureRTCPModule = "res_hep_rtcp"
)

// capture copies messages to a capture server.
type capture struct {
	sender atomic.Pointer[hep.Sender] // nil: nothing is copied
	deafen func()                     // ends the copies of reports; of who holds the exchange's reloading

	mu    sync.Mutex        // a leaf
	names map[string]string // of channels, by Call-ID; nil where they are not asked for
}

// configureCapture reads hep.conf.
func (x *Exchange) configureCapture() error {
	s, problems := hep.Read(x.optional(hep.File))
	x.report(problems)
	x.stopCapture()
	if s == nil || !x.modules.wants(captureModule) {
		return nil
	}
	sender, err := hep.Start(s, x.log)
	if err != nil {
		return err
	}
	x.capture.sender.Store(sender)
	if x.modules.wants(captureSIPModule) {
		for _, d := range x.phones.drivers {
			d.CopyTo(x.copySIP)
		}
	}
	var kinds []event.Kind
	if x.modules.wants(captureRTCPModule) {
		kinds = append(kinds, event.KindRTCPSent, event.KindRTCPReceived)
	}
	if s.ByChannel {
		kinds = append(kinds, event.KindNewchannel, event.KindNewstate, event.KindHangup)
		x.capture.know(map[string]string{})
	}
	x.capture.deafen = x.bus.Subscribe(event.Kinds(kinds...), x.capture.hear)
	return nil
}

// stopCapture ends all copies.
func (x *Exchange) stopCapture() {
	for _, d := range x.phones.drivers {
		d.CopyTo(nil)
	}
	if x.capture.deafen != nil {
		x.capture.deafen()
		x.capture.deafen = nil
	}
	x.capture.sender.Swap(nil).Close()
	x.capture.know(nil)
}

func (c *capture) know(names map[string]string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.names = names
}

// copySIP copies a SIP message.
func (x *Exchange) copySIP(sent bool, way sip.Source, message []byte) {
	p := &hep.Packet{From: way.Remote, To: way.Local, TCP: way.Transport.Network != "udp", At: time.Now(), Protocol: hep.SIP,
		Correlation: x.capture.correlation(phone.CallID(message)), Payload: bytes.Clone(message)}
	if sent {
		p.From, p.To = p.To, p.From
	}
	x.capture.sender.Load().Send(p)
}

// correlation is what a message belongs to: the channel of its call if that is wanted and
// there is one, else the call.
func (c *capture) correlation(callID string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if name := c.names[callID]; name != "" {
		return name
	}
	return callID
}

// hear takes reports of RTCP, and knows channels by their calls.
func (c *capture) hear(s event.Stamped) {
	switch e := s.Event.(type) {
	case *event.RTCPSent:
		c.copyReport(e.Channel, &e.RTCPReport, s.Time)
	case *event.RTCPReceived:
		c.copyReport(e.Channel, &e.RTCPReport, s.Time)
	case *event.Newchannel:
		c.name(e.Channel.Protocol, e.Channel.Name)
	case *event.Newstate:
		c.name(e.Channel.Protocol, e.Channel.Name)
	case *event.Hangup:
		c.name(e.Channel.Protocol, "")
	}
}

// name notes the channel of a call, or with "" that it has none any more.
func (c *capture) name(callID, channel string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.names == nil || callID == "":
	case channel == "":
		delete(c.names, callID)
	default:
		c.names[callID] = channel
	}
}

// The types of packets of RTCP (RFC 3550 §12.1).
const senderReport, receiverReport = 200, 201

// copyReport copies a report of RTCP.
func (c *capture) copyReport(channel *event.Channel, report *event.RTCPReport, at time.Time) {
	sender := c.sender.Load()
	if sender == nil || channel == nil {
		return
	}
	r := hep.Report{SSRC: report.SSRC, Type: receiverReport}
	if report.Sender {
		r.Type = senderReport
		r.Sender = &hep.Sent{Seconds: report.NTP.Unix(), Micros: int64(report.NTP.Nanosecond() / 1000), Timestamp: report.Timestamp, Packets: report.Packets, Octets: report.Octets}
	}
	for _, b := range report.Blocks {
		r.Blocks = append(r.Blocks, hep.Block{SSRC: b.SSRC, FractionLost: b.FractionLost, Lost: b.TotalLost, Highest: uint32(b.Cycles)<<16 | uint32(b.HighestSequence),
			Jitter: b.Jitter, LastSR: b.LastSR, Delay: uint32(b.Delay * 65536 / time.Second)}) //nolint:gosec // of 16 bits of seconds
	}
	correlation := channel.Protocol
	if sender.Settings.ByChannel || correlation == "" {
		correlation = channel.Name
	}
	sender.Send(&hep.Packet{From: report.From, To: report.To, At: at, Protocol: hep.RTCP, Correlation: correlation, Payload: r.JSON()})
}
