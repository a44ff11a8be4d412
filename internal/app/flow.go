package app

import (
	"context"
	"strconv"
	"strings"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/media"
)

// flow are the applications that answer, hang up, wait and set variables.
func (h *House) flow() []Application {
	return []Application{
		{Row: row("Answer", builtin, "Answer the leg if it rings", "Answer([delay[,options]])"), Run: h.answer},
		{Row: row("Hangup", builtin, "Hang up the leg", "Hangup([cause])"), Run: h.hangup},
		{Row: row("Wait", builtin, "Wait a time", "Wait(seconds)"), Run: h.wait},
		{Row: row("NoOp", builtin, "Do nothing", "NoOp([text])"), Run: noOp},
		{Row: row("Set", builtin, "Set a variable or function", "Set(name=value)"), Run: h.set},
		{Row: row("MSet", builtin, "Set several variables", "MSet(name=value[,name=value…])"), Run: h.mset},
		{Row: row("Ringing", builtin, "Tell the caller that it rings", "Ringing()"), Run: indicate(media.Ringing)},
		{Row: row("Progress", builtin, "Tell the caller that the call makes progress", "Progress()"), Run: indicate(media.Progress)},
		{Row: row("Proceeding", builtin, "Tell the caller that the call proceeds", "Proceeding()"), Run: indicate(media.Proceeding)},
		{Row: row("Incomplete", builtin, "Ask for more digits", "Incomplete([n])"), Run: h.incomplete},
		{Row: row("Busy", builtin, "Tell the caller that the line is busy, then hang up", "Busy([timeout])"), Run: h.endWith(media.Busy, channel.CauseUserBusy)},
		{Row: row("Congestion", builtin, "Tell the caller that there is no way, then hang up", "Congestion([timeout])"), Run: h.endWith(media.Congestion, channel.CauseCongestion)},
		{Row: row("SetAMAFlags", builtin, "Set the AMA flags", "SetAMAFlags([flag])"), Run: setAMA},
		{Row: row("ExecIf", "app_exec", "Run an application if a condition holds", "ExecIf(expression?app(args)[:app(args)])"), Run: h.execIf},
		{Row: row("Exec", "app_exec", "Run an application whose name is computed", "Exec(app(args))"), Run: h.exec},
		{Row: row("TryExec", "app_exec", "Run an application and go on whatever it does", "TryExec(app(args))"), Run: h.tryExec},
	}
}

// builtin is the module of what belongs to the dialplan itself: it is there whatever modules.conf says.
const builtin = "builtin"

// row makes the descriptive part of an application.
func row(name, module, synopsis, syntax string) command.Row {
	return command.Row{Name: name, Module: module, Synopsis: synopsis, Syntax: syntax}
}

func (h *House) answer(ctx context.Context, c *channel.Channel, data string) error {
	args := command.SplitArgs(data, 2)
	if strings.Contains(command.Arg(args, 1), "i") {
		return c.Answer()
	}
	return c.AnswerAndListen(ctx, milliseconds(command.Arg(args, 0), 0))
}

