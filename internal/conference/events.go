package conference

import (
	"bytes"
	"encoding/json"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/event"
)

// Where a room has enable_events, users with send_events are told what happens in it by
// messages within their calls: the events of AMI, as JSON.

// messageType is what such a message is.
const messageType = "application/x-asterisk-confbridge-event+json"

// mostTold is how many messages may wait for one user. Further ones are dropped, which the
// log says.
const mostTold = 64

// told is a message.
type told struct {
	Type     string        `json:"type"`
	Time     string        `json:"timestamp"`
	Bridge   toldBridge    `json:"bridge"`
	Channels []toldChannel `json:"channels"`
}

type toldBridge struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Created string `json:"creationtime"`
	Video   string `json:"video_mode"`
}

type toldChannel struct {
	ID       string     `json:"id"`
	Name     string     `json:"name"`
	State    string     `json:"state"`
	Protocol string     `json:"protocol_id"`
	Caller   toldCaller `json:"caller"`
	Created  string     `json:"creationtime"`
	Language string     `json:"language"`
	Talking  string     `json:"talking_status,omitempty"`
	Admin    bool       `json:"admin"`
	Muted    *bool      `json:"muted,omitempty"`
}

type toldCaller struct {
	Name   string `json:"name"`
	Number string `json:"number"`
}

func stamp(t time.Time) string { return t.Local().Format("2006-01-02T15:04:05.000-0700") }

// message writes what happened to a user, or with nil to the room.
func (r *room) message(name string, u *user, fields []event.Variable) (string, error) {
	b := r.bridge.Snapshot()
	m := told{Type: name, Time: stamp(time.Now()), Channels: []toldChannel{},
		Bridge: toldBridge{ID: b.ID, Name: r.name, Created: stamp(b.Created), Video: b.VideoMode}}
	if u != nil {
		s := u.c.Snapshot()
		c := toldChannel{ID: s.UniqueID, Name: s.Name, State: s.State.String(), Protocol: s.Protocol, Created: stamp(s.Created), Language: s.Language,
			Caller: toldCaller{s.Caller.Name.Text, s.Caller.Number.Text}, Admin: u.profile.admin}
		for _, f := range fields {
			switch f.Name {
			case "TalkingStatus":
				c.Talking = f.Value
			case "Muted":
				muted := f.Value == yesNo(true)
				c.Muted = &muted
			}
		}
		m.Channels = append(m.Channels, c)
	}
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(m)
	return string(bytes.TrimRight(text.Bytes(), "\n")), err
}

// inform tells the users who want to know. Of itself no user is told: echo_events does nothing, on the
// reference neither.
func (r *room) inform(name string, u *user, fields []event.Variable) {
	if !r.profile.events {
		return
	}
	var text string
	for _, to := range r.list() {
		if to.told == nil || to == u {
			continue
		}
		if text == "" {
			var err error
			if text, err = r.message(name, u, fields); err != nil {
				r.house.Logger.Error("an event of a conference is not told", "conference", r.name, "event", name, "error", err)
				return
			}
		}
		select {
		case to.told <- text:
		default:
			r.house.Logger.Warn("an event of a conference is not told: too many wait", "channel", to.c.Name(), "conference", r.name, "event", name)
		}
	}
}

// listens has a user told of events until end, if it wants that and its leg can.
func (u *user) listens() (end func()) {
	leg, can := u.c.Leg().(channel.Messenger)
	if !u.profile.sendEvents || !u.room.profile.events || !can {
		return func() {}
	}
	u.told = make(chan string, mostTold)
	over, gone := make(chan struct{}), make(chan struct{})
	u.c.Registry().Go(u.c.Name(), func() { // ends with over
		defer close(gone)
		for {
			select {
			case text := <-u.told:
				if err := leg.SendMessage(channel.Text{Body: text, ContentType: messageType, FromName: u.room.name}); err != nil {
					u.room.house.Logger.Debug("an event of a conference is not told", "channel", u.c.Name(), "error", err)
				}
			case <-over:
				return
			}
		}
	})
	return func() { close(over); <-gone }
}
