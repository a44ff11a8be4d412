package manager

import (
	"context"
	"errors"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/call"
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/event"
)

// originate makes a call, in the background where Async says so.
func (x *Exchange) originate(ctx context.Context, r *command.ActionRequest) error {
	o, err := x.origination(r)
	if err != nil {
		return err
	}
	if config1(r.Get("Async")) || strings.EqualFold(r.Get("Async"), "yes") {
		id := r.Get("ActionID") // the session uses r again
		x.Calls.Channels.Go("originate "+o.Device, func() {
			// The client may leave; the call that it wanted goes on.
			x.report(id, o, nil)
		})
		r.Reply("Success", "Originate successfully queued")
		return nil
	}
	if err := x.report("", o, ctx); err != nil {
		return command.Refusal("Originate failed")
	}
	r.Reply("Success", "Originate successfully queued")
	return nil
}

// report originates and, for an asynchronous call (ctx is nil), tells the result
// as an event.
func (x *Exchange) report(actionID string, o call.Origination, ctx context.Context) error {
	async := ctx == nil
	if async {
		ctx = context.Background()
	}
	result, err := x.Calls.Originate(ctx, o, nil)
	bus := x.Calls.Channels.Bus
	if !async || !bus.Wants(event.KindOriginateResponse) {
		return err
	}
	e := &event.OriginateResponse{Response: "Success", ActionID: actionID, Channel: result.Channel, DialString: o.Device,
		Context: o.To.Context, Exten: o.To.Exten, Application: o.Application, Data: o.Data, Reason: result.Reason,
		CallerNum: o.Caller.Number.Text, CallerName: o.Caller.Name.Text}
	if err != nil {
		e.Response, e.Channel = "Failure", nil
	} else if result.Channel != nil {
		e.UniqueID = result.Channel.UniqueID
	}
	bus.Publish(e)
	return err
}

// maxIdentity is how many bytes a client may give a leg for an identity, as on the reference.
const maxIdentity = 149

// origination reads what a client wants to have called.
func (x *Exchange) origination(r *command.ActionRequest) (call.Origination, error) {
	o := call.Origination{Device: r.Get("Channel"), Timeout: 30 * time.Second, Application: r.Get("Application"),
		Data: r.Get("Data"), Account: r.Get("Account"), UniqueID: r.Get("ChannelId"), OtherID: r.Get("OtherChannelId")}
	if max(len(o.UniqueID), len(o.OtherID)) > maxIdentity {
		return o, command.Refusal("Uniqueid length exceeds maximum of " + strconv.Itoa(maxIdentity))
	}
	if o.Device == "" {
		return o, command.Refusal("Channel not specified")
	}
	if _, _, ok := call.SplitDevice(o.Device); !ok {
		return o, errOriginateInvalid
	}
	if text := r.Get("Timeout"); text != "" {
		ms, err := strconv.Atoi(leadingNumber(text))
		if errors.Is(err, strconv.ErrRange) {
			ms, err = math.MaxInt32, nil
		}
		if err != nil {
			return o, command.Refusal("Invalid timeout")
		}
		o.Timeout = time.Duration(min(ms, math.MaxInt32)) * time.Millisecond
	}
	if text := r.Get("CallerID"); text != "" {
		o.Caller = x.ParseParty(text)
	}
	if codecs := r.Get("Codecs"); codecs != "" {
		o.Formats = x.Formats(codecs)
	}
	o.Variables = append(accountVariables(r), variables(r.All("Variable"))...)
	o.Assign = func(c *channel.Channel, name, value string) {
		if !strings.HasSuffix(name, ")") {
			c.SetVariable(name, value)
			return
		}
		if err := x.Dialplan.Assign(x.Dialplan.Outside(c.Context()), c, name, value); err != nil {
			x.Calls.Logger.Warn("a variable of Originate was not set", "channel", c.Name(), "variable", name, "error", err)
		}
	}
	if o.Application != "" {
		if !mayStart(o.Application, o.Data, r.Can) {
			return o, command.Refusal("Originate Access Forbidden: app or data blacklisted")
		}
		return o, nil
	}
	return o, x.destination(r, &o)
}

func (x *Exchange) destination(r *command.ActionRequest, o *call.Origination) error {
	exten, in, priority := r.Get("Exten"), r.Get("Context"), r.Get("Priority")
	if exten == "" || priority == "" {
		return command.Refusal("Originate with 'Exten' requires 'Context' and 'Priority'")
	}
	p, ok := x.Dialplan.Priority(in, exten, priority, "")
	o.To = channel.Location{Context: in, Exten: exten, Priority: p}
	if !ok {
		return command.Refusal("Invalid priority")
	}
	if !x.Dialplan.Exists(o.To, "") {
		return command.Refusal("Extension does not exist.")
	}
	return nil
}

// accountVariables are the client's own by manager.conf, which those of the
// action may set anew.
func accountVariables(r *command.ActionRequest) []event.Variable {
	h, ok := r.Session.(*handle)
	if !ok {
		return nil
	}
	var list []event.Variable
	if a := h.session.account.Load(); a != nil {
		for _, v := range a.SetVar {
			list = append(list, event.Variable{Name: v.Key, Value: v.Value})
		}
	}
	return list
}

// variables reads the Variable lines of an action, each of which may hold
// several name=value, split at commas. The last comes first, as in Asterisk.
func variables(lines []string) []event.Variable {
	var list []event.Variable
	for _, line := range lines {
		for _, pair := range command.SplitArgs(line, 0) {
			name, value, _ := strings.Cut(pair, "=")
			if name = strings.TrimSpace(name); name != "" {
				list = append(list, event.Variable{Name: name, Value: value})
			}
		}
	}
	for i, j := 0, len(list)-1; i < j; i, j = i+1, j-1 {
		list[i], list[j] = list[j], list[i]
	}
	return list
}

// leadingNumber is the number with which a text begins: "5.0" is 5.
func leadingNumber(text string) string {
	text = strings.TrimSpace(text)
	end := 0
	for end < len(text) && (text[end] >= '0' && text[end] <= '9' || end == 0 && text[end] == '-') {
		end++
	}
	return text[:end]
}
