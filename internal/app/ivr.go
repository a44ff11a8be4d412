package app

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/media"
)

// An ivr is one run of ExternalIVR: a program says in lines of a letter and its data
// what is to be played, and is told in lines what comes of it and what the caller
// presses. All of it is the goroutine's that owns the leg but what reads the program.
type ivr struct {
	house *House
	c     *channel.Channel
	link  *ivrLink
	list  playlist
	app   string   // the program, as the dialplan has it
	args  []string // for P

	ignore bool // i: the program says when the leg is done with
	dead   bool // d: it has hung up already
	up     bool // it plays: after an answer of its own, or T
	told   bool // that the leg hung up, with i
	clear  bool // a key empties the list (option autoclear)
	full   bool // the log was told that the list is
	flow   context.Context
}

// externalIVR hands the leg to a program or, with ivr://host[:port], to a server.
func (h *House) externalIVR(ctx context.Context, c *channel.Channel, data string) error {
	args := command.SplitArgs(data, 2)
	flags := command.ParseFlags(command.Arg(args, 1))
	if command.Arg(args, 0) == "" {
		h.Logger.Error("ExternalIVR requires a command to execute", "channel", c.Name())
		return ErrHangup
	}
	v := &ivr{house: h, c: c, ignore: flags.Has('i'), dead: flags.Has('d'), flow: ctx}
	v.app, v.args = ivrCommand(command.Arg(args, 0))
	switch {
	case v.dead && !c.HungUp():
		h.Logger.Error("ExternalIVR with option d runs where the leg has hung up", "channel", c.Name())
		return ErrHangup
	case !v.dead && !flags.Has('n'):
		if err := answer(ctx, c); err != nil {
			return err
		}
	}
	v.up = !v.dead && !flags.Has('n')
	var err error
	if v.link, err = h.dialIVR(ctx, c, v.app, v.args); err != nil {
		h.Logger.Error("ExternalIVR has no program", "channel", c.Name(), "program", v.app, "error", err)
		return ErrHangup
	}
	c.StopSource()
	v.list = playlist{house: h, c: c, wake: v.link.wake}
	defer v.link.close()
	defer v.list.stop()
	return v.run()
}

// ivrCommand parts name(arg,…).
func ivrCommand(text string) (name string, args []string) {
	name, rest, ok := strings.Cut(text, "(")
	if !ok {
		return text, nil
	}
	if end := strings.LastIndexByte(rest, ')'); end >= 0 {
		rest = rest[:end]
	}
	if rest == "" {
		return name, nil
	}
	return name, strings.Split(rest, ",")
}

// tell writes an event.
func (v *ivr) tell(letter byte, data ...string) {
	line := fmt.Sprintf("%c,%d", letter, time.Now().Unix())
	for _, d := range data {
		line += "," + d
	}
	v.link.say(line)
}

// run goes on until the program or the leg has had enough.
func (v *ivr) run() error {
	for {
		if v.flow.Err() != nil {
			if err := v.over(); err != nil {
				return err
			}
		}
		f, came := v.link.read(v.flow, v.c)
		if came && f.Kind == media.DTMFEnd {
			v.tell(f.Digit)
			if v.clear {
				v.flush()
			}
		}
		for more := true; more && !v.link.broken && v.flow.Err() == nil; { // a program may never pause
			select {
			case line, open := <-v.link.lines:
				if !open {
					v.house.Logger.Error("Child process went away", "channel", v.c.Name(), "program", v.app)
					return v.gone()
				}
				if done, err := v.obey(line); done {
					return err
				}
				v.advance()
			default:
				more = false
			}
		}
		if v.link.broken {
			v.house.Logger.Error("the program takes no more lines", "channel", v.c.Name(), "program", v.app)
			return v.gone()
		}
		v.advance()
	}
}

// over is called when the leg has hung up or is sent elsewhere. The program is told;
// with i it may go on, and says itself when it is done.
func (v *ivr) over() error {
	v.list.stop()
	cause := context.Cause(v.flow)
	switch {
	case v.told: // and the call itself ends
		return cause
	case v.ignore && v.c.HungUp():
		v.told = true
		v.tell('I', "HANGUP")
		v.flow, v.up = v.c.CallContext(), false
		return nil
	}
	v.tell('H')
	return cause
}

// gone is what ends the application without the program's word.
func (v *ivr) gone() error {
	if v.flow.Err() != nil {
		return context.Cause(v.flow)
	}
	return ErrHangup
}

// flush empties the list and says what was not heard.
func (v *ivr) flush() {
	v.list.stop()
	if v.list.now != "" {
		v.tell('T', v.list.now)
	}
	for _, name := range v.list.next {
		v.tell('D', name)
	}
	v.list.now, v.list.next = "", nil
}

