package conference

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/event"
)

// Actions returns the manager actions. Snapshot writes a leg's fields as AMI has them.
func (h *House) Actions(snapshot func(*event.Channel) []command.Field) []command.Action {
	row := func(name, synopsis string, class command.Class, run func(context.Context, *command.ActionRequest) error) command.Action {
		return command.Action{Row: command.Row{Name: name, Module: "app_confbridge", Synopsis: synopsis}, Privilege: class, Run: run}
	}
	return []command.Action{
		row("ConfbridgeList", "List who is in a conference", command.Reporting, func(_ context.Context, q *command.ActionRequest) error { return h.actList(q, snapshot) }),
		row("ConfbridgeListRooms", "List the conferences", command.Reporting, h.actListRooms),
		row("ConfbridgeMute", "Keep the voice of somebody from a conference", command.Call, h.actMute(true)),
		row("ConfbridgeUnmute", "Let somebody speak in a conference", command.Call, h.actMute(false)),
		row("ConfbridgeKick", "Put somebody out of a conference", command.Call, h.actKick),
		row("ConfbridgeLock", "Let nobody else into a conference", command.Call, h.actLock(true)),
		row("ConfbridgeUnlock", "Let others into a conference again", command.Call, h.actLock(false)),
		row("ConfbridgeStartRecord", "Record a conference", command.System, h.actRecord),
		row("ConfbridgeStopRecord", "Record a conference no more", command.System, h.actStopRecord),
		row("ConfbridgeSetSingleVideoSrc", "Choose whose picture is seen in a conference", command.Call, h.actVideo),
	}
}

// room finds the conference of a request. A request that lacks a channel that it needs is refused before
// there is a look for it.
func (h *House) room(q *command.ActionRequest, needsChannel bool) (*room, error) {
	name := q.Get("Conference")
	switch {
	case name == "":
		return nil, command.Refusal("No Conference name provided.")
	case needsChannel && q.Get("Channel") == "":
		return nil, command.Refusal("No channel name provided.")
	}
	if r := h.find(name); r != nil {
		return r, nil
	}
	return nil, command.Refusal("No Conference by that name found.")
}

func (h *House) actList(q *command.ActionRequest, snapshot func(*event.Channel) []command.Field) error {
	r, err := h.room(q, false)
	if err != nil {
		return err
	}
	q.ListStart("Confbridge user list will follow")
	list := r.list()
	for _, u := range list {
		p := u.profile
		r.mu.Lock()
		waiting := u.waiting
		r.mu.Unlock()
		fields := []command.Field{{Key: "Conference", Value: r.name}, {Key: "Admin", Value: yesNo(p.admin)}, {Key: "MarkedUser", Value: yesNo(p.marked)},
			{Key: "WaitMarked", Value: yesNo(p.waitMarked)}, {Key: "EndMarked", Value: yesNo(p.endMarked)}, {Key: "EndMarkedAny", Value: yesNo(p.endMarkedAny)},
			{Key: "Waiting", Value: yesNo(waiting)}, {Key: "Muted", Value: yesNo(r.mutes(u))}, {Key: "Talking", Value: yesNo(u.voice.IsTalking())},
			{Key: "AnsweredTime", Value: strconv.Itoa(int(time.Since(u.c.Snapshot().Created) / time.Second))}}
		q.Event("ConfbridgeList", append(fields, snapshot(u.c.Snapshot())...)...)
	}
	q.ListEnd("ConfbridgeListComplete", len(list))
	return nil
}

func (h *House) actListRooms(_ context.Context, q *command.ActionRequest) error {
	rooms := h.all()
	if len(rooms) == 0 {
		return command.Refusal("No active conferences.")
	}
	q.ListStart("Confbridge conferences will follow")
	for _, r := range rooms {
		f := r.figures()
		q.Event("ConfbridgeListRooms", command.Field{Key: "Conference", Value: r.name}, command.Field{Key: "Parties", Value: strconv.Itoa(f.parties)},
			command.Field{Key: "Marked", Value: strconv.Itoa(f.marked)}, command.Field{Key: "Locked", Value: yesNo(f.locked)}, command.Field{Key: "Muted", Value: yesNo(f.muted)})
	}
	q.ListEnd("ConfbridgeListRoomsComplete", len(rooms))
	return nil
}

// figures is what a list of rooms tells of one.
type figures struct {
	parties, marked int
	locked, muted   bool
}

