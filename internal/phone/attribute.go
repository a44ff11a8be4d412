package phone

import "slices"

// An Attribute is an option of an object, as programs are shown it.
type Attribute struct{ Name, Value string }

// Object returns all options of an object of a type of pjsip.conf; ok is false where there
// is none.
func (d *Driver) Object(kind, name string) (list []Attribute, ok bool) {
	m := d.Model()
	var lines []shown
	switch kind {
	case "endpoint":
		if e := m.Endpoints[name]; e != nil {
			lines = shownEndpoint(e)
		}
	case "aor":
		if a := m.AORs[name]; a != nil {
			lines = aorTable().shown(a)
		}
	case "auth":
		if a := m.Auths[name]; a != nil {
			lines = authOptions().shown(a)
		}
	case "transport":
		if t := m.Transport(name); t != nil {
			lines = transportOptions().shown(t)
		}
	case "registration":
		if r := m.registration(name); r != nil {
			lines = registrationOptions().shown(r)
		}
	case "identify":
		if i := slices.IndexFunc(m.Identifies, func(i *Identify) bool { return i.Name == name }); i >= 0 {
			lines = shownIdentify(m.Identifies[i])
		}
	}
	for _, l := range lines {
		list = append(list, Attribute{l.name, l.value})
	}
	return list, len(lines) > 0
}
