package manager

import (
	"strconv"
	"time"

	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/event"
)

// heard writes what is heard on a leg and what users tell.
func (w *writer) heard(e event.Event, class *command.Class) bool {
	switch e := e.(type) {
	case *event.DTMFBegin:
		w.start("DTMFBegin", *class)
		w.channel("", e.Channel)
		w.field("Digit", string(rune(e.Digit)))
		w.field("Direction", direction(e.Received))
	case *event.DTMFEnd:
		w.start("DTMFEnd", *class)
		w.channel("", e.Channel)
		w.field("Digit", string(rune(e.Digit)))
		w.number("DurationMs", int(e.Duration/time.Millisecond))
		w.field("Direction", direction(e.Received))
	case *event.Hold:
		w.start("Hold", *class)
		w.channel("", e.Channel)
		w.optional("MusicClass", e.MusicClass)
	case *event.Unhold:
		w.start("Unhold", *class)
		w.channel("", e.Channel)
	case *event.MusicOnHoldStart:
		w.start("MusicOnHoldStart", *class)
		w.channel("", e.Channel)
		w.field("Class", e.Class)
	case *event.MusicOnHoldStop:
		w.start("MusicOnHoldStop", *class)
		w.channel("", e.Channel)
	case *event.ChannelTalkingStart:
		w.start("ChannelTalkingStart", *class)
		w.channel("", e.Channel)
	case *event.ChannelTalkingStop:
		w.start("ChannelTalkingStop", *class)
		w.channel("", e.Channel)
		w.number("Duration", int(e.Duration/time.Millisecond))
	case *event.UserEvent:
		w.start("UserEvent", *class)
		w.channel("", e.Channel)
		w.field("UserEvent", e.Name)
		w.fields(e.Fields)
		w.lines(e.Lines)
	case *event.Generic:
		*class, _ = ParseClasses(e.Class)
		w.start(e.Name, *class)
		w.fields(e.Lead)
		w.bridge("", e.Bridge)
		w.channel("", e.Channel)
		w.channel("Dest", e.Dest)
		for _, one := range e.Named {
			w.channel(one.Prefix, one.Channel)
		}
		w.fields(e.Fields)
	case *event.TestEvent:
		w.start("TestEvent", *class)
		w.field("Type", "StateChange")
		w.field("State", e.State)
		w.field("AppFile", e.File)
		w.field("AppFunction", e.Function)
		w.number("AppLine", e.Line)
		w.fields(e.Fields)
	case *event.RTCPSent:
		w.start("RTCPSent", *class)
		w.channel("", e.Channel)
		w.rtcp(&e.RTCPReport, true)
	case *event.RTCPReceived:
		w.start("RTCPReceived", *class)
		w.channel("", e.Channel)
		w.rtcp(&e.RTCPReport, false)
	case *event.OriginateResponse:
		w.originateResponse(e, *class)
	default:
		return w.gateway(e, *class) || w.system(e, class)
	}
	return true
}

// gateway writes what programs of AGI do with a leg.
func (w *writer) gateway(e event.Event, class command.Class) bool {
	switch e := e.(type) {
	case *event.AGIExecStart:
		w.start("AGIExecStart", class)
		w.channel("", e.Channel)
		w.field("CommandId", e.CommandID)
		w.field("Command", e.Command)
	case *event.AGIExecEnd:
		w.start("AGIExecEnd", class)
		w.channel("", e.Channel)
		w.field("CommandId", e.CommandID)
		w.field("Command", e.Command)
		w.number("ResultCode", e.ResultCode)
		w.field("Result", e.Result)
	case *event.AsyncAGIStart:
		w.start("AsyncAGIStart", class)
		w.channel("", e.Channel)
		w.field("Env", e.Env)
	case *event.AsyncAGIExec:
		w.start("AsyncAGIExec", class)
		w.channel("", e.Channel)
		w.field("Result", e.Result)
		w.optional("CommandId", e.CommandID)
	case *event.AsyncAGIEnd:
		w.start("AsyncAGIEnd", class)
		w.channel("", e.Channel)
	default:
		return false
	}
	return true
}

func (w *writer) fields(list []event.Variable) {
	for _, f := range list {
		w.field(f.Name, f.Value)
	}
}

func (w *writer) originateResponse(e *event.OriginateResponse, class command.Class) {
	w.start("OriginateResponse", class)
	w.optional("ActionID", e.ActionID)
	w.field("Response", e.Response)
	name := e.DialString
	if e.Channel != nil {
		name = e.Channel.Name
	}
	w.field("Channel", name)
	if e.Application == "" {
		w.field("Context", e.Context)
		w.field("Exten", e.Exten)
	} else {
		w.field("Application", e.Application)
		w.field("Data", e.Data)
	}
	w.number("Reason", e.Reason)
	w.field("Uniqueid", unknown(e.UniqueID))
	w.field("CallerIDNum", unknown(e.CallerNum))
	w.field("CallerIDName", unknown(e.CallerName))
	if e.Channel != nil { // which is no snapshot here, so that its name is in the key
		for _, v := range e.Channel.Vars {
			w.field("ChanVariable("+e.Channel.Name+")", v.Name+"="+v.Value)
		}
	}
}

