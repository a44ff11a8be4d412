package manager

import (
	"context"
	"errors"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/call"
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/media"
)

// Exchange is what the actions on calls need.
type Exchange struct {
	Calls    *call.Calls
	Dialplan Dialplan
	// Formats reads a list of codecs: "ulaw,alaw".
	Formats func(list string) []*media.Format
	// ParseParty reads "name" <number>.
	ParseParty func(text string) event.Party
	// Charged, if not nil, is told what a leg's far end is told about the price of its call.
	Charged func(c *channel.Channel, charge *channel.Charge)
}

// A Dialplan is what the actions need of the executor.
type Dialplan interface {
	Variable(c *channel.Channel, name string) (string, bool)
	Expand(ctx context.Context, c *channel.Channel, text string) string
	Assign(ctx context.Context, c *channel.Channel, name, value string) error
	// Write writes the function NAME(args).
	Write(ctx context.Context, c *channel.Channel, text, value string) error
	// Outside marks the context of what a client asks for.
	Outside(ctx context.Context) context.Context
	Exists(l channel.Location, caller string) bool
	Priority(context, exten, text, caller string) (int, bool)
}

// The errors that several actions answer.
var (
	errNoChannel        = command.Refusal("No such channel")
	errNoChannelGiven   = command.Refusal("No channel specified")
	errMissingVariable  = command.Refusal("No variable specified")
	errOriginateInvalid = command.Refusal("Invalid channel")
)

// CallActions returns the actions on calls.
func (x *Exchange) CallActions() []command.Action {
	const any = command.System | command.Call
	row := func(name, synopsis string) command.Row { return command.Row{Name: name, Synopsis: synopsis} }
	return []command.Action{
		{Row: row("Originate", "Make a call"), Privilege: command.Originate, Run: x.originate},
		{Row: row("Hangup", "Hang up legs"), Privilege: any, Run: x.hangup},
		{Row: row("AbsoluteTimeout", "Hang a leg up after a time"), Privilege: any, Run: x.absoluteTimeout},
		{Row: row("Redirect", "Send a leg to a place of the dialplan"), Privilege: command.Call, Run: x.redirect},
		{Row: row("Getvar", "Read a variable"), Privilege: command.Call | command.Reporting, Run: x.getvar},
		{Row: row("Setvar", "Set a variable"), Privilege: command.Call, Run: x.setvar},
		{Row: row("Status", "List legs with what is known of them"), Privilege: any | command.Reporting, Run: x.status},
		{Row: row("CoreShowChannels", "List legs"), Privilege: command.System | command.Reporting, Run: x.showChannels},
		{Row: row("Bridge", "Join two legs"), Privilege: command.Call, Run: x.bridge},
		{Row: row("BlindTransfer", "Send who a leg talks to elsewhere"), Privilege: command.Call, Run: x.blindTransfer},
		{Row: row("AOCMessage", "Have a leg told what its call costs"), Privilege: command.AOC, Run: x.advise},
		{Row: row("SendText", "Send a text to a leg"), Privilege: command.Call, Run: x.sendText},
		{Row: row("MuteAudio", "Keep the voice of a leg back"), Privilege: command.System, Run: x.muteAudio},
		{Row: row("PlayDTMF", "Send a key to a leg"), Privilege: command.Call, Run: x.playDTMF},
		{Row: row("PlayMF", "Send a digit of the signalling between exchanges to a leg"), Privilege: command.Call, Run: x.playMF},
		{Row: row("SendFlash", "Send a flash of the hook to a leg"), Privilege: command.Call, Run: x.sendFlash},
	}
}

// find returns the leg that an action names.
func (x *Exchange) find(r *command.ActionRequest, key string) (*channel.Channel, error) {
	name := r.Get(key)
	if name == "" {
		return nil, errNoChannelGiven
	}
	c := x.Calls.Channels.Find(name)
	if c == nil {
		return nil, errNoChannel
	}
	return c, nil
}

