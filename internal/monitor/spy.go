package monitor

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/media"
)

func (h *House) spies() []Application {
	return []Application{
		{Row: row("ChanSpy", "app_chanspy", "Listen to others, and speak to them", "ChanSpy([chanprefix[,options]])"), Run: h.chanSpy},
		{Row: row("ExtenSpy", "app_chanspy", "Listen to the legs of an extension, and speak to them", "ExtenSpy(exten[@context][,options])"), Run: h.extenSpy},
	}
}

// A mode is what a spy does besides listening.
type mode uint8

const (
	listens mode = iota
	whispers
	barges
)

// spying is one run of ChanSpy.
type spying struct {
	house   *House
	c       *channel.Channel
	flags   command.Flags
	wanted  func(*channel.Channel) bool
	prefix  string // of channels, for those whose number is keyed in
	groups  []string
	mode    mode
	volume  atomic.Int32 // -4 … 4
	next    byte
	exit    string // keys that end it
	file    *os.File
	chosen  string // the channel that was keyed in
	digits  string
	samples []int16
}

// The ends of listening to one leg.
var (
	errGone   = errors.New("the leg that was listened to has ended")
	errNext   = errors.New("another leg is wanted")
	errEnough = errors.New("nobody is listened to any more")
)

func (h *House) chanSpy(ctx context.Context, c *channel.Channel, data string) error {
	args := command.SplitArgs(data, 2)
	flags := command.ParseFlags(command.Arg(args, 1))
	prefix := strings.TrimSpace(command.Arg(args, 0))
	s := &spying{house: h, c: c, flags: flags, prefix: prefix}
	s.wanted = func(other *channel.Channel) bool {
		if flags.Has('u') {
			return other.UniqueID() == prefix
		}
		name := other.Name()
		return len(name) >= len(prefix) && strings.EqualFold(name[:len(prefix)], prefix)
	}
	return s.run(ctx)
}

func (h *House) extenSpy(ctx context.Context, c *channel.Channel, data string) error {
	args := command.SplitArgs(data, 2)
	exten, in, named := strings.Cut(strings.TrimSpace(command.Arg(args, 0)), "@")
	if exten == "" {
		h.Logger.Warn("ExtenSpy requires an argument (exten)", "channel", c.Name())
		return errNoFile
	}
	if !named || in == "" {
		in = c.Location().Context
	}
	s := &spying{house: h, c: c, flags: command.ParseFlags(command.Arg(args, 1))}
	s.wanted = func(other *channel.Channel) bool {
		l := other.Location()
		return l.Exten == exten && l.Context == in
	}
	return s.run(ctx)
}

// read reads the options.
func (s *spying) read() {
	f := s.flags
	switch {
	case f.Has('B'):
		s.mode = barges
	case f.Has('w'), f.Has('W'):
		s.mode = whispers
	}
	s.next = '*'
	if key := f['c']; key != "" {
		s.next = key[0]
	}
	s.exit = f['x']
	if n, err := strconv.Atoi(f['v']); err == nil && n >= -4 && n <= 4 {
		s.volume.Store(int32(n))
	}
	if group := f['g']; f.Has('g') {
		s.groups = strings.Split(group, ":")
	}
}

// run listens to one leg after the other until there is an end to it.
func (s *spying) run(ctx context.Context) error {
	h, c := s.house, s.c
	s.read()
	if c.State() != event.Up && !s.flags.Has('N') {
		if err := c.AnswerAndListen(ctx, 0); err != nil {
			return err
		}
	}
	if name, ok := s.flags['r']; ok {
		if err := s.tape(name); err != nil {
			h.Logger.Error("what is listened to is not recorded", "channel", c.Name(), "error", err)
		} else {
			defer func() { _ = s.file.Close() }()
		}
	}
	old := c.ReadFormat()
	c.SetReadFormat(media.SLin)
	defer c.SetReadFormat(old)
	for {
		if !s.flags.Has('q') {
			if _, err := h.Voice.Prompt(ctx, c, "beep", ""); err != nil && ctx.Err() != nil {
				return context.Cause(ctx)
			}
		}
		done, err := s.round(ctx)
		if done || err != nil {
			return err
		}
	}
}

// round listens to all legs that there are, and waits for one where there is none.
func (s *spying) round(ctx context.Context) (done bool, err error) {
	heard := false
	for _, target := range s.targets() {
		if !s.spiable(target) {
			continue
		}
		heard = true
		switch err := s.announce(ctx, target); {
		case errors.Is(err, errEnough):
			return true, nil
		case err != nil:
			return true, err
		}
		err := s.attend(ctx, target)
		switch {
		case ctx.Err() != nil:
			return true, context.Cause(ctx)
		case errors.Is(err, errEnough), errors.Is(err, errGone) && s.flags.Has('E'):
			return true, nil
		case errors.Is(err, errNext) && s.chosen != "":
			return false, nil // it is the first of the next round
		}
	}
	if heard {
		return false, nil
	}
	if s.flags.Has('S') {
		return true, nil
	}
	return s.wait(ctx)
}

