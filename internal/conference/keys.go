package conference

import (
	"context"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/bridge"
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/event"
)

// keyWait is how long after a key of a longer sequence the next may come.
const keyWait = time.Second

// volumeMost is how many steps a volume can be from what it is by itself.
const volumeMost = 10

// features are the user's menu as the bridge wants it; nil is none.
func (u *user) features() *bridge.Features {
	if u.menu == nil || len(u.menu.entries) == 0 {
		return nil
	}
	f := &bridge.Features{Wait: keyWait}
	for _, e := range u.menu.entries {
		f.List = append(f.List, bridge.Feature{Code: e.keys, Run: func(ctx context.Context, _ *bridge.Bridge, _ *channel.Channel) {
			u.aside(ctx, func(ctx context.Context) { u.do(ctx, e) })
		}})
	}
	return f
}

// do does what an entry of the menu says, one action after the other.
func (u *user) do(ctx context.Context, e menuEntry) {
	for _, a := range e.actions {
		if ctx.Err() != nil {
			return
		}
		u.act(ctx, e.keys, a)
	}
}

// act does one action. It is the owner's.
func (u *user) act(ctx context.Context, keys string, a menuAction) {
	r, v := u.room, u.voice
	switch a.name {
	case "toggle_mute":
		u.toggleMute(ctx)
	case "increase_listening_volume":
		step(&v.Listening, 1)
	case "decrease_listening_volume":
		step(&v.Listening, -1)
	case "reset_listening_volume":
		v.Listening.Store(0)
	case "increase_talking_volume":
		step(&v.Talking, 1)
	case "decrease_talking_volume":
		step(&v.Talking, -1)
	case "reset_talking_volume":
		v.Talking.Store(0)
	case "playback":
		u.hearAll(ctx, a.args, "")
		r.test("CONF_MENU_PLAYBACK", "app_confbridge.c", "execute_menu_entry",
			event.Variable{Name: "Message", Value: a.args}, event.Variable{Name: "Channel", Value: u.c.Name()})
	case "playback_and_continue":
		u.playOn(ctx, keys, a.args)
	case "dialplan_exec":
		place := strings.ReplaceAll(a.args, " ", "")
		if err := r.house.Dialplan.Aside(ctx, u.c, place); err != nil {
			r.house.Logger.Debug("the dialplan of a menu has come to its end", "channel", u.c.Name(), "place", place, "reason", err)
		}
	case "leave_conference":
		r.test("CONF_MENU_LEAVE", "app_confbridge.c", "execute_menu_entry", event.Variable{Name: "Channel", Value: u.c.Name()})
		u.expel("DTMF")
	case "participant_count":
		r.mu.Lock()
		n := len(r.users)
		r.mu.Unlock()
		if n <= 1 {
			u.hear(ctx, r.profile.sound("only_person"))
		} else {
			u.hear(ctx, r.numbers(n-1, u.c.Snapshot().Language)...)
		}
	case "set_as_single_video_src":
		r.see(u)
	case "release_as_single_video_src":
		if r.seen() == u.c.UniqueID() {
			r.see(nil)
		}
	case "admin_toggle_conference_lock", "admin_kick_last", "admin_toggle_mute_participants":
		u.govern(ctx, a.name)
	}
}

// step changes a volume. One time louder, or quieter, is no change: it begins with two.
func step(to interface {
	Load() int32
	Store(int32)
}, by int32) {
	n := to.Load() + by
	if n == 1 || n == -1 {
		if n += by; to.Load() == 2 || to.Load() == -2 {
			n = 0
		}
	}
	to.Store(max(-volumeMost, min(volumeMost, n)))
}

// hear plays prompts to the user; a key among keys ends it, and is returned.
func (u *user) hear(ctx context.Context, sounds ...string) { _ = u.hearUntil(ctx, "", sounds...) }

func (u *user) hearUntil(ctx context.Context, keys string, sounds ...string) byte {
	for _, sound := range sounds {
		if sound == "" {
			continue
		}
		key, err := u.room.house.Voice.Prompt(ctx, u.c, sound, keys)
		if key != 0 || err != nil && ctx.Err() != nil {
			return key
		}
	}
	return 0
}

