package app

import (
	"cmp"
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/call"
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/media"
)

const ringing = media.Ringing

// calling are the applications that make calls or reach for other legs.
func (h *House) calling() []Application {
	return []Application{
		{Row: row("Originate", "app_originate", "Call a device and run an application or a place of the dialplan on it",
			"Originate(device,exten|app,arg1[,arg2[,arg3[,timeout[,options]]]])"), Run: h.originate},
		{Row: row("ChannelRedirect", "app_channelredirect", "Send another leg elsewhere in the dialplan",
			"ChannelRedirect(channel,[[context,]exten,]priority)"), Run: h.channelRedirect},
		{Row: row("HangupCauseClear", "func_hangupcause", "Forget what HANGUPCAUSE knows", "HangupCauseClear()"),
			Run: func(_ context.Context, c *channel.Channel, _ string) error { c.ForgetOutcomes(); return nil }},
		{Row: row("SoftHangup", "app_softhangup", "Hang up another leg", "SoftHangup(technology/resource[,options])"), Run: h.softHangup},
		{Row: row("ChanIsAvail", "app_chanisavail", "Tell whether a device can be called",
			"ChanIsAvail(technology/resource[&…][,options])"), Run: h.chanIsAvail},
		{Row: row("Transfer", "app_transfer", "Have the far end call elsewhere", "Transfer([technology/]destination)"), Run: h.transfer},
		{Row: row("SendText", "app_sendtext", "Send a text message to the leg", "SendText([text])"), Run: h.sendText},
		{Row: row("ReceiveText", "app_sendtext", "Wait for a text message of the leg", "ReceiveText([seconds])"), Run: h.receiveText},
		{Row: row("RetryDial", "app_dial", "Dial again until somebody answers", "RetryDial(announce,sleep,retries,dialargs)"), Run: h.retryDial},
	}
}

func (h *House) channelRedirect(_ context.Context, c *channel.Channel, data string) error {
	name, place, ok := strings.Cut(data, ",")
	if !ok || name == "" || place == "" {
		h.Logger.Warn("ChannelRedirect requires an argument (channel,[[context,]exten,]priority)", "channel", c.Name())
		return ErrHangup
	}
	other := h.findChannel(name)
	if other == nil {
		h.Logger.Warn("No such channel", "channel", c.Name(), "wanted", name)
		c.SetVariable("CHANNELREDIRECT_STATUS", "NOCHANNEL")
		return nil
	}
	to, err := h.Dialplan.Resolve(other, place)
	if err == nil {
		err = other.Interrupt(channel.Interrupt{Location: &to})
	}
	if err != nil {
		h.Logger.Warn("the channel was not redirected", "channel", c.Name(), "wanted", other.Name(), "error", err)
		return nil
	}
	c.SetVariable("CHANNELREDIRECT_STATUS", "SUCCESS")
	return nil
}

// device is a leg's name without what makes it unlike others of its device.
func device(c *channel.Channel) string {
	name := c.Name()
	if i := strings.LastIndexByte(name, '-'); i > 0 {
		return name[:i]
	}
	return name
}

func (h *House) softHangup(_ context.Context, c *channel.Channel, data string) error {
	args := command.SplitArgs(data, 2)
	wanted := command.Arg(args, 0)
	if wanted == "" {
		h.Logger.Warn("SoftHangup requires an argument (Technology/resource)", "channel", c.Name())
		return nil
	}
	all := command.ParseFlags(command.Arg(args, 1)).Has('a')
	for _, other := range h.Channels.All() {
		if !strings.EqualFold(device(other), wanted) && !strings.EqualFold(other.Name(), wanted) {
			continue
		}
		other.Hangup(0)
		if !all {
			break
		}
	}
	return nil
}

// deviceStates are the numbers of AVAILSTATUS.
var deviceStates = map[string]int{"UNKNOWN": 0, "NOT_INUSE": 1, "INUSE": 2, "BUSY": 3, "INVALID": 4, "UNAVAILABLE": 5,
	"RINGING": 6, "RINGINUSE": 7, "ONHOLD": 8}

func (h *House) chanIsAvail(ctx context.Context, c *channel.Channel, data string) error {
	args := command.SplitArgs(data, 2)
	if command.Arg(args, 0) == "" {
		h.Logger.Warn("ChanIsAvail requires an argument (Zap/1&Zap/2)", "channel", c.Name())
		setVariables(c, "AVAILCHAN", "", "AVAILORIGCHAN", "", "AVAILSTATUS", strconv.Itoa(deviceStates["INVALID"]), "AVAILCAUSECODE", "")
		return nil
	}
	flags := command.ParseFlags(command.Arg(args, 1))
	var names, devices []string
	var states []string
	cause := ""
	for _, wanted := range strings.Split(args[0], "&") {
		name, state, why, ok := h.available(ctx, c, strings.TrimSpace(wanted), flags)
		states = append(states, strconv.Itoa(state))
		if !ok {
			continue
		}
		cause = strconv.Itoa(why)
		names, devices = append(names, name), append(devices, wanted)
		if !flags.Has('a') {
			break
		}
	}
	setVariables(c, "AVAILCHAN", strings.Join(names, "&"), "AVAILORIGCHAN", strings.Join(devices, "&"),
		"AVAILSTATUS", strings.Join(states, "&"), "AVAILCAUSECODE", cause)
	return nil
}

