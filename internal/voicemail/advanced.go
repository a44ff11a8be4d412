package voicemail

import (
	"context"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
)

// advanced is the menu of a message's further options.
func (s *session) advanced(ctx context.Context) (byte, error) {
	c := s.c
	if s.starting {
		s.at = 0
	}
	test(c, "ADVOPTIONS", "entering advanced options menu")
	has := len(s.list) > 0 && !s.starting
	for range turnsOfMenu {
		key, err := s.askAdvanced(ctx, has)
		if err != nil {
			return 0, err
		}
		switch {
		case key == '1' && has:
			return 0, s.reply(ctx)
		case key == '2' && has && s.m.options.callback != "":
			gone, err := s.callBack(ctx)
			if gone || err != nil {
				return 0, orLeft(err)
			}
			return 0, nil
		case key == '3' && has:
			return s.envelope(ctx)
		case key == '4' && s.m.options.dialOut != "":
			gone, err := s.dialOut(ctx)
			if gone || err != nil {
				return 0, orLeft(err)
			}
			return 0, nil
		case key == '5' && s.m.options.sendVoicemail:
			return 0, s.leaveOne(ctx)
		case key == '*':
			return 0, nil
		}
	}
	return 0, nil
}

func orLeft(err error) error {
	if err != nil {
		return err
	}
	return errLeft
}

func (s *session) askAdvanced(ctx context.Context, has bool) (byte, error) {
	var names []string
	if has {
		names = append(names, "vm-toreply")
		if s.m.options.callback != "" {
			names = append(names, "vm-tocallback")
		}
		names = append(names, "vm-tohearenv")
	}
	if s.m.options.dialOut != "" {
		names = append(names, "vm-tomakecall")
	}
	if s.m.options.sendVoicemail {
		names = append(names, "vm-leavemsg")
	}
	key, err := s.house.play(ctx, s.c, anyKey, append(names, "vm-starmain")...)
	if key != 0 || err != nil {
		return key, err
	}
	return s.house.Voice.WaitKey(ctx, s.c, anyKey, menuWait)
}

// envelope tells when and from whom the message is, whatever is told usually.
func (s *session) envelope(ctx context.Context) (byte, error) {
	msg := s.list[s.at]
	names := s.house.received(s.m, msg.time, s.c.Snapshot().Language)
	names = append(names, s.from(msg)...)
	if s.m.options.sayDuration {
		names = append(names, s.length(msg)...)
	}
	return s.house.play(ctx, s.c, anyKey, names...)
}

// reply leaves a message for who left this one, if it is a mailbox of the same context.
func (s *session) reply(ctx context.Context) error {
	h, c := s.house, s.c
	_, number := s.list[s.at].caller()
	if number == "" {
		_, err := h.play(ctx, c, "", "vm-nonumber")
		return err
	}
	m := h.find(number, s.m.Context)
	if m == nil {
		_, err := h.play(ctx, c, "", "vm-nobox")
		return err
	}
	return s.leaveFor(ctx, m)
}

// leaveOne leaves a message for a mailbox that is asked for.
func (s *session) leaveOne(ctx context.Context) error {
	h, c := s.house, s.c
	number, err := h.enter(ctx, c, "vm-extension")
	if err != nil || number == "" {
		return err
	}
	m := h.find(number, s.m.Context)
	if m == nil {
		_, err := h.play(ctx, c, "", "pbx-invalid")
		return err
	}
	return s.leaveFor(ctx, m)
}

// leaveFor records a message for another mailbox.
func (s *session) leaveFor(ctx context.Context, m *Mailbox) error {
	l := &leaving{house: s.house, c: s.c, boxes: []*Mailbox{m}, inside: true}
	_, err := l.take(ctx)
	return err
}

// callBack calls who left the message, by the context callback. gone says that the
// dialplan goes on there.
func (s *session) callBack(ctx context.Context) (gone bool, err error) {
	h, c := s.house, s.c
	_, number := s.list[s.at].caller()
	if number == "" {
		_, err := h.play(ctx, c, "", "vm-nonumber")
		return false, err
	}
	names := append([]string{"vm-num-i-have"}, h.Voice.Digits(number)...)
	key, err := s.choose(ctx, append(names, "vm-tocallnum", "vm-star-cancel")...)
	if err != nil || key != '1' {
		return false, err
	}
	return s.dial(ctx, s.m.options.callback, number)
}

// dialOut calls a number that is asked for, by the context dialout.
func (s *session) dialOut(ctx context.Context) (gone bool, err error) {
	number, err := s.house.enter(ctx, s.c, "vm-enter-num-to-call")
	if err != nil || number == "" || strings.HasPrefix(number, "*") {
		return false, err
	}
	return s.dial(ctx, s.m.options.dialOut, number)
}

func (s *session) dial(ctx context.Context, place, number string) (gone bool, err error) {
	if !s.house.exists(s.c, place, number) {
		_, err := s.house.play(ctx, s.c, "", "pbx-invalid")
		return false, err
	}
	return true, s.house.Dialplan.Goto(s.c, place+","+number+",1")
}

// choose plays choices until a key, a few times.
func (s *session) choose(ctx context.Context, names ...string) (byte, error) {
	return s.house.choose(ctx, s.c, menuWait, names...)
}

func (h *House) choose(ctx context.Context, c *channel.Channel, wait time.Duration, names ...string) (byte, error) {
	for range turnsOfMenu {
		key, err := h.play(ctx, c, anyKey, names...)
		if key == 0 && err == nil {
			key, err = h.Voice.WaitKey(ctx, c, anyKey, wait)
		}
		if key != 0 || err != nil {
			return key, err
		}
	}
	return 't', nil
}