func (x *Exchange) hangup(_ context.Context, r *command.ActionRequest) error {
	name := r.Get("Channel")
	if name == "" {
		return errNoChannelGiven
	}
	cause := 0
	if text := r.Get("Cause"); text != "" {
		if n, err := strconv.Atoi(text); err == nil && n > 0 && n < 128 {
			cause = n
		}
	}
	if name[0] == '/' {
		expression, ok := strings.CutSuffix(name[1:], "/")
		if !ok {
			return command.Refusal("Regex format invalid, Channel param should be /regex/")
		}
		return x.hangupMatching(r, expression, cause)
	}
	c := x.Calls.Channels.Find(name)
	if c == nil {
		return errNoChannel
	}
	c.Hangup(cause)
	r.Reply("Success", "Channel Hungup")
	return nil
}

func (x *Exchange) hangupMatching(r *command.ActionRequest, expression string, cause int) error {
	re, err := regexp.Compile(expression)
	if err != nil {
		return command.Refusal("Regex compile failed on: " + r.Get("Channel"))
	}
	r.ListStart("Channels hung up will follow")
	n := 0
	for _, c := range x.Calls.Channels.All() {
		if name := c.Name(); re.MatchString(name) {
			c.Hangup(cause)
			n++
			r.Event("ChannelHungup", command.Field{Key: "Channel", Value: name}, command.Field{Key: "ActionID"})
		}
	}
	r.ListEnd("ChannelsHungupListComplete", n)
	return nil
}

// place reads Context, Exten and Priority with a suffix ("Extra").
func (x *Exchange) place(r *command.ActionRequest, prefix string) (channel.Location, error) {
	l := channel.Location{Context: r.Get(prefix + "Context"), Exten: r.Get(prefix + "Exten")}
	text := r.Get(prefix + "Priority")
	switch {
	case l.Context == "":
		return l, command.Refusal(prefix + "Context not specified")
	case l.Exten == "":
		return l, command.Refusal(prefix + "Exten not specified")
	case text == "":
		return l, command.Refusal(prefix + "Priority not specified")
	}
	p, ok := x.Dialplan.Priority(l.Context, l.Exten, text, "")
	if !ok {
		return l, command.Refusal(prefix + "Priority is invalid")
	}
	l.Priority = p
	return l, nil
}

func (x *Exchange) redirect(_ context.Context, r *command.ActionRequest) error {
	name := r.Get("Channel")
	if name == "" {
		return command.Refusal("Channel not specified")
	}
	to, err := x.place(r, "")
	if err != nil {
		return err
	}
	also := to
	if r.Get("ExtraChannel") != "" && r.Get("ExtraContext") != "" {
		if also, err = x.place(r, "Extra"); err != nil {
			return err
		}
	}
	c := x.Calls.Channels.Find(name)
	if c == nil {
		return command.Refusal("Channel does not exist: " + name)
	}
	second := x.Calls.Channels.Find(r.Get("ExtraChannel"))
	if extra := r.Get("ExtraChannel"); extra != "" && second == nil {
		return command.Refusal("ExtraChannel does not exist: " + extra)
	}
	if second != nil {
		if err := channel.InterruptBoth(c, channel.Interrupt{Location: &to}, second, channel.Interrupt{Location: &also}); err != nil {
			return command.Refusal("Secondary redirect failed")
		}
		r.Reply("Success", "Dual Redirect successful")
		return nil
	}
	if err := c.Interrupt(channel.Interrupt{Location: &to}); err != nil {
		return command.Refusal("Redirect failed")
	}
	r.Reply("Success", "Redirect successful")
	return nil
}