// available tells whether a device can be called: by its state (options s and t),
// and by asking for a leg, whose name it returns.
func (h *House) available(ctx context.Context, c *channel.Channel, wanted string, flags command.Flags) (name string, state, cause int, ok bool) {
	technology, destination, ok := call.SplitDevice(wanted)
	if !ok {
		h.Logger.Error("ChanIsAvail: a device is written technology/resource", "channel", c.Name(), "device", wanted)
		return "", 0, 0, false
	}
	driver, ok := h.Channels.Driver(technology)
	if !ok {
		return "", 0, 0, false
	}
	if flags.Has('s') || flags.Has('t') {
		state = deviceStates[driver.DeviceState(destination)]
		if state > 1 {
			return "", state, 0, false
		}
		if flags.Has('t') {
			return wanted, state, 0, true
		}
	}
	out, err := driver.Request(ctx, channel.Request{Destination: destination, Requestor: c})
	if err != nil {
		var refused *channel.RequestError
		if errors.As(err, &refused) {
			cause = refused.Cause
		}
		return "", state, cause, false
	}
	name = out.Name()
	out.Hangup(0)
	out.End()
	return name, state, 0, true
}

func (h *House) transfer(ctx context.Context, c *channel.Channel, data string) error {
	protocol := "0"
	set := func(status string) { setVariables(c, "TRANSFERSTATUS", status, "TRANSFERSTATUSPROTOCOL", protocol) }
	if data == "" {
		h.Logger.Warn("Transfer requires an argument ([Tech/]destination)", "channel", c.Name())
		set("FAILURE")
		return nil
	}
	if technology, rest, ok := strings.Cut(data, "/"); ok && !strings.ContainsAny(technology, ":@") {
		if !strings.EqualFold(technology, c.Snapshot().Technology) {
			set("FAILURE")
			return nil
		}
		data = rest
	}
	leg, ok := c.Leg().(channel.Transferrer)
	if !ok {
		set("UNSUPPORTED")
		return nil
	}
	if err := leg.Transfer(ctx, data); err != nil {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		h.Logger.Warn("the far end was not transferred", "channel", c.Name(), "error", err)
		var ended *channel.TransferError
		if errors.As(err, &ended) {
			protocol = strconv.Itoa(ended.Status)
		}
		set("FAILURE")
		return nil
	}
	set("SUCCESS")
	return nil
}

func (h *House) sendText(_ context.Context, c *channel.Channel, data string) error {
	value := func(name string) string { v, _ := c.Variable(name); return v }
	data = cmp.Or(value("SENDTEXT_BODY"), data)
	text := channel.Text{Body: data, ContentType: value("SENDTEXT_CONTENT_TYPE"), FromName: value("SENDTEXT_FROM_DISPLAYNAME"),
		ToName: value("SENDTEXT_TO_DISPLAYNAME")}
	leg, ok := c.Leg().(channel.TextSender)
	if !ok {
		c.SetVariable("SENDTEXTSTATUS", "UNSUPPORTED")
		return nil
	}
	status := "SUCCESS"
	send := func() error { return leg.SendText(data) }
	if m, ok := c.Leg().(channel.Messenger); ok && text != (channel.Text{Body: data}) {
		send = func() error { return m.SendMessage(text) }
	}
	if err := send(); err != nil {
		h.Logger.Warn("the text was not sent", "channel", c.Name(), "error", err)
		status = "FAILURE"
	}
	c.SetVariable("SENDTEXTSTATUS", status)
	return nil
}

func (h *House) receiveText(ctx context.Context, c *channel.Channel, data string) error {
	limit := time.Duration(-1) // for ever
	if d, err := seconds(data); err == nil && d > 0 {
		limit = d
	}
	text, came, err := ReceiveText(ctx, c, limit)
	if !came {
		c.SetVariable("RECEIVETEXTSTATUS", "FAILURE")
		return err
	}
	setVariables(c, "RECEIVETEXTSTATUS", "SUCCESS", "RECEIVETEXTMESSAGE", text)
	return nil
}

func (h *House) retryDial(ctx context.Context, c *channel.Channel, data string) error {
	args := strings.SplitN(data, ",", 4)
	if len(args) < 4 || args[3] == "" {
		h.Logger.Warn("RetryDial requires an argument (announce,sleep,retries,dialargs)", "channel", c.Name())
		return ErrHangup
	}
	pause, err := seconds(args[1])
	if err != nil {
		pause = 10 * time.Second
	}
	exit := command.ParseFlags(command.Arg(command.SplitArgs(args[3], 4), 2)).Has('d')
	for retries := atoi(args[2]); ; retries-- {
		if err := h.dial(ctx, c, args[3]); err != nil {
			return err
		}
		if status, _ := c.Variable("DIALSTATUS"); status == "ANSWER" || retries == 0 {
			return nil
		}
		digit, err := h.beforeRetry(ctx, c, args[0], pause, exit)
		if err != nil {
			return err
		}
		if digit != 0 {
			return h.Dialplan.Goto(c, h.exitContext(c)+","+string(rune(digit))+",1")
		}
	}
}

// exitContext is where one-digit extensions of a leg that waits are.
func (h *House) exitContext(c *channel.Channel) string {
	if exit, ok := c.Variable("EXITCONTEXT"); ok && exit != "" {
		return exit
	}
	return c.Location().Context
}

// beforeRetry plays the announcement, then music, and returns the key of an
// extension that was pressed meanwhile, where that is allowed.
func (h *House) beforeRetry(ctx context.Context, c *channel.Channel, announce string, pause time.Duration, exit bool) (byte, error) {
	keys := ""
	if exit {
		keys = h.extensionKeys(c, h.exitContext(c))
	}
	if announce != "" && h.Sounds.Exists(announce, c.Snapshot().Language) {
		digit, err := h.playFile(ctx, c, announce, keys)
		if digit != 0 || ended(ctx, err) {
			return digit, err
		}
	}
	if src, err := h.Sounds.Music("", c); err == nil {
		c.StartSource(src)
		defer c.StopSource()
	}
	return waitKey(ctx, c, keys, pause)
}
