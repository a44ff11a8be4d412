package message

import (
	"context"
	"encoding/base64"
	"errors"
	"strings"

	"github.com/octothorpe/octothorpe/internal/command"
)

// Actions returns the table of manager actions.
func (r *Router) Actions() []command.Action {
	return []command.Action{{Row: command.Row{Name: "MessageSend", Module: module, Synopsis: "Send a message that belongs to no call",
		Syntax: "To|Destination, From, Body|Base64Body, Variable"}, Privilege: command.Message, Run: r.sendFor}}
}

// decode reads base64 as the reference does, for which what is none of it is an A.
func decode(text string) []byte {
	text = strings.Map(func(r rune) rune {
		if r < 128 && (r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '+' || r == '/') {
			return r
		}
		return 'A'
	}, strings.TrimRight(text, "="))
	body, _ := base64.RawStdEncoding.DecodeString(text)
	return body
}

// sendFor is the action. To is the destination unless Destination is given; then
// it is who the message says to be to.
func (r *Router) sendFor(ctx context.Context, q *command.ActionRequest) error {
	to, destination := q.Get("To"), q.Get("Destination")
	m := &Message{From: q.Get("From"), Body: q.Get("Body")}
	switch {
	case to == "" && destination == "":
		return command.Refusal("No 'To' address specified.")
	case destination == "":
		destination = to
	default:
		m.To = to
	}
	if text := q.Get("Base64Body"); text != "" {
		body := decode(text)
		if len(body) == 0 {
			return command.Refusal("Failed to decode message body.")
		}
		m.Body = string(body)
	}
	for _, line := range q.All("Variable") {
		for _, v := range strings.Split(line, ",") {
			if name, value, ok := strings.Cut(v, "="); ok {
				m.Set(strings.TrimSpace(name), value, true)
			}
		}
	}
	err := r.Send(ctx, m, destination, m.From)
	switch {
	case errors.Is(err, ErrTechnology):
		return command.Refusal("Message technology not found.")
	case err != nil:
		r.Logger.Warn("a message was not sent", "to", destination, "error", err)
		return command.Refusal("Message failed to send.")
	}
	q.Reply("Success", "Message successfully sent")
	return nil
}
