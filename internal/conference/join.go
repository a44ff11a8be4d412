package conference

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/bridge"
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/event"
)

// An Application is a row of this package's table.
type Application = command.Application[*channel.Channel]

// Applications returns the dialplan applications.
func (h *House) Applications() []Application {
	return []Application{
		{Row: command.Row{Name: "ConfBridge", Module: "app_confbridge", Synopsis: "Take part in a conference",
			Syntax: "ConfBridge(conference[,bridge_profile[,user_profile[,menu]]])"}, Run: h.confBridge},
		{Row: command.Row{Name: "ConfKick", Module: "app_confbridge", Synopsis: "Put somebody out of a conference",
			Syntax: "ConfKick(conference[,channel])"}, Run: h.confKick},
		{Row: command.Row{Name: "MeetMe", Module: "app_meetme", Synopsis: "Take part in a conference of ConfBridge",
			Syntax: "MeetMe(conference[,options[,pin]])", Partial: "it is ConfBridge: options other than 1 a A c d D F i I l m M q T w x; rooms.conf, admin and user PINs of it"}, Run: h.meetMe},
	}
}

// confKick puts a leg, participants or all out of a conference.
func (h *House) confKick(_ context.Context, c *channel.Channel, data string) error {
	args := command.SplitArgs(data, 2)
	status, name := "FAILURE", command.Arg(args, 1)
	if name == "" {
		name = "all"
	}
	if r := h.find(command.Arg(args, 0)); r == nil {
		h.Logger.Warn("No conference bridge named '"+command.Arg(args, 0)+"' found!", "channel", c.Name())
	} else if list := r.pick(name); len(list) > 0 {
		status = "SUCCESS"
		for _, u := range list {
			u.expel("KICKED")
		}
	}
	c.SetVariable("CONFKICKSTATUS", status)
	return nil
}

var (
	errRefused  = errors.New("there is no place in the conference")
	errExpelled = errors.New("out of the conference")
)

// pinTries is how often a PIN is asked for.
const pinTries = 3

// pinMost is the longest PIN.
const pinMost = 79

func (h *House) confBridge(ctx context.Context, c *channel.Channel, data string) error {
	args := command.SplitArgs(data, 4)
	if strings.TrimSpace(command.Arg(args, 0)) == "" {
		h.Logger.Warn("ConfBridge requires an argument (conference name[,options])", "channel", c.Name())
		return h.refuse(c)
	}
	w, err := h.profiles(c, command.Arg(args, 1), command.Arg(args, 2), command.Arg(args, 3))
	if err != nil {
		h.Logger.Warn("Conference "+err.Error(), "channel", c.Name())
		return h.refuse(c)
	}
	return h.take(ctx, c, args[0], w)
}

// refuse says that there was no conference for the leg, which ends.
func (h *House) refuse(c *channel.Channel) error {
	c.SetVariable("CONFBRIDGE_RESULT", "FAILED")
	return errRefused
}

// take has a leg take part in a conference.
func (h *House) take(ctx context.Context, c *channel.Channel, name string, w wanted) error {
	if w.user.answer && c.State() != event.Up {
		if err := c.AnswerAndListen(ctx, 0); err != nil {
			return err
		}
	}
	if w.user.pin != "" {
		ok, err := h.pin(ctx, c, w)
		if err != nil {
			c.SetVariable("CONFBRIDGE_RESULT", "FAILED")
			return err
		}
		if !ok {
			return h.refuse(c)
		}
	}
	u := &user{c: c, profile: w.user, menu: w.menu, number: h.entries.Add(1), came: time.Now(), voice: &bridge.Voice{Threshold: w.user.talking,
		Pause: w.user.pause(), DropSilence: w.user.dropSilence, Passthrough: w.user.passthrough, NoTexts: !w.user.text}}
	u.held, _ = c.Value(heldKey{}).(bool)
	if err := h.name(ctx, u, name); err != nil {
		c.SetVariable("CONFBRIDGE_RESULT", "FAILED")
		return err
	}
	if u.named != "" {
		defer func() { _ = os.Remove(u.named + ".sln") }()
	}
	r, err := h.enter(name, w.bridge, w.user.admin)
	if err != nil {
		h.Logger.Error("there is no conference", "conference", name, "error", err)
		return h.refuse(c)
	}
	if r == nil {
		_, err := h.Voice.Prompt(ctx, c, w.bridge.sound("locked"), "")
		if err != nil && ctx.Err() != nil {
			c.SetVariable("CONFBRIDGE_RESULT", "FAILED")
			return err
		}
		return h.refuse(c)
	}
	return u.attend(ctx, r)
}

