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

// longestID is how long the unique ID of a channel may be, in bytes.
const longestID = 149

// Why no channel is made.
var (
	missingEndpoint = refusal(http.StatusBadRequest, "Endpoint must be specified")
	badEndpoint     = refusal(http.StatusBadRequest, "Invalid endpoint specified")
	bothFormats     = refusal(http.StatusBadRequest, "Originator and formats can't both be specified")
	nowhere         = refusal(http.StatusBadRequest, "Application or extension must be specified")
	longID          = problem(http.StatusBadRequest, "Uniqueid length exceeds maximum of %d", longestID)
	sameID          = refusal(http.StatusConflict, "Channel with given unique ID already exists")
)

// making reads what originate and create have in common, as far as it is right by itself.
func (r *request) making() (m making, wrong *answer) {
	m = making{endpoint: r.text("endpoint"), app: r.text("app"), id: r.path["channelId"], other: r.text("otherChannelId"), by: r.socket()}
	if m.id == "" {
		m.id = r.text("channelId")
	}
	if args := r.text("appArgs"); args != "" {
		m.args = strings.Split(args, ",")
	}
	m.variables, wrong = r.pairs(false)
	return m, wrong
}

// idTooLong reports whether an ID is longer than any.
func (m *making) idTooLong() bool { return max(len(m.id), len(m.other)) > longestID }

// device splits the endpoint of what is to be made.
func (m *making) device() *answer {
	var ok bool
	if m.technology, m.number, ok = call.SplitDevice(m.endpoint); !ok {
		return &badEndpoint
	}
	return nil
}

// contradicts reports whether a request says twice which formats a channel has.
func (r *request) contradicts() bool {
	return len(r.list("formats")) > 0 && r.text("originator") != ""
}

// complete finds the formats of what is to be made, and sees to it that its IDs are free.
func (r *request) complete(m *making) *answer {
	for _, name := range r.list("formats") {
		f, ok := media.FormatByName(name)
		if !ok {
			wrong := refusal(http.StatusBadRequest, "Provided format ("+name+") was not found")
			return &wrong
		}
		m.formats = append(m.formats, f)
	}
	for _, id := range []string{m.id, m.other} {
		if id != "" && r.server.Hub.House.Channels.Find(id) != nil {
			return &sameID
		}
	}
	return nil
}

// call reads what a client wants called. wrong says what is missing, in the reference's order.
func (r *request) call() (m making, o call.Origination, wrong *answer) {
	if m, wrong = r.making(); wrong != nil {
		return m, o, wrong
	}
	switch {
	case m.idTooLong():
		return m, o, &longID
	case m.endpoint == "":
		return m, o, &missingEndpoint
	case r.contradicts():
		return m, o, &bothFormats
	}
	if wrong = m.device(); wrong != nil {
		return m, o, wrong
	}
	switch {
	case m.app != "":
		o.Application, o.Data = "Stasis", strings.Join(append([]string{m.app}, m.args...), ",")
	case r.text("extension") != "":
		if o.To, wrong = r.place(channel.Location{Context: "default", Exten: "s", Priority: 1}); wrong != nil {
			return m, o, wrong
		}
	default:
		return m, o, &nowhere
	}
	if originator := r.text("originator"); originator != "" {
		if m.originator = r.server.Hub.House.Channels.Find(originator); m.originator == nil {
			unknown := refusal(http.StatusBadRequest, "Provided originator channel was not found")
			return m, o, &unknown
		}
		o.LinkedID = m.originator.LinkedID()
	}
	wrong = r.complete(&m)
	o.Device, o.Variables, o.Formats, o.UniqueID, o.OtherID = m.endpoint, plain(m.variables), m.formats, m.id, m.other
	return m, o, wrong
}

// assign sets a variable of a new leg, or writes to a function.
func (s *Server) assign(c *channel.Channel, name, value string) {
	if err := s.Hub.Dialplan.Assign(s.Hub.Dialplan.Outside(c.Context()), c, name, value); err != nil {
		s.Logger.Warn("a variable can't be set", "channel", c.Name(), "variable", name, "error", err)
	}
}

func originate(s *Server, r *request) answer {
	m, o, wrong := r.call()
	if wrong != nil {
		return *wrong
	}
	o.Timeout, o.Assign = 30*time.Second, s.assign
	if n := r.number("timeout", 30); n > 0 {
		o.Timeout = time.Duration(n) * time.Second
	} else if n < 0 {
		o.Timeout = 0
	}
	if id := r.text("callerId"); id != "" {
		o.Caller = event.ParseParty(id)
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
			s.Hub.FollowHalf(m.app, other, c)
		}
	}
}

// creation reads what a client wants created. An originator that is not there is none, as on the reference.
func (r *request) creation() (m making, wrong *answer) {
	if m, wrong = r.making(); wrong != nil {
		return m, wrong
	}
	switch {
	case r.contradicts():
		return m, &bothFormats
	case m.endpoint == "":
		return m, &missingEndpoint
	case m.idTooLong(): // the reference cuts it short
		return m, &longID
	}
	if wrong = m.device(); wrong != nil {
		return m, wrong
	}
	if originator := r.text("originator"); originator != "" {
		m.originator = r.server.Hub.House.Channels.Find(originator)
	}
	return m, r.complete(&m)
}

func create(s *Server, r *request) answer {
	m, wrong := r.creation()
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
