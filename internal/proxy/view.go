package proxy

import (
	"slices"
	"strconv"
	"strings"

	"github.com/octothorpe/octothorpe/ami"
	"github.com/octothorpe/octothorpe/internal/fanout"
)

// A view is what sessions see that want the same of events: they share a stream.
type view struct {
	key     string
	read    classes
	servers []string // all if empty
	filters ami.Filters
	chosen  ami.Filters // the session's own, by the action Filter
	json    bool
	stream  *fanout.Stream
	members int
	events  uint64 // that it has had; under the proxy's views
}

// wants tells whether a view has an event.
func (v *view) wants(server string, of classes, m ami.Message) bool {
	return v.read&of != 0 && (len(v.servers) == 0 || slices.Contains(v.servers, server)) &&
		(len(v.filters) == 0 || v.filters.Pass(m)) && (len(v.chosen) == 0 || v.chosen.Pass(m))
}

// look has a session see what it may and wants to, after a change of that.
func (p *Proxy) look(s *session, change func()) {
	p.viewing.Lock()
	defer p.viewing.Unlock()
	change()
	u := s.user.Load()
	if s.gone || u == nil {
		return
	}
	wanted := view{read: u.read & s.mask, servers: u.Servers, filters: u.filters, chosen: s.filters, json: s.json}
	var b strings.Builder
	b.WriteString(strconv.FormatUint(uint64(wanted.read), 16))
	for _, name := range u.Servers {
		b.WriteString("\n@" + name)
	}
	for _, f := range u.Filters {
		b.WriteString("\n-" + f.Criteria + "\n" + f.Pattern)
	}
	for _, f := range s.filterTexts {
		b.WriteString("\n+" + f.Criteria + "\n" + f.Pattern)
	}
	if s.json {
		b.WriteString("\n{}")
	}
	wanted.key = b.String()
	p.unlook(s)
	if wanted.read == 0 {
		s.sink.Follow(nil)
		return
	}
	v := p.views[wanted.key]
	if v == nil {
		v = &wanted
		v.stream = p.hub.NewStream()
		p.views[v.key] = v
	}
	v.members++
	s.view = v
	s.sink.Follow(v.stream)
}

// unlook takes a session from its view; viewing is held.
func (p *Proxy) unlook(s *session) {
	if s.view == nil {
		return
	}
	if s.view.members--; s.view.members == 0 {
		delete(p.views, s.view.key)
	}
	s.view = nil
}

// tell gives an event of a server to all who may and want to see it.
func (p *Proxy) tell(server string, m ami.Message) {
	of := classOf(m)
	var lines, object []byte
	p.viewing.Lock()
	defer p.viewing.Unlock()
	for _, v := range p.views {
		if !v.wants(server, of, m) {
			continue
		}
		b := &lines
		if v.json {
			b = &object
		}
		if *b == nil {
			told := m.With("Server", server)
			if v.json {
				*b = appendJSON(nil, told)
			} else {
				*b = told.Append(make([]byte, 0, 512))
			}
		}
		v.stream.Write(*b)
		v.events++
		p.figures.delivered.Add(uint64(v.members))
	}
}
