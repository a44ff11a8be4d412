package phone

import (
	"maps"
	"strings"

	"github.com/octothorpe/octothorpe/internal/config"
)

// doubled returns the types of which pjsip.conf has two objects of one name. Which
// of them is meant nobody knows, so that the reference takes none of the type.
func (l *Loader) doubled(sections []*config.Section) map[string]bool {
	type identity struct{ kind, name string }
	first := map[identity]*config.Section{}
	refused := map[string]bool{}
	for _, s := range sections {
		kind, _ := s.Lookup("type")
		kind = strings.ToLower(kind)
		switch kind {
		case "endpoint", "aor", "auth", "identify", "registration", "transport":
		default:
			continue
		}
		id := identity{kind, s.Name}
		if before := first[id]; before != nil {
			refused[kind] = true
			l.problem(heading(s), true, "there is a second %s named %s, the first is at %s:%d: no %s is taken from this file",
				kind, s.Name, before.File, before.Line, kind)
			continue
		}
		first[id] = s
	}
	return refused
}

// keep takes the objects of refused types from the model before, so that a mistake
// at a reload does not take the phones away.
func (m *Model) keep(before *Model, refused map[string]bool) {
	if before == nil {
		return
	}
	for kind := range refused {
		switch kind {
		case "endpoint":
			maps.Copy(m.Endpoints, before.Endpoints)
		case "aor":
			maps.Copy(m.AORs, before.AORs)
		case "auth":
			maps.Copy(m.Auths, before.Auths)
		case "identify":
			m.Identifies = before.Identifies
		case "registration":
			m.Registrations = before.Registrations
		case "transport":
			m.Transports = before.Transports
		}
	}
}