// causeNames are the words that Hangup takes besides numbers.
var causeNames = map[string]int{
	"NORMAL_CLEARING": 16, "NORMAL": 16, "USER_BUSY": 17, "BUSY": 17, "NOUSERRESPONSE": 18, "NO_USER_RESPONSE": 18,
	"NOANSWER": 19, "NO_ANSWER": 19, "SUBSCRIBER_ABSENT": 20, "CALL_REJECTED": 21, "NUMBER_CHANGED": 22,
	"UNALLOCATED": 1, "NO_ROUTE_DESTINATION": 3, "CONGESTION": 34, "NORMAL_CIRCUIT_CONGESTION": 34, "FAILURE": 38,
	"NETWORK_OUT_OF_ORDER": 38, "NORMAL_TEMPORARY_FAILURE": 41, "SWITCH_CONGESTION": 42, "UNREGISTERED": 20,
	"INTERWORKING": 127, "NOSUCHDRIVER": 66, "NORMAL_UNSPECIFIED": 31, "ANSWERED_ELSEWHERE": 26,
	"DESTINATION_OUT_OF_ORDER": 27, "INVALID_NUMBER_FORMAT": 28, "FACILITY_REJECTED": 29, "NO_ROUTE_TRANSIT_NET": 2,
	"MISDIALLED_TRUNK_PREFIX": 5, "CHANNEL_UNACCEPTABLE": 6, "CALL_AWARDED_DELIVERED": 7, "PRE_EMPTED": 8,
	"NUMBER_PORTED_NOT_HERE": 14, "REDIRECTED_TO_NEW_DESTINATION": 23, "RESPONSE_TO_STATUS_ENQUIRY": 30,
	"ACCESS_INFO_DISCARDED": 43, "REQUESTED_CHAN_UNAVAIL": 44, "FACILITY_NOT_SUBSCRIBED": 50, "OUTGOING_CALL_BARRED": 52,
	"INCOMING_CALL_BARRED": 54, "BEARERCAPABILITY_NOTAUTH": 57, "BEARERCAPABILITY_NOTAVAIL": 58, "BEARERCAPABILITY_NOTIMPL": 65,
	"CHAN_NOT_IMPLEMENTED": 66, "FACILITY_NOT_IMPLEMENTED": 69, "INVALID_CALL_REFERENCE": 81, "INCOMPATIBLE_DESTINATION": 88,
	"INVALID_MSG_UNSPECIFIED": 95, "MANDATORY_IE_MISSING": 96, "MESSAGE_TYPE_NONEXIST": 97, "WRONG_MESSAGE": 98,
	"IE_NONEXIST": 99, "INVALID_IE_CONTENTS": 100, "WRONG_CALL_STATE": 101, "RECOVERY_ON_TIMER_EXPIRE": 102,
	"MANDATORY_IE_LENGTH_ERROR": 103, "PROTOCOL_ERROR": 111, "NOTDEFINED": 0,
}

// CauseOf reads a Q.850 cause given as a number or by name.
func CauseOf(text string) (int, bool) {
	text = strings.TrimSpace(text)
	if n, err := strconv.Atoi(text); err == nil && n > 0 && n < 128 {
		return n, true
	}
	n, ok := causeNames[strings.ToUpper(strings.TrimPrefix(strings.ToUpper(text), "AST_CAUSE_"))]
	return n, ok
}

func (h *House) hangup(_ context.Context, c *channel.Channel, data string) error {
	c.Change(func(s *event.Channel) { s.HangupBy = "dialplan/builtin" })
	cause := channel.CauseNormalClearing
	if data != "" {
		given, ok := CauseOf(data)
		if !ok {
			h.Logger.Warn("Hangup does not know the cause", "channel", c.Name(), "cause", data)
		} else {
			cause = given
		}
	} else if set := c.Snapshot().HangupCause; set != 0 {
		cause = set
	}
	c.SetCause(cause)
	return ErrHangup
}

func (h *House) wait(ctx context.Context, c *channel.Channel, data string) error {
	d, err := timeLength(data)
	if err != nil {
		h.Logger.Warn("Wait was given an invalid time", "channel", c.Name(), "time", data)
		return nil
	}
	return wait(ctx, c, d)
}

func noOp(context.Context, *channel.Channel, string) error { return nil }

func (h *House) set(ctx context.Context, c *channel.Channel, data string) error {
	name, value, ok := strings.Cut(data, "=")
	if !ok {
		h.Logger.Warn("Set requires an argument (name=value)", "channel", c.Name(), "argument", data)
		return nil
	}
	return h.Dialplan.Assign(ctx, c, name, value) // blanks around a name belong to it
}

func (h *House) mset(ctx context.Context, c *channel.Channel, data string) error {
	for _, pair := range command.SplitArgs(data, 0) {
		name, value, ok := strings.Cut(pair, "=")
		if !ok {
			h.Logger.Warn("MSet ignores what is no name=value", "channel", c.Name(), "argument", pair)
			continue
		}
		if err := h.Dialplan.Assign(ctx, c, strings.TrimSpace(name), strings.Trim(value, `"`)); err != nil {
			return err
		}
	}
	return nil
}

func indicate(s media.Signal) func(context.Context, *channel.Channel, string) error {
	return func(_ context.Context, c *channel.Channel, _ string) error {
		_ = c.Signal(s) // a leg that can't be told goes on as before
		return nil
	}
}