// pin asks for the PIN.
func (h *House) pin(ctx context.Context, c *channel.Channel, w wanted) (bool, error) {
	for range pinTries {
		got, err := h.Voice.Digits(ctx, c, w.bridge.sound("get_pin"), pinMost)
		if err != nil {
			return false, err
		}
		if got == w.user.pin {
			return true, nil
		}
		if _, err := h.Voice.Prompt(ctx, c, w.bridge.sound("invalid_pin"), ""); err != nil && ctx.Err() != nil {
			return false, err
		}
	}
	return false, nil
}

// name has the user say its name, if it is announced.
func (h *House) name(ctx context.Context, u *user, conference string) error {
	p := u.profile
	if !p.announceJoinLeave && !p.review || p.quiet {
		return nil
	}
	dir := filepath.Join(h.Spool, "confbridge")
	if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // as the reference has it
		h.Logger.Warn("names can't be recorded", "error", err)
		return nil
	}
	u.named = filepath.Join(dir, fmt.Sprintf("confbridge-name-%s-%s", strings.ReplaceAll(conference, "/", "-"), u.c.UniqueID()))
	for {
		err := h.Voice.RecordName(ctx, u.c, u.named)
		if err != nil && ctx.Err() != nil {
			return err
		}
		if !p.review || err != nil {
			return nil
		}
		key := byte(0)
		for key == 0 { // 1 accepts, 2 hears it, 3 says it anew
			if key, err = h.Voice.Prompt(ctx, u.c, "vm-review", "123"); err != nil && ctx.Err() != nil {
				return err
			} else if err != nil {
				return nil //nolint:nilerr // there is no such prompt: then the name is as it is
			}
			if key == 0 {
				key = '1'
			}
			if key == '2' {
				if _, err = h.Voice.Prompt(ctx, u.c, u.named, ""); err != nil && ctx.Err() != nil {
					return err
				}
				key = 0
			}
		}
		if key == '1' {
			return nil
		}
	}
}

// attend is the user's time in the room, on the goroutine that owns its leg.
func (u *user) attend(outer context.Context, r *room) error {
	u.room = r
	ctx, cancel := context.WithCancelCause(outer)
	defer cancel(nil)
	u.expel = func(result string) {
		r.mu.Lock()
		first := !u.leaving
		u.leaving = true
		if first {
			u.result = result
		}
		r.mu.Unlock()
		if first {
			u.c.SetVariable("CONFBRIDGE_RESULT", result)
			cancel(errExpelled)
		}
	}
	if u.profile.talkEvents {
		u.voice.Talk = u.talks
	}
	defer u.smooth()()
	defer u.listens()()
	if u.profile.denoise && r.house.Denoise != nil {
		r.house.Denoise(u.c, true)
		defer r.house.Denoise(u.c, false)
	}
	r.add(u)
	if u.profile.timeout > 0 {
		timer := time.AfterFunc(time.Duration(u.profile.timeout)*time.Second, func() { u.expel("TIMEOUT") })
		defer timer.Stop()
	}
	err := u.greet(ctx)
	if err == nil || ctx.Err() == nil {
		err = u.sit(ctx)
	}
	r.mu.Lock()
	u.leaving, u.inside = true, false
	result := u.result
	r.mu.Unlock()
	if result == "" {
		u.c.SetVariable("CONFBRIDGE_RESULT", "HANGUP")
	}
	if result == "KICKED" && !u.profile.quiet && outer.Err() == nil {
		_, _ = r.house.Voice.Prompt(outer, u.c, r.profile.sound("kicked"), "") // outer is looked at below
	}
	r.remove(u)
	u.farewell(result)
	r.house.leave(r)
	if outer.Err() != nil {
		return context.Cause(outer)
	}
	if errors.Is(err, bridge.ErrOver) || errors.Is(err, bridge.ErrKicked) || result != "" {
		return nil
	}
	return err
}

