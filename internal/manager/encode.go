package manager

import (
	"strconv"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/event"
)

// classes tells the privilege class of each kind of event. Kinds that are not
// in it never reach AMI.
var classes = map[event.Kind]command.Class{
	event.KindNewchannel: command.Call, event.KindNewstate: command.Call, event.KindNewexten: command.Dialplan,
	event.KindNewCallerid: command.Call, event.KindNewConnectedLine: command.Call, event.KindNewAccountCode: command.Call,
	event.KindRename: command.Call, event.KindVarSet: command.Dialplan, event.KindHangupRequest: command.Call,
	event.KindSoftHangupRequest: command.Call, event.KindHangup: command.Call, event.KindDialBegin: command.Call,
	event.KindDialState: command.Call, event.KindDialEnd: command.Call, event.KindBridgeCreate: command.Call,
	event.KindBridgeDestroy: command.Call, event.KindBridgeEnter: command.Call, event.KindBridgeLeave: command.Call,
	event.KindBridgeMerge: command.Call, event.KindBridgeVideoSource: command.Call, event.KindLocalBridge: command.Call,
	event.KindLocalOptimizationBegin: command.Call, event.KindLocalOptimizationEnd: command.Call,
	event.KindDTMFBegin: command.DTMF, event.KindDTMFEnd: command.DTMF, event.KindHold: command.Call, event.KindUnhold: command.Call,
	event.KindMusicOnHoldStart: command.Call, event.KindMusicOnHoldStop: command.Call, event.KindUserEvent: command.UserClass,
	event.KindOriginateResponse: command.Call, event.KindFullyBooted: command.System, event.KindShutdown: command.System,
	event.KindReload: command.System, event.KindModuleLoad: command.System, event.KindPeerStatus: command.System,
	event.KindContactStatus: command.System, event.KindDeviceStateChange: command.Call, event.KindExtensionStatus: command.Call,
	event.KindPresenceStatus: command.Call, event.KindPresenceStateChange: command.Call, event.KindRegistry: command.System,
	event.KindRTCPSent: command.Reporting, event.KindRTCPReceived: command.Reporting,
	event.KindTestEvent: command.Reporting, event.KindPickup: command.Call, event.KindBlindTransfer: command.Call, event.KindAttendedTransfer: command.Call, event.KindSecurity: command.SecurityClass,
	event.KindMessageWaiting: command.Call, event.KindChanSpyStart: command.Call, event.KindChanSpyStop: command.Call,
	event.KindChannelTalkingStart: command.Call, event.KindChannelTalkingStop: command.Call, event.KindGeneric: 0,
	event.KindMixMonitorStart: command.Call, event.KindMixMonitorStop: command.Call, event.KindMixMonitorMute: command.Call,
	event.KindAGIExecStart: command.AGI, event.KindAGIExecEnd: command.AGI, event.KindAsyncAGIStart: command.AGI,
	event.KindAsyncAGIExec: command.AGI, event.KindAsyncAGIEnd: command.AGI,
	event.KindCdr: command.CDR, event.KindCEL: command.Call,
	event.KindNetwork: command.Network,
}

// kindsOf returns the kinds of events that readers of the classes get.
func kindsOf(want command.Class) event.Set {
	var list []event.Kind
	for kind, class := range classes {
		if class == 0 || class&want != 0 {
			list = append(list, kind)
		}
	}
	return event.Kinds(list...)
}

// writer builds one event.
type writer struct {
	settings *Settings
	time     time.Time
	sequence uint64
	b        []byte
	skip     bool // nobody gets it: the rest is not written
	// wants tells whether anybody gets an event; nil: somebody does.
	wants func(name string, class command.Class) bool
	last  *channelLines // of the channel that was written last, or nil
}