// absoluteTimeout is TIMEOUT(absolute) from outside.
func (x *Exchange) absoluteTimeout(ctx context.Context, r *command.ActionRequest) error {
	if r.Get("Channel") == "" {
		return errNoChannelGiven
	}
	seconds, err := strconv.Atoi(strings.TrimSpace(r.Get("Timeout")))
	if err != nil || seconds <= 0 {
		return command.Refusal("No timeout specified")
	}
	c, err := x.find(r, "Channel")
	if err != nil {
		return err
	}
	if err := x.Dialplan.Assign(ctx, c, "TIMEOUT(absolute)", strconv.Itoa(seconds)); err != nil {
		return err
	}
	r.Reply("Success", "Timeout Set")
	return nil
}

func (x *Exchange) getvar(ctx context.Context, r *command.ActionRequest) error {
	name := r.Get("Variable")
	switch {
	case name == "":
		return errMissingVariable
	case !mayRead(name, r.Can):
		return command.Refusal("GetVar Access Forbidden: Variable")
	}
	var c *channel.Channel
	if r.Get("Channel") != "" {
		var err error
		if c, err = x.find(r, "Channel"); err != nil {
			return err
		}
	}
	value := x.Dialplan.Expand(x.Dialplan.Outside(ctx), c, "${"+name+"}")
	r.Reply("Success", "", command.Field{Key: "Variable", Value: name}, command.Field{Key: "Value", Value: value})
	return nil
}

func (x *Exchange) setvar(ctx context.Context, r *command.ActionRequest) error {
	name := r.Get("Variable")
	if name == "" {
		return errMissingVariable
	}
	var c *channel.Channel
	if r.Get("Channel") != "" {
		var err error
		if c, err = x.find(r, "Channel"); err != nil {
			return err
		}
	}
	set := x.Dialplan.Assign
	if strings.HasSuffix(name, ")") {
		set = x.Dialplan.Write // which tells what went wrong
	}
	if err := set(x.Dialplan.Outside(ctx), c, name, r.Get("Value")); err != nil {
		return command.Refusal("Variable not set")
	}
	r.Reply("Success", "Variable Set")
	return nil
}

func (x *Exchange) bridge(_ context.Context, r *command.ActionRequest) error {
	var legs [2]*channel.Channel
	if r.Get("Channel1") == "" || r.Get("Channel2") == "" {
		return command.Refusal("Missing channel parameter in request")
	}
	for i, key := range []string{"Channel1", "Channel2"} {
		name := r.Get(key)
		if legs[i] = x.Calls.Channels.Find(name); legs[i] == nil {
			return command.Refusal(key + " does not exist: " + name)
		}
	}
	if err := x.Calls.Join(legs[0], legs[1]); err != nil {
		return command.Refusal("Unable to create bridge: " + err.Error())
	}
	r.Reply("Success", "Channels have been bridged")
	return nil
}

func (x *Exchange) blindTransfer(_ context.Context, r *command.ActionRequest) error {
	name, exten := r.Get("Channel"), r.Get("Exten")
	if name == "" {
		return command.Refusal("No channel specified")
	}
	if exten == "" {
		return command.Refusal("No extension specified")
	}
	c := x.Calls.Channels.Find(name)
	if c == nil {
		return command.Refusal("Channel specified does not exist")
	}
	in := r.Get("Context")
	if in == "" {
		in = c.Location().Context
	}
	err := x.Calls.BlindTransfer(c, call.Transfer{To: channel.Location{Context: in, Exten: exten, Priority: 1}, External: true, Plain: true})
	switch {
	case errors.Is(err, call.ErrNoExtension):
		return command.Refusal("Transfer not permitted")
	case err != nil:
		return command.Refusal("Transfer invalid")
	}
	r.Reply("Success", "Transfer succeeded")
	return nil
}

func (x *Exchange) sendText(_ context.Context, r *command.ActionRequest) error {
	switch {
	case r.Get("Channel") == "":
		return errNoChannelGiven
	case r.Get("Message") == "":
		return command.Refusal("No Message specified")
	}
	c, err := x.find(r, "Channel")
	if err != nil {
		return err
	}
	if !textTo(c.Leg(), r.Get("Message"), r.Get("Content-Type")) {
		return command.Refusal("Failure")
	}
	r.Reply("Success", "Success")
	return nil
}

