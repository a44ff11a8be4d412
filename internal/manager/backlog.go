package manager

import (
	"bytes"
	"slices"
	"strings"

	"github.com/octothorpe/octothorpe/internal/command"
)

// A Pending is an event that some clients have not read.
type Pending struct {
	Text    string // its lines
	Class   command.Class
	Clients int
}

// Backlog returns the events that wait for clients, the oldest of each stream first.
func (s *Server) Backlog() []Pending {
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	var list []Pending
	for _, stream := range s.hub.streams {
		list = append(list, stream.pending()...)
	}
	return list
}

// pending returns what the session that is farthest behind has before it; the hub's lock
// is held.
func (s *stream) pending() []Pending {
	var places []place
	for _, c := range *s.members.Load() {
		c.out.mu.Lock()
		if c.out.place.stream == s {
			places = append(places, c.out.place)
		}
		c.out.mu.Unlock()
	}
	if len(places) == 0 {
		return nil
	}
	last := slices.MinFunc(places, func(a, b place) int { return int(int64(a.at) - int64(b.at)) })
	at := last.at
	pieces, _ := last.read(nil, 1<<30)
	var list []Pending
	for _, piece := range pieces { // which no event crosses
		for len(piece) > 0 {
			text, rest := s.first(piece)
			p := Pending{Text: string(text), Class: classOf(text)}
			for _, other := range places {
				if other.at <= at {
					p.Clients++
				}
			}
			list = append(list, p)
			at += uint64(len(piece) - len(rest))
			piece = rest
		}
	}
	return list
}

// first cuts off the first event.
func (s *stream) first(b []byte) (text, rest []byte) {
	end := []byte("\r\n\r\n")
	if s.form&formJSON != 0 {
		end = []byte("\n")
	}
	if i := bytes.Index(b, end); i >= 0 {
		return b[:i+len(end)], b[i+len(end):]
	}
	return b, nil
}

// classOf reads the class in an event's lines.
func classOf(text []byte) command.Class {
	_, after, _ := strings.Cut(string(text), "Privilege: ")
	list, _, _ := strings.Cut(after, "\r")
	class, _ := ParseClasses(strings.TrimSuffix(list, ",all"))
	return class
}
