package phone

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/octothorpe/octothorpe/internal/config"
)

// A Provision is a line of a phone that takes its configuration from the exchange:
// pjsip.conf's type=phoneprov.
type Provision struct {
	Name, MAC, Profile string
	Endpoint           string            // "" is none
	Variables          map[string]string // for the templates of its profile
}

// provision reads a section: options of all names are variables of templates.
func (l *Loader) provision(m *Model, s *config.Section) {
	p := &Provision{Name: s.Name, Variables: map[string]string{}}
	for _, e := range s.Entries {
		switch {
		case strings.EqualFold(e.Key, "type") || strings.HasPrefix(e.Key, "@"):
			continue
		case strings.EqualFold(e.Key, "endpoint"):
			p.Endpoint = e.Value
			continue
		case strings.EqualFold(e.Key, "MAC"):
			p.MAC = e.Value
		case strings.EqualFold(e.Key, "PROFILE"):
			p.Profile = e.Value
		}
		p.Variables[e.Key] = e.Value
	}
	for name, value := range map[string]string{"MAC": p.MAC, "PROFILE": p.Profile} {
		if value == "" {
			l.problem(heading(s), true, "phoneprov %s has no %s: it is left out", s.Name, name)
			return
		}
	}
	m.provisions = append(m.provisions, p)
}

// provided is how many lines of phones there are.
func (m *Model) provided(name string) bool {
	return slices.ContainsFunc(m.provisions, func(p *Provision) bool { return p.Name == name })
}

// Provisions returns the lines of phones that take their configuration from the
// exchange, in the order of the files, with what their endpoints, transports and auths add to the variables.
func (m *Model) Provisions() []Provision {
	all := make([]Provision, 0, len(m.provisions))
	for _, p := range m.provisions {
		one := *p
		one.Variables = map[string]string{"USERNAME": p.Name, "LABEL": p.Name}
		e := m.Endpoints[p.Endpoint]
		if e == nil && p.Endpoint != "" {
			continue // check has told
		}
		if e != nil {
			m.describeTo(one.Variables, e)
		}
		maps.Copy(one.Variables, p.Variables)
		all = append(all, one)
	}
	return all
}

// describeTo sets the variables that tell a phone who it is.
func (m *Model) describeTo(variables map[string]string, e *Endpoint) {
	variables["ENDPOINT_ID"] = e.Name
	if e.CallerID.Name.Valid {
		variables["DISPLAY_NAME"] = e.CallerID.Name.Text
	}
	if e.CallerID.Number.Valid {
		variables["CALLERID"] = e.CallerID.Number.Text
	}
	if t := m.Transport(e.Transport); t != nil {
		variables["TRANSPORT_ID"], variables["SERVER_PORT"] = t.Name, strconv.Itoa(int(t.Bind.Port()))
	}
	if len(e.Auths) > 0 && m.Auths[e.Auths[0]] != nil {
		a := m.Auths[e.Auths[0]]
		variables["AUTH_ID"], variables["USERNAME"], variables["SECRET"] = a.Name, a.Username, a.Password
	}
}
