package voicemail

import (
	"context"
	"errors"
	"os"
	"strings"

	"github.com/octothorpe/octothorpe/internal/media"
)

// forward sends the message to other mailboxes of the context, with words before it or
// without.
func (s *session) forward(ctx context.Context) (byte, error) {
	h, c := s.house, s.c
	if s.starting {
		return 0, nil
	}
	test(c, "FORWARD", "entering forward message menu")
	boxes, err := s.recipients(ctx)
	if err != nil || len(boxes) == 0 {
		return 0, err
	}
	msg := s.list[s.at]
	sound, remove, sent, err := s.prepended(ctx, msg)
	if err != nil || !sent {
		return 0, err
	}
	defer remove()
	done := 0
	for _, m := range boxes {
		folder := "INBOX"
		if h.settings().general.forwardUrgent && msg.flag == "Urgent" {
			folder = "Urgent"
		}
		copied, err := h.copyTo(s.m, msg, m, folder, sound)
		if err != nil {
			h.Logger.Warn("a message is not forwarded", "mailbox", m.ID(), "error", err)
			continue
		}
		done++
		h.notify(ctx, c, m, copied)
	}
	prompt := "vm-msgforwarded"
	if done == 0 {
		prompt = "vm-mailboxfull"
	}
	return h.play(ctx, c, anyKey, prompt)
}

// recipients asks for mailboxes, with * between them.
func (s *session) recipients(ctx context.Context) ([]*Mailbox, error) {
	h, c := s.house, s.c
	if h.settings().general.useDirectory {
		key, err := s.choose(ctx, "vm-forward")
		if err != nil || key == '*' || key == 't' {
			return nil, err
		}
		if key == '2' {
			m, _, err := h.lookUp(ctx, c, directoryOptions{context: s.m.Context, by: byLast, digits: 3})
			if m == nil || err != nil {
				return nil, err
			}
			return []*Mailbox{m}, nil
		}
	}
	for range turnsOfMenu {
		text, err := h.enter(ctx, c, "vm-extension")
		if err != nil || text == "" || text == "*" {
			return nil, err
		}
		var boxes []*Mailbox
		wrong := false
		for _, number := range strings.Split(text, "*") {
			if number == "" {
				continue
			}
			m := h.find(number, s.m.Context)
			if m == nil {
				wrong = true
				break
			}
			boxes = append(boxes, m)
		}
		if !wrong {
			return boxes, s.name(ctx, boxes)
		}
		if _, err := h.play(ctx, c, "", "pbx-invalid"); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

// name says which mailboxes the message goes to: by the names that their owners have
// recorded, else by their numbers.
func (s *session) name(ctx context.Context, boxes []*Mailbox) error {
	var names []string
	for _, m := range boxes {
		if path, there := s.house.greeting(m, "greet"); there {
			names = append(names, path)
		} else {
			names = append(names, s.house.Voice.Digits(m.Number)...)
		}
	}
	_, err := s.house.play(ctx, s.c, "", names...)
	return err
}

// prepended asks whether words are to stand before the message, and returns where the
// sound of both begins its name; "" is that of the message alone.
func (s *session) prepended(ctx context.Context, msg *message) (sound string, remove func(), sent bool, err error) {
	h, c := s.house, s.c
	remove = func() {}
	for range turnsOfMenu {
		key, err := s.choose(ctx, "vm-forwardoptions")
		switch {
		case err != nil || key == '*' || key == 't':
			return "", remove, false, err
		case key == '2':
			return "", remove, true, nil
		case key != '1':
			continue
		}
		base, drop, err := h.temporary(s.m)
		if err != nil {
			h.Logger.Error("words can't be recorded", "mailbox", s.m.ID(), "error", err)
			return "", remove, false, nil
		}
		v := &review{house: h, c: c, m: s.m, base: base, keys: "#", most: s.m.options.maxMessage, noThanks: true}
		if _, err := v.once(ctx); err != nil {
			drop()
			return "", remove, false, err
		}
		if v.taken.quiet { // nobody has said that these are all the words
			drop()
			g := &h.settings().general
			if _, err := h.play(ctx, c, "", g.tryAgain, g.prependTimeout); err != nil {
				return "", remove, false, err
			}
			continue
		}
		if err := h.join(s.m, base, msg); err != nil {
			h.Logger.Error("words are not put before a message", "mailbox", s.m.ID(), "error", err)
			drop()
			return "", remove, false, nil
		}
		msg.duration += int(v.taken.length.Seconds())
		return base, drop, true, nil
	}
	return "", remove, false, nil
}

// join adds the sound of a message to files, in each format that both have. A format in
// which the message can't be read is left out.
func (h *House) join(m *Mailbox, base string, msg *message) error {
	unlock := h.lock(m)
	defer unlock()
	path, ok := locate(msg)
	if !ok {
		return errors.New("the message is gone")
	}
	var failed error
	joined := 0
	for _, sound := range sounds(base) {
		err := appendSound(path+extension(sound), sound)
		for _, other := range sounds(path) { // one that can be read, translated
			if err == nil {
				break
			}
			err = appendSound(other, sound)
		}
		if err != nil {
			failed = err
			h.Logger.Warn("a format of a message can't be read", "mailbox", m.ID(), "error", err)
			_ = os.Remove(sound)
			continue
		}
		joined++
	}
	if joined == 0 {
		return errors.Join(errors.New("no format of the message can be read"), failed)
	}
	return nil
}

// appendSound adds the sound of one file to another of the same format.
func appendSound(from, to string) error {
	src, err := media.OpenRead(os.DirFS("/"), strings.TrimPrefix(from, "/"))
	if err != nil {
		return err
	}
	defer func() { _ = src.Close() }()
	dst, err := media.Create(to, strings.TrimPrefix(extension(to), "."), true)
	if err != nil {
		return err
	}
	for {
		f, err := src.Next()
		if err != nil {
			break
		}
		if err := dst.Write(f); err != nil {
			_ = dst.Close()
			return err
		}
	}
	return dst.Close()
}