// hearAll plays prompts that & joins.
func (u *user) hearAll(ctx context.Context, files, keys string) byte {
	return u.hearUntil(ctx, keys, strings.Split(files, "&")...)
}

// playOn plays prompts during which a key is one of the menu.
func (u *user) playOn(ctx context.Context, keys, files string) {
	key := u.hearAll(ctx, files, "0123456789*#ABCD")
	if key == 0 {
		return
	}
	for _, wanted := range []string{keys + string(rune(key)), string(rune(key))} {
		for _, e := range u.menu.entries {
			if e.keys == wanted {
				u.do(ctx, e)
				return
			}
		}
	}
	u.hear(ctx, u.room.profile.sound("error_menu"))
}

// toggleMute mutes the user, or lets it speak again.
func (u *user) toggleMute(ctx context.Context) {
	r := u.room
	r.mu.Lock()
	now := !u.muted
	r.mu.Unlock()
	r.mute(u, now, "action_toggle_mute")
	sound := "unmuted"
	if now {
		sound = "muted"
	}
	u.hear(ctx, r.profile.sound(sound))
}

// govern is for administrators.
func (u *user) govern(ctx context.Context, action string) {
	r := u.room
	if !u.profile.admin {
		u.hear(ctx, r.profile.sound("error_menu"))
		r.house.Logger.Warn("Only admin users can use the "+action+" menu action.", "channel", u.c.Name(), "conference", r.name)
		return
	}
	switch action {
	case "admin_toggle_conference_lock":
		sound := "unlocked_now"
		if r.lock(!r.isLocked()) {
			sound = "locked_now"
		}
		u.hear(ctx, r.profile.sound(sound))
	case "admin_kick_last":
		list := r.list()
		if len(list) == 0 {
			return
		}
		last := list[len(list)-1]
		if last == u || last.profile.admin {
			u.hear(ctx, r.profile.sound("error_menu"))
			return
		}
		last.expel("KICKED")
	case "admin_toggle_mute_participants":
		r.mu.Lock()
		r.quiet = !r.quiet
		quiet := r.quiet
		r.mu.Unlock()
		for _, other := range r.list() {
			if !other.profile.admin {
				r.update(other)
			}
		}
		r.settle()
		sound := "participants_unmuted"
		if quiet {
			sound = "participants_muted"
		}
		r.test("CONF_MUTE_PARTICIPANTS", "app_confbridge.c", "action_toggle_mute_participants", event.Variable{Name: "Message", Value: "participants " + strings.TrimPrefix(sound, "participants_")},
			event.Variable{Name: "Conference", Value: r.profile.name}, event.Variable{Name: "Channel", Value: u.c.Name()})
		r.voice.say(r.profile.sound(sound))
	}
}

// mute keeps a user's voice from the others, or lets it be heard, and tells it.
func (r *room) mute(u *user, muted bool, function string) {
	r.mu.Lock()
	u.muted = muted
	r.mu.Unlock()
	r.update(u)
	r.settle()
	word := "unmuted"
	if muted {
		word = "muted"
	}
	r.test("CONF_MUTE", "app_confbridge.c", function, event.Variable{Name: "Message", Value: "participant " + u.c.Name() + " " + word},
		event.Variable{Name: "Conference", Value: r.profile.name}, event.Variable{Name: "Channel", Value: u.c.Name()})
	if muted {
		r.tell("ConfbridgeMute", u)
	} else {
		r.tell("ConfbridgeUnmute", u)
	}
}

// lock closes the room for all but administrators, or opens it, and returns which.
func (r *room) lock(locked bool) bool {
	r.house.mu.Lock()
	defer r.house.mu.Unlock()
	r.locked = locked
	return locked
}

func (r *room) isLocked() bool {
	r.house.mu.Lock()
	defer r.house.mu.Unlock()
	return r.locked
}