func (r *room) figures() figures {
	f := figures{locked: r.isLocked()}
	r.mu.Lock()
	defer r.mu.Unlock()
	active, waiting, marked := r.count()
	f.parties, f.marked, f.muted = active+waiting, marked, r.quiet
	return f
}

// pick are the users that are meant: all, participants (who are no administrators), or that of a
// channel, whose name may be cut short.
func (r *room) pick(name string) []*user {
	var list []*user
	for _, u := range r.list() {
		switch {
		case strings.EqualFold(name, "all"):
			list = append(list, u)
		case strings.EqualFold(name, "participants"):
			if !u.profile.admin {
				list = append(list, u)
			}
		case len(u.c.Name()) >= len(name) && strings.EqualFold(u.c.Name()[:len(name)], name):
			return []*user{u}
		}
	}
	return list
}

// everybody tells whether a name means all, or participants: then nobody is somebody, too.
func everybody(name string) bool {
	return strings.EqualFold(name, "all") || strings.EqualFold(name, "participants")
}

func (h *House) actMute(muted bool) func(context.Context, *command.ActionRequest) error {
	return func(_ context.Context, q *command.ActionRequest) error {
		r, err := h.room(q, true)
		if err != nil {
			return err
		}
		name := q.Get("Channel")
		list := r.pick(name)
		if len(list) == 0 && !everybody(name) {
			return command.Refusal("No Channel by that name found in Conference.")
		}
		for _, u := range list {
			r.mute(u, muted, muteHelper)
		}
		q.Reply("Success", map[bool]string{true: "User muted", false: "User unmuted"}[muted])
		return nil
	}
}

// muteHelper and lockHelper are where tests expect that somebody was muted, or a conference locked.
const (
	muteHelper = "generic_mute_unmute_user"
	lockHelper = "generic_lock_unlock_helper"
)

// lockByName is lock for who is not in the room.
func (r *room) lockByName(locked bool) {
	r.lock(locked)
	r.test("CONF_LOCK", "app_confbridge.c", lockHelper, event.Variable{Name: "Message", Value: "conference " + map[bool]string{true: "locked", false: "unlocked"}[locked]},
		event.Variable{Name: "Conference", Value: r.profile.name})
}

func (h *House) actKick(_ context.Context, q *command.ActionRequest) error {
	r, err := h.room(q, false)
	if err != nil {
		return err
	}
	name := q.Get("Channel")
	list := r.pick(name)
	if name == "" || len(list) == 0 && !everybody(name) {
		return command.Refusal("No Channel by that name found in Conference.")
	}
	for _, u := range list {
		u.expel("KICKED")
	}
	message := "User kicked"
	if strings.EqualFold(name, "all") {
		message = "All participants kicked"
	}
	q.Reply("Success", message)
	return nil
}

func (h *House) actLock(locked bool) func(context.Context, *command.ActionRequest) error {
	return func(_ context.Context, q *command.ActionRequest) error {
		r, err := h.room(q, false)
		if err != nil {
			return err
		}
		r.lockByName(locked)
		q.Reply("Success", map[bool]string{true: "Conference locked", false: "Conference unlocked"}[locked])
		return nil
	}
}

func (h *House) actRecord(_ context.Context, q *command.ActionRequest) error {
	r, err := h.room(q, false)
	if err != nil {
		return err
	}
	switch err := r.record(q.Get("RecordFile")); {
	case errors.Is(err, errRecording):
		return command.Refusal("Conference is already being recorded.")
	case err != nil:
		h.Logger.Warn("the conference is not recorded", "conference", r.name, "error", err)
		return command.Refusal("Internal error starting conference recording.")
	}
	q.Reply("Success", "Conference Recording Started.")
	return nil
}

func (h *House) actStopRecord(_ context.Context, q *command.ActionRequest) error {
	r, err := h.room(q, false)
	if err != nil {
		return err
	}
	if r.stopRecord() != nil {
		return command.Refusal("Internal error while stopping recording.")
	}
	q.Reply("Success", "Conference Recording Stopped.")
	return nil
}

func (h *House) actVideo(_ context.Context, q *command.ActionRequest) error {
	r, err := h.room(q, true)
	if err != nil {
		return err
	}
	list := r.pick(q.Get("Channel"))
	if len(list) != 1 {
		return command.Refusal("No channel by that name found in conference.")
	}
	r.see(list[0])
	q.Reply("Success", "Conference single video source set.")
	return nil
}