// greet plays to the user what it is told before it is in the bridge.
func (u *user) greet(ctx context.Context) error {
	r, p := u.room, u.profile
	var sounds []string
	r.mu.Lock()
	active, waiting, _ := r.count()
	waits := u.waiting
	r.mu.Unlock()
	others := active + waiting - 1
	language := u.c.Snapshot().Language
	switch {
	case p.quiet:
	case waits:
		sounds = append(sounds, r.profile.sound("wait_for_leader"))
	case others == 0 && p.announceOnly:
		sounds = append(sounds, r.profile.sound("only_person"))
	}
	if p.announceCount && others > 0 && !waits {
		sounds = append(sounds, r.numbers(others, language)...)
	}
	if p.announcement != "" {
		sounds = append(sounds, p.announcement)
	}
	for _, sound := range sounds {
		if _, err := r.house.Voice.Prompt(ctx, u.c, sound, ""); err != nil && ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
	if p.countAll && others > 0 && others+1 > p.countAllAbove {
		r.voice.say(r.numbers(others, r.profile.language)...)
	}
	if !p.quiet && !p.hearOwnJoin {
		u.heralded()
	}
	return nil
}

// heralded has all hear that the user comes.
func (u *user) heralded() {
	var sounds []string
	if u.named != "" {
		sounds = append(sounds, u.named, u.room.profile.sound("has_joined"))
	}
	u.room.voice.say(append(sounds, u.room.profile.sound("join"))...)
}

// numbers say how many others there are.
func (r *room) numbers(others int, language string) []string {
	if others == 1 {
		return []string{r.profile.sound("only_one")}
	}
	list := []string{r.profile.sound("there_are")}
	list = append(list, r.house.Voice.NumberPrompts(others, language)...)
	return append(list, r.profile.sound("other_in_party"))
}

// sit keeps the user in the bridge.
func (u *user) sit(ctx context.Context) error {
	r := u.room
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	stay, err := r.bridge.Enter(u.c, bridge.JoinOptions{Voice: u.voice, Features: u.features(), Hear: r.overtaken,
		Leaving: func() { r.tell("ConfbridgeLeave", u) }})
	if err != nil {
		return err
	}
	r.mu.Lock()
	u.inside = true
	r.mu.Unlock()
	r.tell("ConfbridgeJoin", u, event.Variable{Name: "Muted", Value: yesNo(u.profile.startMuted)})
	r.follow()
	r.settle()
	if !u.profile.quiet && u.profile.hearOwnJoin {
		u.heralded()
	}
	return stay(ctx)
}

// farewell has the others hear that the user has left.
func (u *user) farewell(string) {
	r := u.room
	r.mu.Lock()
	rest := len(r.users)
	r.mu.Unlock()
	if u.profile.quiet || rest == 0 {
		return
	}
	var sounds []string
	heard := make(chan struct{})
	if u.named != "" {
		sounds = append(sounds, u.named, r.profile.sound("has_left"))
	}
	r.voice.sayThen(func() { close(heard) }, append(sounds, r.profile.sound("leave"))...)
	if u.named == "" {
		return
	}
	select { // the recording of the name lives until then
	case <-heard:
	case <-r.bridge.Over():
	}
}

// play has the user hear a sound, by its owner, if it is in the bridge; else soon.
func (u *user) play(sounds ...string) {
	u.ask(func(ctx context.Context) {
		for _, sound := range sounds {
			if _, err := u.room.house.Voice.Prompt(ctx, u.c, sound, ""); err != nil && ctx.Err() != nil {
				return
			}
		}
	})
}

// ask has the user's owner do something while the user is aside.
func (u *user) ask(do func(ctx context.Context)) bool {
	return u.room.bridge.Do(u.c, bridge.Feature{Name: bridge.Unasked, Run: func(ctx context.Context, _ *bridge.Bridge, _ *channel.Channel) { u.aside(ctx, do) }})
}

// aside does something for a user that hears no music meanwhile.
func (u *user) aside(ctx context.Context, do func(ctx context.Context)) {
	u.occupy(true)
	do(ctx)
	u.occupy(false)
}

func (u *user) occupy(busy bool) {
	u.room.mu.Lock()
	u.busy = busy
	u.room.mu.Unlock()
	u.room.settle()
}

// talks is told by the bridge that the user begins or ceases to talk.
func (u *user) talks(now bool) {
	u.room.tell("ConfbridgeTalking", u, event.Variable{Name: "TalkingStatus", Value: map[bool]string{true: "on", false: "off"}[now]})
}
