package manager

import (
	"fmt"
	"strconv"

	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/event"
)

// body writes the event and reports whether AMI has it. class may be changed by
// events that bring their own.
func (w *writer) body(e event.Event, class *command.Class) bool {
	switch e := e.(type) {
	case *event.Newchannel:
		w.start("Newchannel", *class)
		w.channel("", e.Channel)
	case *event.Newstate:
		w.start("Newstate", *class)
		w.channel("", e.Channel)
	case *event.Newexten:
		w.start("Newexten", *class)
		w.channel("", e.Channel)
		w.field("Extension", e.Extension)
		w.field("Application", e.Application)
		w.field("AppData", e.Data)
	case *event.NewCallerid:
		w.start("NewCallerid", *class)
		w.channel("", e.Channel)
		p := e.Channel.Caller.Number.Presentation
		w.field("CID-CallingPres", fmt.Sprintf("%d (%s)", p, event.PresentationText(p)))
	case *event.NewConnectedLine:
		w.start("NewConnectedLine", *class)
		w.channel("", e.Channel)
	case *event.NewAccountCode:
		w.start("NewAccountCode", *class)
		w.channel("", e.Channel)
		w.field("OldAccountCode", e.Old)
	case *event.Rename:
		w.start("Rename", *class)
		w.field("Channel", e.Old)
		w.field("Newname", e.New)
		w.field("Uniqueid", e.Channel.UniqueID)
	case *event.VarSet:
		w.start("VarSet", *class)
		w.globalOr(e.Channel)
		w.field("Variable", e.Name)
		w.field("Value", e.Value)
	case *event.HangupRequest:
		w.start("HangupRequest", *class)
		w.channel("", e.Channel)
		if e.Cause >= 0 {
			w.number("Cause", e.Cause)
		}
		w.techCause(e.Channel)
	case *event.SoftHangupRequest:
		w.start("SoftHangupRequest", *class)
		w.channel("", e.Channel)
		w.number("Cause", e.Cause)
		w.techCause(e.Channel)
	case *event.Hangup:
		w.start("Hangup", *class)
		w.channel("", e.Channel)
		w.number("Cause", e.Cause)
		w.field("Cause-txt", e.CauseText)
		w.techCause(e.Channel)
	case *event.Cdr:
		w.record(e, *class)
	case *event.CEL:
		w.noted(e, *class)
	default:
		return w.joined(e, class)
	}
	return true
}

// globalOr writes the channel, or for a global variable the placeholder that
// AMI has for it.
func (w *writer) globalOr(c *event.Channel) {
	if c != nil {
		w.channel("", c)
		return
	}
	w.field("Channel", "none")
	w.field("Uniqueid", "none")
}

// joined writes the events of two legs, bridges and Local channels.
func (w *writer) joined(e event.Event, class *command.Class) bool {
	switch e := e.(type) {
	case *event.DialBegin:
		w.start("DialBegin", *class)
		w.channel("", e.Channel)
		w.channel("Dest", e.Peer)
		w.field("DialString", e.DialString)
	case *event.DialState:
		w.start("DialState", *class)
		w.channel("", e.Channel)
		w.channel("Dest", e.Peer)
		w.optional("Forward", e.Forward)
		w.field("DialStatus", e.Status)
	case *event.DialEnd:
		w.start("DialEnd", *class)
		w.channel("", e.Channel)
		w.channel("Dest", e.Peer)
		w.optional("Forward", e.Forward)
		w.field("DialStatus", e.Status)
	case *event.BridgeCreate:
		w.start("BridgeCreate", *class)
		w.bridge("", e.Bridge)
	case *event.BridgeDestroy:
		w.start("BridgeDestroy", *class)
		w.bridge("", e.Bridge)
	case *event.BridgeEnter:
		w.start("BridgeEnter", *class)
		w.bridge("", e.Bridge)
		w.channel("", e.Channel)
		w.optional("SwapUniqueid", e.Swap)
	case *event.BridgeLeave:
		w.start("BridgeLeave", *class)
		w.bridge("", e.Bridge)
		w.channel("", e.Channel)
	case *event.BridgeVideoSource:
		w.start("BridgeVideoSourceUpdate", *class)
		w.bridge("", e.Bridge)
		w.field("BridgePreviousVideoSource", e.Old)
	case *event.BridgeMerge:
		w.start("BridgeMerge", *class)
		w.bridge("To", e.To)
		w.bridge("From", e.From)
	case *event.BlindTransfer:
		w.start("BlindTransfer", *class)
		w.field("Result", e.Result)
		w.channel("Transferer", e.Transferer)
		w.channel("Transferee", e.Transferee)
		w.bridge("", e.Bridge)
		w.field("IsExternal", map[bool]string{true: "Yes", false: "No"}[e.External])
		w.field("Context", e.Context)
		w.field("Extension", e.Exten)
	case *event.AttendedTransfer:
		w.start("AttendedTransfer", *class)
		w.attended(e)
	case *event.LocalBridge:
		w.start("LocalBridge", *class)
		w.channel("LocalOne", e.One)
		w.channel("LocalTwo", e.Two)
		w.field("Context", e.Context)
		w.field("Exten", e.Exten)
		w.field("LocalOptimization", yesNo(e.Optimize))
	case *event.LocalOptimizationBegin:
		w.start("LocalOptimizationBegin", *class)
		w.channel("LocalOne", e.One)
		w.channel("LocalTwo", e.Two)
		w.channel("Source", e.Source)
		w.field("DestUniqueId", e.Destination)
		w.field("Id", strconv.FormatUint(e.ID, 10))
	case *event.LocalOptimizationEnd:
		w.start("LocalOptimizationEnd", *class)
		w.channel("LocalOne", e.One)
		w.channel("LocalTwo", e.Two)
		w.field("Success", yesNo(e.Success))
		w.field("Id", strconv.FormatUint(e.ID, 10))
	case *event.Pickup:
		w.start("Pickup", *class)
		w.channel("", e.Channel)
		w.channel("Target", e.Target)
	default:
		return w.heard(e, class)
	}
	return true
}

func (w *writer) techCause(c *event.Channel) {
	if c.TechCause != 0 {
		w.number("TechCause", c.TechCause)
	}
}