// system writes what the exchange tells of itself, its phones and their states.
func (w *writer) system(e event.Event, class *command.Class) bool {
	switch e := e.(type) {
	case *event.FullyBooted:
		w.start("FullyBooted", *class)
		w.booted(e.Uptime, e.LastReload)
	case *event.Shutdown:
		w.start("Shutdown", *class)
		w.field("Shutdown", map[bool]string{true: "Cleanly", false: "Uncleanly"}[e.Cleanly])
		w.field("Restart", map[bool]string{true: "True", false: "False"}[e.Restart])
	case *event.Reload:
		w.start("Reload", *class)
		w.field("Module", e.Module)
		w.number("Status", e.Status)
	case *event.ModuleLoad:
		if e.Unload {
			w.start("Unload", *class)
		} else {
			w.start("Load", *class)
		}
		w.field("Module", e.Module)
		w.field("Status", e.Status)
	case *event.PeerStatus:
		w.start("PeerStatus", *class)
		w.field("ChannelType", e.Technology)
		w.field("Peer", e.Technology+"/"+e.Peer)
		w.field("PeerStatus", e.Status)
		w.optional("Cause", e.Cause)
		w.optional("Address", e.Address)
		if e.Port != 0 {
			w.number("Port", e.Port)
		}
		switch {
		case e.RTT < 0:
			w.number("Time", -1)
		case e.RTT >= time.Millisecond:
			w.number("Time", int(e.RTT/time.Millisecond))
		}
	case *event.ContactStatus:
		w.contact(e, *class)
	case *event.Registry:
		w.start("Registry", *class)
		w.field("ChannelType", e.Technology)
		w.field("Username", e.Username)
		w.field("Domain", e.Domain)
		w.field("Status", e.Status)
		w.optional("Cause", e.Cause)
	case *event.Security:
		w.security(e, *class)
	default:
		return w.states(e, class)
	}
	return true
}

func (w *writer) booted(uptime, reload time.Duration) {
	w.number("Uptime", int(uptime/time.Second))
	w.number("LastReload", int(reload/time.Second))
	w.field("Status", "Fully Booted")
}

func (w *writer) contact(e *event.ContactStatus, class command.Class) {
	w.start("ContactStatus", class)
	w.field("URI", e.URI)
	w.field("ContactStatus", e.Status)
	w.field("AOR", e.AOR)
	w.field("EndpointName", e.Endpoint)
	if e.RTT > 0 {
		w.field("RoundtripUsec", strconv.FormatInt(e.RTT.Microseconds(), 10))
	} else {
		w.field("RoundtripUsec", "N/A")
	}
}

func (w *writer) security(e *event.Security, class command.Class) {
	w.start(e.Name, class)
	w.fields(e.Lines(w.time))
}

// states writes device states, hints, presence and mailboxes.
func (w *writer) states(e event.Event, class *command.Class) bool {
	switch e := e.(type) {
	case *event.DeviceStateChange:
		w.start("DeviceStateChange", *class)
		w.field("Device", e.Device)
		w.field("State", e.State)
	case *event.ExtensionStatus:
		w.start("ExtensionStatus", *class)
		w.field("Exten", e.Exten)
		w.field("Context", e.Context)
		w.field("Hint", e.Hint)
		w.number("Status", e.Status)
		w.field("StatusText", e.StatusText)
	case *event.PresenceStatus:
		w.start("PresenceStatus", *class)
		w.field("Exten", e.Exten)
		w.field("Context", e.Context)
		w.field("Hint", e.Hint)
		w.field("Status", e.Status)
		w.field("Subtype", e.Subtype)
		w.field("Message", e.Message)
	case *event.PresenceStateChange:
		w.start("PresenceStateChange", *class)
		w.field("Presentity", e.Presentity)
		w.field("Status", e.Status)
		w.field("Subtype", Escaped(e.Subtype))
		w.field("Message", Escaped(e.Message))
	case *event.MessageWaiting:
		w.start("MessageWaiting", *class)
		w.channel("", e.Channel)
		w.field("Mailbox", e.Mailbox)
		w.field("Waiting", map[bool]string{true: "1", false: "0"}[e.New > 0 && !e.Remote && !e.Elsewhere])
		w.number("New", e.New)
		w.number("Old", e.Old)
	case *event.MixMonitorStart:
		w.start("MixMonitorStart", *class)
		w.channel("", e.Channel)
	case *event.MixMonitorStop:
		w.start("MixMonitorStop", *class)
		w.channel("", e.Channel)
	case *event.MixMonitorMute:
		w.start("MixMonitorMute", *class)
		w.channel("", e.Channel)
		w.field("Direction", e.Direction)
		w.number("State", map[bool]int{true: 1}[e.State])
	case *event.ChanSpyStart:
		w.start("ChanSpyStart", *class)
		w.channel("Spyer", e.Spyer)
		w.channel("Spyee", e.Spyee)
	case *event.ChanSpyStop:
		w.start("ChanSpyStop", *class)
		w.channel("Spyer", e.Spyer)
		w.channel("Spyee", e.Spyee)
	default:
		return w.network(e, *class)
	}
	return true
}
