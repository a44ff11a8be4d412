package message

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
)

// module is where the reference has all this: in its core.
const module = "core"

// Applications returns the table of applications.
func (r *Router) Applications() []command.Application[*channel.Channel] {
	return []command.Application[*channel.Channel]{
		{Row: command.Row{Name: "MessageSend", Module: module, Synopsis: "Send a message that belongs to no call",
			Syntax: "MessageSend(technology:destination[,from[,to]])"}, Run: r.send},
	}
}

// send is the application. What comes of it is in MESSAGE_SEND_STATUS.
func (r *Router) send(ctx context.Context, c *channel.Channel, data string) error {
	args := command.SplitArgs(data, 3)
	to := strings.TrimSpace(command.Arg(args, 0))
	status := "FAILURE"
	switch m := of(c); {
	case to == "":
		r.Logger.Warn("MessageSend needs a destination", "channel", c.Name())
		status = "INVALID_URI"
	case m == nil:
		r.Logger.Error("MessageSend has no message to send", "channel", c.Name())
	default:
		if addressed := strings.TrimSpace(command.Arg(args, 2)); addressed != "" {
			m.To = addressed
		}
		err := r.Send(ctx, m, to, strings.TrimSpace(command.Arg(args, 1)))
		switch {
		case err == nil:
			status = "SUCCESS"
		case errors.Is(err, ErrTechnology):
			status = "INVALID_PROTOCOL"
		}
		if err != nil {
			r.Logger.Warn("a message was not sent", "channel", c.Name(), "to", to, "error", err)
		}
	}
	c.SetVariable("MESSAGE_SEND_STATUS", status)
	return nil
}

// Functions returns the table of functions.
func (r *Router) Functions() []command.Function[*channel.Channel] {
	row := func(name, synopsis, syntax string) command.Row {
		return command.Row{Name: name, Module: module, Synopsis: synopsis, Syntax: syntax}
	}
	return []command.Function[*channel.Channel]{
		{Row: row("MESSAGE", "The message of this leg", "MESSAGE(to|from|body|custom_data)"), Read: read, Write: write},
		{Row: row("MESSAGE_DATA", "A named value of the message of this leg", "MESSAGE_DATA(name)"), Read: readDatum, Write: writeDatum},
	}
}

var (
	errNoChannel = errors.New("the function needs a channel")
	errNoMessage = errors.New("the leg has no message")
)

func read(_ context.Context, c *channel.Channel, args string) (string, error) {
	m, err := message(c)
	if err != nil {
		return "", err
	}
	switch strings.ToLower(args) {
	case "to":
		return m.To, nil
	case "from":
		return m.From, nil
	case "body":
		return m.Body, nil
	}
	return "", fmt.Errorf("MESSAGE(%s) can't be read", args)
}

func message(c *channel.Channel) (*Message, error) {
	if c == nil {
		return nil, errNoChannel
	}
	if m := of(c); m != nil {
		return m, nil
	}
	return nil, errNoMessage
}

func write(_ context.Context, c *channel.Channel, args, value string) error {
	if c == nil {
		return errNoChannel
	}
	m := made(c)
	switch strings.ToLower(args) {
	case "to":
		m.To = value
	case "from":
		m.From = value
	case "body":
		m.Body = value
	case "custom_data":
		switch strings.ToLower(value) {
		case "mark_all_outbound":
			m.MarkAll(true)
		case "clear_all_outbound":
			m.MarkAll(false)
		default:
			return fmt.Errorf("MESSAGE(custom_data) is %q, want mark_all_outbound or clear_all_outbound", value)
		}
	default:
		return fmt.Errorf("MESSAGE(%s) can't be written", args)
	}
	return nil
}

func readDatum(_ context.Context, c *channel.Channel, args string) (string, error) {
	m, err := message(c)
	if err != nil {
		return "", err
	}
	return m.Datum(args), nil
}

func writeDatum(_ context.Context, c *channel.Channel, args, value string) error {
	if c == nil {
		return errNoChannel
	}
	made(c).Set(args, value, true)
	return nil
}