// advance tells of a file that has been heard and begins the next one.
func (v *ivr) advance() {
	if name, done := v.list.heard(); done && !v.c.HungUp() { // which ends a file, too
		v.tell('F', name)
	}
	for v.list.now == "" && len(v.list.next) > 0 && v.up {
		name := v.list.next[0]
		v.list.next = v.list.next[1:]
		if err := v.list.start(v.flow, name); err != nil {
			v.house.Logger.Warn("the sound can't be played", "channel", v.c.Name(), "sound", name, "error", err)
			v.tell('Z', name)
		}
	}
}

// obey does what a line says, and tells whether that was the last one. What is
// shorter than a letter, a comma and a letter says nothing.
func (v *ivr) obey(line string) (done bool, err error) {
	line = strings.TrimSpace(line)
	if len(line) < 3 {
		return false, nil
	}
	log := v.house.Logger
	switch letter, data := line[0], line[2:]; letter {
	case 'S', 'A':
		v.play(letter, data)
	case 'I':
		v.flush()
	case 'D':
		v.digits(data)
	case 'P':
		v.tell('P', append([]string{v.app}, v.args...)...)
	case 'G':
		v.get(strings.Split(data, ","))
	case 'V':
		v.set(strings.Split(data, ","))
	case 'T':
		return v.answer()
	case 'O':
		switch strings.ToLower(data) {
		case "autoclear":
			v.clear = true
		case "noautoclear":
			v.clear = false
		default:
			log.Warn("Unknown option requested", "channel", v.c.Name(), "option", data)
		}
	case 'L':
		log.Info("Log message from EIVR: "+data, "channel", v.c.Name())
	case 'E', 'X':
		log.Info("Exiting: "+data, "channel", v.c.Name())
		if letter == 'E' {
			v.tell('E')
		}
		return true, nil
	case 'H':
		log.Info("Hanging up: "+data, "channel", v.c.Name())
		v.tell('H')
		return true, v.gone()
	}
	return false, nil
}

// play puts a file on the list, alone (S) or as its last one (A).
func (v *ivr) play(letter byte, name string) {
	language := v.c.Snapshot().Language
	switch {
	case !v.up:
		v.house.Logger.Warn("ExternalIVR plays nothing to a leg that is not answered", "channel", v.c.Name(), "sound", name)
		v.tell('Z')
		return
	case !v.house.Sounds.Exists(name, language):
		v.house.Logger.Warn("Unknown file requested", "channel", v.c.Name(), "sound", name)
		v.tell('Z', name)
		return
	case letter == 'S':
		v.flush()
	case len(v.list.next) >= longestPlaylist:
		if !v.full {
			v.house.Logger.Warn("the playlist of ExternalIVR is full", "channel", v.c.Name(), "sound", name)
		}
		v.full = true
		v.tell('D', name)
		return
	}
	v.list.next = append(v.list.next, name)
}

// answer answers the leg, if that has to be done yet.
func (v *ivr) answer() (done bool, err error) {
	if v.dead || v.up || v.flow.Err() != nil || v.told {
		return false, nil
	}
	if err := answer(v.flow, v.c); err != nil {
		return false, nil // that it has hung up is told in its turn
	}
	v.up = true
	return false, nil
}

// digits sends keys: digits[,between[,duration]], in milliseconds.
func (v *ivr) digits(data string) {
	args := strings.SplitN(data, ",", 3)
	between, duration := milliseconds(command.Arg(args, 1), defaultBetween), milliseconds(command.Arg(args, 2), 0)
	if duration <= 0 {
		duration = defaultDuration
	}
	err := during(v.flow, v.c, func(ctx context.Context) error { return sendDigits(ctx, v.c, args[0], between, duration) }, nil)
	if err != nil && v.flow.Err() == nil {
		v.house.Logger.Warn("keys were not sent", "channel", v.c.Name(), "error", err)
	}
}

// get answers with variables of the leg's own, or global ones; what is none is empty.
func (v *ivr) get(names []string) {
	for i, name := range names {
		value, ok := v.c.Variable(name)
		if !ok && name != "" && !strings.ContainsAny(name, "(){}$:") {
			value = v.house.Dialplan.Expand(v.flow, v.c, "${GLOBAL("+name+")}")
		}
		names[i] = name + "=" + value
	}
	v.tell('G', names...)
}

// set sets variables: name=value,…
func (v *ivr) set(pairs []string) {
	for _, pair := range pairs {
		name, value, ok := strings.Cut(pair, "=")
		if name = strings.TrimSpace(name); ok && name != "" && !strings.ContainsAny(name, "(){}$") {
			v.c.SetVariable(name, value)
		}
	}
}
