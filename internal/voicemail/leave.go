package voicemail

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/event"
)

// leaving is one run of VoiceMail.
type leaving struct {
	house      *House
	c          *channel.Channel
	boxes      []*Mailbox // the first is greeted for
	flags      command.Flags
	flag       string // Urgent or PRIORITY
	place      string // the context of o and a
	digits     string // of the option d: the context
	keys       string // that end the greeting
	inside     bool   // who owns a mailbox leaves it
	instructed bool   // the instructions are to be played
}

// leave is the application VoiceMail.
func (h *House) leave(ctx context.Context, c *channel.Channel, data string) error {
	args := command.SplitArgs(data, 2)
	flags := command.ParseFlags(command.Arg(args, 1))
	if c.State() != event.Up && !flags.Has('e') {
		if err := c.AnswerAndListen(ctx, 0); err != nil {
			return err
		}
	}
	names := command.Arg(args, 0)
	if strings.TrimSpace(data) == "" {
		var err error
		if names, err = h.enter(ctx, c, "vm-whichbox"); err != nil || names == "" {
			return err
		}
	}
	l := &leaving{house: h, c: c, flags: flags, instructed: !flags.Has('s')}
	switch {
	case flags.Has('U'):
		l.flag = "Urgent"
	case flags.Has('P'):
		l.flag = "PRIORITY"
	}
	for i, name := range strings.Split(names, "&") {
		m := h.named(name)
		switch {
		case m != nil:
			l.boxes = append(l.boxes, m)
		case i == 0:
			h.Logger.Warn("No entry in voicemail config file for '"+name+"'", "channel", c.Name())
			c.SetVariable("VMSTATUS", "FAILED")
			return nil
		default:
			h.Logger.Warn("No such mailbox to copy a message to", "channel", c.Name(), "mailbox", name)
		}
	}
	status, err := l.run(ctx)
	if status != "" {
		c.SetVariable("VMSTATUS", status)
	}
	return err
}

func (l *leaving) run(ctx context.Context) (status string, err error) {
	l.exits()
	key, err := l.greet(ctx)
	if err != nil {
		return "FAILED", err
	}
	if key != 0 && key != '#' {
		return "USEREXIT", l.exit(ctx, key)
	}
	h, m := l.house, l.boxes[0]
	if l.flags.Has('e') {
		if err := l.c.AnswerAndListen(ctx, 0); err != nil {
			return "FAILED", err
		}
	}
	if h.count(m, l.folder()) >= m.options.maxMessages {
		_, err := h.play(ctx, l.c, "", "vm-mailboxfull")
		h.Logger.Warn("No more messages possible", "mailbox", m.ID())
		return "FAILED", err
	}
	return l.take(ctx)
}

func (l *leaving) folder() string {
	if l.flag == "Urgent" {
		return "Urgent"
	}
	return "INBOX"
}

// exits finds which keys leave for another extension: 0 for o, * for a, and those of d.
func (l *leaving) exits() {
	h, m, c := l.house, l.boxes[0], l.c
	if l.place = m.options.exitContext; l.place == "" {
		l.place = c.Location().Context
	}
	l.keys = "#"
	if m.options.operator && h.exists(c, l.place, "o") {
		l.keys += "0"
	}
	if h.exists(c, l.place, "a") {
		l.keys += "*"
	}
	if !l.flags.Has('d') {
		return
	}
	if l.digits = l.flags['d']; l.digits == "" {
		l.digits = c.Location().Context
	}
	for _, digit := range "1234567890" {
		if h.Dialplan.CanMatch(l.digits, string(digit), c.Caller().Number.Text) && !strings.ContainsRune(l.keys, digit) {
			l.keys += string(digit)
		}
	}
}

// exit goes where a key leads.
func (l *leaving) exit(ctx context.Context, key byte) error {
	d := l.house.Dialplan
	switch {
	case key == '0' && l.boxes[0].options.operator:
		return d.Goto(l.c, l.place+",o,1")
	case key == '*':
		return d.Goto(l.c, l.place+",a,1")
	}
	digits, caller := string(rune(key)), l.c.Caller().Number.Text
	for d.MatchMore(l.digits, digits, caller) {
		more, err := l.house.Voice.WaitKey(ctx, l.c, anyKey, nextDigit)
		if err != nil {
			return err
		}
		if more == 0 {
			break
		}
		digits += string(rune(more))
	}
	return d.Goto(l.c, l.digits+","+digits+",1")
}