// textTo sends a text, which a leg that can't say its content type sends as plain.
func textTo(leg channel.Leg, text, contentType string) bool {
	if m, ok := leg.(channel.Messenger); ok && contentType != "" {
		return m.SendMessage(channel.Text{Body: text, ContentType: contentType}) == nil
	}
	t, ok := leg.(channel.TextSender)
	return ok && t.SendText(text) == nil
}

func (x *Exchange) playDTMF(_ context.Context, r *command.ActionRequest) error {
	name, digit := r.Get("Channel"), r.Get("Digit")
	c := x.Calls.Channels.Find(name)
	switch {
	case c == nil:
		return command.Refusal("Channel not found")
	case digit == "":
		return command.Refusal("No digit specified")
	}
	length, err := durationOf(r)
	if err != nil {
		return err
	}
	if config.True(r.Get("Receive")) {
		c.Deliver(media.Frame{Kind: media.DTMFEnd, Digit: digit[0], Duration: length, Value: media.Whole{}})
	} else {
		if length == 0 {
			length = 100 * time.Millisecond
		}
		_ = c.BeginDigit(digit[0])
		time.AfterFunc(length, func() { _ = c.EndDigit(digit[0], length) })
	}
	r.Reply("Success", "DTMF successfully queued")
	return nil
}

// durationOf reads how long a key is held, in ms; 0 where nobody says so.
func durationOf(r *command.ActionRequest) (time.Duration, error) {
	text := r.Get("Duration")
	if text == "" {
		return 0, nil
	}
	ms, err := strconv.Atoi(leadingNumber(text))
	if err != nil {
		return 0, command.Refusal("Could not convert Duration parameter")
	}
	return time.Duration(max(ms, 0)) * time.Millisecond, nil
}

// playMF sends a digit of the signalling between exchanges to a leg.
func (x *Exchange) playMF(_ context.Context, r *command.ActionRequest) error {
	c := x.Calls.Channels.Find(r.Get("Channel"))
	digit := r.Get("Digit")
	switch {
	case c == nil:
		return command.Refusal("Channel not found")
	case digit == "":
		return command.Refusal("No digit specified")
	}
	length, err := durationOf(r)
	if err != nil {
		return err
	}
	if length == 0 {
		length = 55 * time.Millisecond
	}
	if tone, err := media.MFTone(strings.ToUpper(digit)[0], length, 0); err == nil { // else it is none, as on the reference
		c.StartSource(tone.Play())
	}
	r.Reply("Success", "MF successfully queued")
	return nil
}

func (x *Exchange) sendFlash(_ context.Context, r *command.ActionRequest) error {
	c := x.Calls.Channels.Find(r.Get("Channel"))
	if c == nil {
		return command.Refusal("Channel not found")
	}
	flash := media.Frame{Kind: media.Control, Signal: media.Flash}
	if config.True(r.Get("Receive")) {
		c.Deliver(flash)
	} else {
		_ = c.Indicate(flash) // where the technology knows none, there is none
	}
	r.Reply("Success", "Flash successfully queued")
	return nil
}

// muteAudio answers in the order in which the reference looks at what it is given.
func (x *Exchange) muteAudio(_ context.Context, r *command.ActionRequest) error {
	name, direction, state := r.Get("Channel"), r.Get("Direction"), r.Get("State")
	switch {
	case name == "":
		return command.Refusal("Channel not specified")
	case state == "":
		return command.Refusal("State not specified")
	case direction == "":
		return command.Refusal("Direction not specified")
	}
	c, err := x.find(r, "Channel")
	if err != nil {
		return err
	}
	ways, ok := channel.Directions(direction)
	if !ok {
		return command.Refusal("Failed to mute/unmute stream")
	}
	for _, way := range ways {
		c.SetMuted(way, config.True(state))
	}
	r.Reply("Success", "")
	return nil
}

func config1(text string) bool { return text == "1" || strings.EqualFold(text, "true") }