// wait waits for a leg to listen to, or a key that ends it.
func (s *spying) wait(ctx context.Context) (done bool, err error) {
	for {
		within, cancel := context.WithTimeout(ctx, spyPause)
		ended := s.endKey(within)
		cancel()
		switch {
		case ctx.Err() != nil:
			return true, context.Cause(ctx)
		case ended:
			return true, nil
		case slices.ContainsFunc(s.targets(), s.spiable):
			return false, nil
		}
	}
}

// endKey reads what the spy says until ctx ends, and reports whether it pressed a key that ends it all.
func (s *spying) endKey(ctx context.Context) bool {
	for ctx.Err() == nil {
		if f, err := s.c.Read(ctx); err == nil && f.Kind == media.DTMFEnd && s.ends(f.Digit) {
			return true
		}
	}
	return false
}

// spyPause is how often it is looked for legs to listen to.
const spyPause = 250 * time.Millisecond

// targets are the legs that are meant, that which was keyed in first.
func (s *spying) targets() []*channel.Channel {
	var list []*channel.Channel
	for _, c := range s.house.Channels.All() {
		switch {
		case s.chosen != "" && strings.HasPrefix(c.Name(), s.chosen):
			list = append([]*channel.Channel{c}, list...)
		case s.wanted(c):
			list = append(list, c)
		}
	}
	s.chosen = ""
	return list
}

// spiable reports whether a leg may be listened to now.
func (s *spying) spiable(c *channel.Channel) bool {
	switch {
	case c == s.c || c.HungUp() || c.State() != event.Up || c.Snapshot().Internal:
		return false
	case s.flags.Has('b') && c.BridgeID() == "", !s.allowed(c):
		return false
	case s.groups == nil:
		return true
	}
	own, _ := c.Variable("SPYGROUP")
	for _, group := range strings.Split(own, ":") {
		if group != "" && slices.Contains(s.groups, group) {
			return true
		}
	}
	return false
}

// allowed reports whether e lets a leg be listened to: its list has the names of legs up
// to the dash.
func (s *spying) allowed(c *channel.Channel) bool {
	list, enforced := s.flags['e']
	if !enforced || list == "" {
		return true
	}
	device, _, _ := strings.Cut(c.Name(), "-")
	return slices.ContainsFunc(strings.Split(list, ":"), func(name string) bool { return strings.EqualFold(name, device) })
}

// announce says who is listened to.
func (s *spying) announce(ctx context.Context, target *channel.Channel) error {
	if s.flags.Has('q') {
		return nil
	}
	technology, number, _ := strings.Cut(target.Name(), "/")
	language := s.c.Snapshot().Language
	var sounds []string
	if name := "spy-" + strings.ToLower(technology); !s.flags.Has('s') && s.house.Voice.Has(name, language) {
		sounds = append(sounds, name)
	}
	if recorded := s.ownName(number); recorded != "" {
		sounds = append(sounds, recorded)
		number = ""
	}
	for _, digit := range number {
		if digit < '0' || digit > '9' {
			break
		}
		sounds = append(sounds, "digits/"+string(digit))
	}
	for _, sound := range sounds {
		key, err := s.house.Voice.Prompt(ctx, s.c, sound, s.exit+"*#")
		switch {
		case err != nil && ctx.Err() != nil:
			return context.Cause(ctx)
		case key != 0 && s.ends(key):
			return errEnough
		case key != 0:
			return nil
		}
	}
	return nil
}

// ownName is the recorded name of who is listened to, if n wants it said and there is one.
// Without a mailbox it is that of the leg's number.
func (s *spying) ownName(number string) string {
	of, wanted := s.flags['n']
	if !wanted || s.house.NameOf == nil {
		return ""
	}
	mailbox, context, _ := strings.Cut(of, "@")
	if mailbox == "" {
		mailbox, _, _ = strings.Cut(number, "-")
	}
	if context == "" {
		context = "default"
	}
	return s.house.NameOf(mailbox, context)
}

// ends reports whether a key ends it.
func (s *spying) ends(key byte) bool {
	if strings.IndexByte(s.exit, key) >= 0 {
		return true
	}
	if !s.flags.Has('X') {
		return false
	}
	in := s.c.Location().Context
	if own, _ := s.c.Variable("SPY_EXIT_CONTEXT"); own != "" {
		in = own
	}
	if !s.house.Dialplan.Exists(channel.Location{Context: in, Exten: string(rune(key)), Priority: 1}, s.c.Caller().Number.Text) {
		return false
	}
	return s.house.Dialplan.Goto(s.c, in+","+string(rune(key))+",1") == nil
}

// tape records what is listened to.
func (s *spying) tape(name string) error {
	if name == "" {
		name = "chanspy"
	}
	path := s.house.path(fmt.Sprintf("%s.%d.raw", name, time.Now().Unix()))
	f, err := os.Create(path) //nolint:gosec // the dialplan says where
	s.file = f
	return err
}
