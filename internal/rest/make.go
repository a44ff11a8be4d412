package rest

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/call"
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/media"
	"github.com/octothorpe/octothorpe/internal/rest/stasis"
)

// A making is a channel that a client wants made.
type making struct {
	endpoint, technology, number string
	app                          string
	args                         []string
	id, other                    string
	originator                   *channel.Channel
	formats                      []*media.Format
	variables                    []pair
	by                           stasis.Socket // on which it is asked for; nil over HTTP
}

// making reads what originate and create have in common. wrong says what is missing, in the
// reference's order.
func (r *request) making() (m making, wrong *answer) {
	refuse := func(status int, text string) (making, *answer) {
		a := refusal(status, text)
		return making{}, &a
	}
	m = making{endpoint: r.text("endpoint"), app: r.text("app"), id: r.path["channelId"], other: r.text("otherChannelId"), by: r.socket()}
	if m.id == "" {
		m.id = r.text("channelId")
	}
	if args := r.text("appArgs"); args != "" {
		m.args = strings.Split(args, ",")
	}
	originator, formats := r.text("originator"), r.list("formats")
	if len(formats) > 0 && originator != "" {
		return refuse(http.StatusBadRequest, "Originator and formats can't both be specified")
	}
	if m.endpoint == "" {
		return refuse(http.StatusBadRequest, "Endpoint must be specified")
	}
	var ok bool
	if m.technology, m.number, ok = call.SplitDevice(m.endpoint); !ok {
		return refuse(http.StatusBadRequest, "Invalid endpoint specified")
	}
	if originator != "" {
		if m.originator = r.server.Hub.House.Channels.Find(originator); m.originator == nil {
			return refuse(http.StatusBadRequest, "Provided originator channel was not found")
		}
	}
	for _, name := range formats {
		f, ok := media.FormatByName(name)
		if !ok {
			return refuse(http.StatusBadRequest, "Provided format ("+name+") was not found")
		}
		m.formats = append(m.formats, f)
	}
	if m.variables, wrong = r.pairs(false); wrong != nil {
		return making{}, wrong
	}
	for _, id := range []string{m.id, m.other} {
		if id != "" && r.server.Hub.House.Channels.Find(id) != nil {
			return refuse(http.StatusConflict, "Channel with given unique ID already exists")
		}
	}
	return m, nil
}

// assign sets a variable of a new leg, or writes to a function.
func (s *Server) assign(c *channel.Channel, name, value string) {
	if err := s.Hub.Dialplan.Assign(s.Hub.Dialplan.Outside(c.Context()), c, name, value); err != nil {
		s.Logger.Warn("a variable can't be set", "channel", c.Name(), "variable", name, "error", err)
	}
}

func originate(s *Server, r *request) answer {
	m, wrong := r.making()
	if wrong != nil {
		return *wrong
	}
	o := call.Origination{Device: m.endpoint, Timeout: 30 * time.Second, Variables: plain(m.variables), Assign: s.assign, Formats: m.formats,
		UniqueID: m.id, OtherID: m.other}
	if m.originator != nil {
		o.LinkedID = m.originator.LinkedID()
	}
	if n := r.number("timeout", 30); n > 0 {
		o.Timeout = time.Duration(n) * time.Second
	} else if n < 0 {
		o.Timeout = 0
	}
	if id := r.text("callerId"); id != "" {
		o.Caller = event.ParseParty(id)
	}
	switch {
	case m.app != "":
		o.Application, o.Data = "Stasis", strings.Join(append([]string{m.app}, m.args...), ",")
	case r.text("extension") != "":
		to, wrong := r.place(channel.Location{Context: "default", Exten: "s", Priority: 1})
		if wrong != nil {
			return *wrong
		}
		o.To = to
	default:
		return refusal(http.StatusBadRequest, "Application or extension must be specified")
	}
	c, err := s.call(m, o, (*channel.Channel).Snapshot)
	if err != nil {
		s.Logger.Debug("a call of a client was not made", "endpoint", m.endpoint, "error", err)
		return internal
	}
	r.about = c
	return said(stasis.AppendChannel(nil, c))
}

// call makes a call, and waits until its leg exists; look tells how it is then.
func (s *Server) call(m making, o call.Origination, look func(*channel.Channel) *event.Channel) (*event.Channel, error) {
	made := make(chan *event.Channel, 1)
	failed := make(chan error, 1)
	s.Hub.House.Channels.Go("a call that a client of ARI wants", func() {
		_, err := s.Hub.House.Calls.Originate(s.life, o, func(c *channel.Channel) {
			s.follow(m, c)
			snapshot := look(c)
			report(c, m.variables)
			made <- snapshot
		})
		failed <- err
	})
	select {
	case c := <-made:
		return c, nil
	case err := <-failed:
		select {
		case c := <-made: // both at once
			return c, nil
		default:
		}
		return nil, err
	}
}

// plain are variables as those who make calls take them.
func plain(list []pair) []event.Variable {
	var all []event.Variable
	for _, v := range list {
		all = append(all, event.Variable{Name: v.name, Value: v.value})
	}
	return all
}

// report says which of the variables of a new leg it shows. They were not shown while they
// were set.
func report(c *channel.Channel, list []pair) {
	for _, v := range list {
		if v.reported {
			c.Report(v.name, true)
		}
	}
}

// follow has the application hear of the channels that it has made.
func (s *Server) follow(m making, c *channel.Channel) {
	if m.app == "" {
		return
	}
	s.Hub.FollowMade(m.app, c, m.by)
	if half, ok := strings.CutSuffix(c.Name(), ";1"); ok {
		if other := s.Hub.House.Channels.Find(half + ";2"); other != nil {
			s.Hub.FollowMade(m.app, other, m.by)
		}
	}
}

func create(s *Server, r *request) answer {
	m, wrong := r.making()
	if wrong != nil {
		return *wrong
	}
	q := channel.Request{Destination: m.number, Formats: m.formats, UniqueID: m.id, OtherUniqueID: m.other, Requestor: m.originator}
	c, err := s.Hub.House.Channels.Request(r.Context(), m.technology, q)
	if err != nil {
		var refused *channel.RequestError
		if !errors.As(err, &refused) {
			s.Logger.Debug("a channel was not made", "endpoint", m.endpoint, "error", err)
		}
		return internal
	}
	stasis.NoteDialString(c, m.number)
	s.Hub.FollowMade(m.app, c, m.by)
	for _, v := range m.variables {
		s.assign(c, v.name, v.value)
	}
	snapshot := c.Snapshot()
	report(c, m.variables)
	r.about = snapshot
	s.Hub.Made(c, m.app, m.args)
	return said(stasis.AppendChannel(nil, snapshot))
}

func problem(status int, format string, args ...any) answer {
	return refusal(status, fmt.Sprintf(format, args...))
}