// incomplete asks a leg that is not up for more digits, or ends the call.
func (h *House) incomplete(_ context.Context, c *channel.Channel, data string) error {
	if c.State() != event.Up && !strings.Contains(data, "n") {
		if err := c.Answer(); err != nil {
			return err
		}
	}
	if at := c.Snapshot(); !h.Dialplan.MatchMore(at.Context, at.Exten, at.Caller.Number.Text) {
		return ErrHangup // no digit would make it another extension
	}
	return h.Dialplan.Execute(c.Context(), c, "WaitExten", "")
}

// endWith makes Busy and Congestion: the signal, then silence until the time is
// up or the caller is gone.
func (h *House) endWith(s media.Signal, cause int) func(context.Context, *channel.Channel, string) error {
	return func(ctx context.Context, c *channel.Channel, data string) error {
		_ = c.Signal(s)
		if c.State() != event.Up {
			c.SetCause(cause)
			c.SetState(event.Busy)
		}
		limit := longest
		if d, err := seconds(data); err == nil && d > 0 {
			limit = d
		}
		if err := wait(ctx, c, limit); err != nil {
			return err
		}
		return ErrHangup
	}
}

var amaFlags = map[string]int{"": 0, "default": 3, "omit": 1, "billing": 2, "documentation": 3}

func setAMA(_ context.Context, c *channel.Channel, data string) error {
	c.Change(func(s *event.Channel) { s.AMAFlags = amaFlags[strings.ToLower(data)] })
	return nil
}

// appCall takes "Name(args)" apart.
func appCall(text string) (name, args string) {
	text = strings.TrimSpace(text)
	name, args, ok := strings.Cut(text, "(")
	if ok {
		args = strings.TrimSuffix(args, ")")
	}
	return strings.TrimSpace(name), args
}

func (h *House) execIf(ctx context.Context, c *channel.Channel, data string) error {
	if data == "" {
		return nil
	}
	condition, rest, ok := strings.Cut(data, "?")
	if !ok {
		h.Logger.Warn("ExecIf requires a ?", "channel", c.Name(), "argument", data)
		return ErrHangup
	}
	yes, no := splitBranches(rest)
	branch := no
	if Truth(condition) {
		branch = yes
	}
	name, args := appCall(branch)
	if name == "" {
		return nil
	}
	return h.Dialplan.Execute(ctx, c, name, args)
}

// splitBranches splits at the colon that is not inside parentheses or quotes.
func splitBranches(text string) (yes, no string) {
	depth, quoted := 0, false
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == '"':
			quoted = !quoted
		case quoted:
		case text[i] == '(':
			depth++
		case text[i] == ')':
			depth--
		case text[i] == ':' && depth == 0:
			return text[:i], text[i+1:]
		}
	}
	return text, ""
}

// Truth is how conditions are read: empty and 0 are false, other numbers true,
// and so is text.
func Truth(text string) bool {
	text = strings.TrimSpace(text)
	if text == "" {
		return false
	}
	if n, err := strconv.Atoi(leadingNumber(text)); err == nil {
		return n != 0
	}
	return true
}

func leadingNumber(text string) string {
	i := 0
	if i < len(text) && (text[i] == '-' || text[i] == '+') {
		i++
	}
	for i < len(text) && text[i] >= '0' && text[i] <= '9' {
		i++
	}
	return text[:i]
}

func (h *House) exec(ctx context.Context, c *channel.Channel, data string) error {
	name, args := appCall(data)
	if name == "" {
		return nil
	}
	return h.Dialplan.Execute(ctx, c, name, h.Dialplan.Expand(ctx, c, args))
}

func (h *House) tryExec(ctx context.Context, c *channel.Channel, data string) error {
	name, args := appCall(data)
	if name == "" {
		return nil
	}
	status := "SUCCESS"
	err := h.Dialplan.Execute(ctx, c, name, h.Dialplan.Expand(ctx, c, args))
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case isUnknown(err):
		status = "NOAPP"
	case err != nil:
		status = "FAILED"
	}
	c.SetVariable("TRYSTATUS", status)
	return nil
}