// greet plays the greeting and the instructions.
func (l *leaving) greet(ctx context.Context) (byte, error) {
	h, m := l.house, l.boxes[0]
	busy, unavailable := l.flags.Has('b'), l.flags.Has('u')
	if busy || unavailable {
		name := "unavail"
		if busy {
			name = "busy"
		}
		path, there := h.greeting(m, "temp")
		if !there {
			path, there = h.greeting(m, name)
		}
		names := []string{path}
		if there {
			l.instructed = l.instructed && !l.flags.Has('S')
		} else {
			names = l.invented(busy)
		}
		if key, err := h.play(ctx, l.c, l.keys, names...); key != 0 || err != nil {
			return key, err
		}
	}
	if !l.instructed {
		return 0, nil
	}
	return h.play(ctx, l.c, l.keys, "vm-intro")
}

// invented is the greeting of a mailbox that has none.
func (l *leaving) invented(busy bool) []string {
	h, m := l.house, l.boxes[0]
	var names []string
	if path, there := h.greeting(m, "greet"); there {
		names = append(names, path)
	} else {
		names = append(append(names, "vm-theperson"), h.Voice.Digits(m.Number)...)
	}
	if busy {
		return append(names, "vm-isonphone")
	}
	return append(names, "vm-isunavail")
}

// take records the message and delivers it.
func (l *leaving) take(ctx context.Context) (status string, err error) {
	h, m, c := l.house, l.boxes[0], l.c
	base, remove, err := h.temporary(m)
	if err != nil {
		h.Logger.Error("a message can't be taken", "mailbox", m.ID(), "error", err)
		return "FAILED", nil
	}
	defer remove()
	v := &review{house: h, c: c, m: m, base: base, outside: !l.inside, flag: l.flag, keys: "#", most: m.options.maxMessage, least: m.options.minMessage}
	if m.options.operator {
		v.keys += "0"
	}
	if tone, given := l.flags['t']; given {
		v.beep, v.noBeep = tone, tone == ""
	}
	key, err := v.run(ctx)
	l.flag = v.flag
	// What was said before the leg hung up, or was sent elsewhere, is a message.
	if v.discarded {
		if key == '0' {
			return "USEREXIT", h.Dialplan.Goto(c, l.place+",o,1")
		}
		return "FAILED", err
	}
	if seconds := int(v.taken.length / time.Second); seconds < m.options.minMessage || v.taken.began.IsZero() {
		h.Logger.Info(fmt.Sprintf("Recording was %d seconds long but needs to be at least %d - abandoning", seconds, m.options.minMessage), "channel", c.Name())
		return "FAILED", err
	}
	if !l.deliver(ctx, &v.taken) {
		return "FAILED", err
	}
	if key == '0' && err == nil {
		return "USEREXIT", h.Dialplan.Goto(c, l.place+",o,1")
	}
	return "SUCCESS", err
}

// deliver puts a recording into the mailboxes and says so.
func (l *leaving) deliver(ctx context.Context, r *recording) (placed bool) {
	h, c := l.house, l.c
	for i, m := range l.boxes {
		about := h.about(ctx, c, m, r, l.flag)
		folder := h.folder(m, l.folder())
		number, err := h.deposit(m, r.base, folder, about, i < len(l.boxes)-1)
		if err != nil {
			h.Logger.Error("a message is not delivered", "mailbox", m.ID(), "error", err)
			continue
		}
		if i == 0 {
			c.SetVariable("VM_MESSAGEFILE", base(folder, number))
		}
		placed = true
		h.notify(ctx, c, m, &message{folder: folder, number: number, info: about})
	}
	return placed
}

// about is what the .txt of a new message says.
func (h *House) about(ctx context.Context, c *channel.Channel, m *Mailbox, r *recording, flag string) *info {
	s := c.Snapshot()
	i := &info{mailbox: m.Number, context: s.Context, exten: s.Exten, rdnis: "unknown", priority: s.Priority, channel: s.Name,
		callerID: callerText(s.Caller), time: r.began, id: fmt.Sprintf("%d-%08x", r.began.Unix(), h.ids.Add(1)), flag: flag,
		duration: int(r.length / time.Second)}
	if place := c.Location(); place.Exten != "" {
		i.context, i.exten, i.priority = place.Context, place.Exten, place.Priority
	}
	if text, ok := c.Variable("VM_CATEGORY"); ok {
		i.category = text
	}
	if from := h.Dialplan.Expand(ctx, c, "${CALLERID(rdnis)}"); from != "" {
		i.rdnis = from
	}
	return i
}

// callerText is a party as "Name" <number>.
func callerText(p event.Party) string {
	name, number := p.Name.Text, p.Number.Text
	switch {
	case name != "" && number != "":
		return fmt.Sprintf("%q <%s>", name, number)
	case name != "":
		return name
	case number != "":
		return number
	}
	return "Unknown"
}

// deposit places a recording as a message of a mailbox.
func (h *House) deposit(m *Mailbox, from, folder string, about *info, keep bool) (int, error) {
	unlock := h.lock(m)
	defer unlock()
	if len(numbers(folder)) >= m.options.maxMessages {
		return 0, errFull
	}
	return place(from, folder, about, keep)
}