func (w *writer) start(name string, class command.Class) {
	if len(w.settings.Disabled) > 0 && w.settings.Disabled[strings.ToLower(name)] || w.wants != nil && !w.wants(name, class) {
		w.skip = true
		return
	}
	w.field("Event", name)
	w.b = append(appendClass(append(w.b, "Privilege: "...), class), "\r\n"...)
	if w.settings.TimestampEvents {
		w.field("Timestamp", strconv.FormatFloat(float64(w.time.UnixMicro())/1e6, 'f', 6, 64))
	}
	if w.settings.Debug {
		w.field("SequenceNumber", strconv.FormatUint(w.sequence, 10))
	}
}

func (w *writer) field(key, value string) {
	if !w.skip {
		w.b = appendField(w.b, key, value)
	}
}

// lines writes a client's own lines.
func (w *writer) lines(list []string) {
	for _, line := range list {
		if !w.skip {
			w.b = appendEcho(w.b, "", line)
		}
	}
}

func (w *writer) number(key string, value int) {
	if w.skip {
		return
	}
	w.b = append(append(w.b, key...), ": "...)
	w.b = strconv.AppendInt(w.b, int64(value), 10)
	w.b = append(w.b, "\r\n"...)
}

// optional writes a field that is left out when empty.
func (w *writer) optional(key, value string) {
	if value != "" {
		w.field(key, value)
	}
}

func unknown(text string) string {
	if text == "" {
		return "<unknown>"
	}
	return text
}

// channel writes a snapshot, its keys behind a prefix. nil writes nothing.
func (w *writer) channel(prefix string, c *event.Channel) {
	if c == nil || w.skip {
		return
	}
	if prefix != "" || w.last == nil {
		w.snapshot(prefix, c)
		return
	}
	if w.last.of == c { // a snapshot never changes
		w.b = append(w.b, w.last.b...)
		return
	}
	from := len(w.b)
	w.snapshot("", c)
	w.last.of, w.last.b = c, append(w.last.b[:0], w.b[from:]...)
}

func (w *writer) snapshot(prefix string, c *event.Channel) {
	w.field(prefix+"Channel", c.Name)
	w.number(prefix+"ChannelState", int(c.State))
	w.field(prefix+"ChannelStateDesc", c.State.String())
	w.field(prefix+"CallerIDNum", partyNumber(c.Caller))
	w.field(prefix+"CallerIDName", partyName(c.Caller))
	w.field(prefix+"ConnectedLineNum", partyNumber(c.Connected))
	w.field(prefix+"ConnectedLineName", partyName(c.Connected))
	w.field(prefix+"Language", c.Language)
	w.field(prefix+"AccountCode", c.AccountCode)
	w.field(prefix+"Context", c.Context)
	w.field(prefix+"Exten", c.Exten)
	w.number(prefix+"Priority", c.Priority)
	w.field(prefix+"Uniqueid", c.UniqueID)
	w.field(prefix+"Linkedid", c.LinkedID)
	w.optional(prefix+"TenantID", c.TenantID)
	for _, v := range c.Vars {
		w.field(prefix+"ChanVariable", v.Name+"="+v.Value)
	}
}

func partyNumber(p event.Party) string {
	if !p.Number.Valid {
		return "<unknown>"
	}
	return unknown(p.Number.Text)
}

func partyName(p event.Party) string {
	if !p.Name.Valid {
		return "<unknown>"
	}
	return unknown(p.Name.Text)
}

// bridge writes a bridge's snapshot, its keys behind a prefix.
func (w *writer) bridge(prefix string, b *event.Bridge) {
	if b == nil {
		return
	}
	w.field(prefix+"BridgeUniqueid", b.ID)
	w.field(prefix+"BridgeType", b.Type)
	w.field(prefix+"BridgeTechnology", b.Technology)
	w.field(prefix+"BridgeCreator", unknown(b.Creator))
	w.field(prefix+"BridgeName", unknown(b.Name))
	w.number(prefix+"BridgeNumChannels", len(b.Channels))
	w.field(prefix+"BridgeVideoSourceMode", b.VideoMode)
	w.optional(prefix+"BridgeVideoSource", b.VideoID)
}

func direction(received bool) string {
	if received {
		return "Received"
	}
	return "Sent"
}

func yesNo(b bool) string {
	if b {
		return "Yes"
	}
	return "No"
}
