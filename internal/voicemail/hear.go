package voicemail

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/octothorpe/octothorpe/internal/event"
)

func about(name, value string) event.Variable { return event.Variable{Name: name, Value: value} }

// present says which message it is, from when and from whom, and plays it.
func (s *session) present(ctx context.Context) (byte, error) {
	h, c := s.house, s.c
	if len(s.list) == 0 {
		return h.play(ctx, c, anyKey, append([]string{"vm-youhave", "vm-no"}, folderPrompts(s.folder)...)...)
	}
	s.starting = false
	test(c, "BROWSE", "browsing message "+strconv.Itoa(s.at), about("Voicemail", strconv.Itoa(s.at)))
	var names []string
	switch last := len(s.list) - 1; {
	case s.at == 0:
		names = append(names, "vm-first", "vm-message")
	case s.at == last:
		names = append(names, "vm-last", "vm-message")
	default:
		names = append(append(names, "vm-message"), h.Voice.Number(s.at+1, c.Snapshot().Language)...)
	}
	if s.folder == urgent {
		names = append(names[:1:1], append([]string{"vm-Urgent"}, names[1:]...)...)
	}
	o := &s.m.options
	msg := s.list[s.at]
	if msg.category != "" {
		names = append(names, msg.category)
	}
	if o.envelope {
		names = append(names, h.received(s.m, msg.time, c.Snapshot().Language)...)
	}
	if o.sayCID {
		names = append(names, s.from(msg)...)
	}
	if o.sayDuration {
		names = append(names, s.length(msg)...)
	}
	key, err := h.play(ctx, c, anyKey, names...)
	switch {
	case err != nil:
		return 0, err
	case key == '1':
		key = 0
	case key != 0:
		return key, nil
	}
	return s.playMessage(ctx, msg)
}

// playMessage plays the sound of a message, in which keys move.
func (s *session) playMessage(ctx context.Context, msg *message) (byte, error) {
	h, c := s.house, s.c
	test(c, "PLAYVOICE", "Playing "+msg.path())
	s.heard[msg.id] = true
	g := &h.settings().general
	k := g.listenFor
	key, err := h.Voice.Control(ctx, c, msg.path(), Keys{Stop: k.stop, Forward: k.forward, Rewind: k.rewind, Pause: k.pause, Restart: k.restart, Step: g.skip})
	if ctx.Err() != nil {
		return 0, context.Cause(ctx)
	}
	if err != nil {
		h.Logger.Warn("a message can't be played", "channel", c.Name(), "error", err)
	}
	return key, nil
}

// received are the prompts of when a message came.
func (h *House) received(m *Mailbox, at time.Time, language string) []string {
	where, format := h.zoneOf(m)
	return h.Voice.Moment(at, where, language, format)
}

// from are the prompts of who left a message: an extension, by the name that it has recorded, where the
// call came through a context of cidinternalcontexts, else a telephone number.
func (s *session) from(msg *message) []string {
	h := s.house
	_, number := msg.caller()
	if number == "" {
		return []string{"vm-unknown-caller"}
	}
	if !slices.Contains(h.settings().general.internal, msg.context) {
		return append([]string{"vm-from-phonenumber"}, h.Voice.Digits(number)...)
	}
	if safe(number) && safe(msg.context) { // they are names of folders
		if path, there := h.greeting(&Mailbox{Context: msg.context, Number: number}, "greet"); there {
			return []string{"vm-from", path}
		}
	}
	return append([]string{"vm-from-extension"}, h.Voice.Digits(number)...)
}

// length are the prompts of how long a message is, where it is long enough to say so.
func (s *session) length(msg *message) []string {
	minutes := (msg.duration + 59) / 60
	if msg.duration < 60*s.m.options.minDuration || minutes == 0 {
		return nil
	}
	return append(append([]string{"vm-duration"}, s.house.Voice.Number(max(1, msg.duration/60), s.c.Snapshot().Language)...), "vm-minutes")
}
