package voicemail

import (
	"context"
	"strings"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
)

// vmAuthenticate is the application VMAuthenticate.
func (h *House) vmAuthenticate(ctx context.Context, c *channel.Channel, data string) error {
	args := command.SplitArgs(data, 2)
	number, place, _ := strings.Cut(command.Arg(args, 0), "@")
	if err := listenFirst(ctx, c); err != nil {
		return err
	}
	m, how, err := h.authenticate(ctx, c, login{number: number, context: place, silent: command.ParseFlags(command.Arg(args, 1)).Has('s')})
	switch {
	case err != nil || how == redirected:
		return err
	case how == refused:
		return errHangup
	}
	c.SetVariable("AUTH_MAILBOX", m.Number)
	c.SetVariable("AUTH_CONTEXT", m.Context)
	_, err = h.play(ctx, c, "", "auth-thankyou")
	return err
}

// vmSayName is the application VMSayName.
func (h *House) vmSayName(ctx context.Context, c *channel.Channel, data string) error {
	m := h.named(data)
	if m == nil {
		number, _, _ := strings.Cut(data, "@")
		m = &Mailbox{Number: number, Context: "default"}
	}
	path, there := h.greeting(m, "greet")
	names := []string{path}
	if !there {
		names = h.Voice.Digits(m.Number)
	}
	key, err := h.play(ctx, c, anyKey, names...)
	if key != 0 {
		h.Dialplan.Pressed(c, key)
	}
	return err
}

// playOne is the application VoiceMailPlayMsg.
func (h *House) playOne(ctx context.Context, c *channel.Channel, data string) error {
	args := command.SplitArgs(data, 2)
	if err := c.AnswerAndListen(ctx, 0); err != nil {
		return err
	}
	if len(args) < 2 {
		h.Logger.Warn("Invalid argument(s) to VoiceMailPlayMsg: a mailbox and the ID of a message are wanted", "channel", c.Name())
		return errHangup
	}
	status, m, id := "FAILED", h.named(command.Arg(args, 0)), command.Arg(args, 1)
	if m != nil && id != "" {
		for n, folder := range folders[:urgent+1] {
			for at, msg := range h.messages(m, folder) {
				if msg.id != id {
					continue
				}
				s := &session{house: h, c: c, m: m, readOnly: true}
				s.open(n)
				s.at = at
				if _, err := s.playMessage(ctx, msg); err != nil {
					c.SetVariable("VOICEMAIL_PLAYBACKSTATUS", status)
					return err
				}
				status = "SUCCESS"
				s.close()
				h.tell(m, c)
			}
			if status == "SUCCESS" {
				break
			}
		}
	}
	c.SetVariable("VOICEMAIL_PLAYBACKSTATUS", status)
	return nil
}
