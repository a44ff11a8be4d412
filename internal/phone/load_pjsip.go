package phone

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/octothorpe/octothorpe/internal/config"
)

// pjsipTables are the options of every type of section.
type pjsipTables struct {
	endpoint     *optionTable[Endpoint]
	aor          *optionTable[AOR]
	auth         *optionTable[Auth]
	identify     *optionTable[Identify]
	transport    *optionTable[Transport]
	registration *optionTable[Registration]
	acl          *optionTable[ACL]
	global       *optionTable[Global]
	system       *optionTable[System]
	list         *optionTable[ResourceList]
	publish      *optionTable[OutboundPublish]
	inbound      *optionTable[InboundPublication]
	publication  *optionTable[AsteriskPublication]
}

func newPJSIPTables() *pjsipTables {
	return &pjsipTables{endpointOptions(), aorOptions(), authOptions(), identifyOptions(), transportOptions(),
		registrationOptions(), aclOptions(), globalOptions(), systemOptions(), resourceListOptions(),
		outboundPublishOptions(), inboundPublicationOptions(), asteriskPublicationOptions()}
}

// pjsipKept are the types of what is kept apart from pjsip.conf, which Asterisk does not read
// from there either, each with why.
var pjsipKept = map[string]string{
	"contact":                  aboutRegistrations + "; the option contact of an AOR says where a phone always is",
	"subscription_persistence": "it is what the exchange itself keeps of a subscription",
}

// LoadPJSIP reads the sections of pjsip.conf. Sections with errors are left out;
// the model is usable whatever the problems are.
func (l *Loader) LoadPJSIP(file *config.File) (*Model, []config.Diagnostic) {
	l.problems, l.warned = nil, nil
	t := newPJSIPTables()
	m := newModel(PJSIP)
	m.Global, m.System = t.global.fresh, t.system.fresh
	m.Global.UserAgent = l.Version
	sections := l.sections(file)
	refused := l.doubled(sections)
	for _, s := range sections {
		if kind, _ := s.Lookup("type"); !refused[strings.ToLower(kind)] {
			l.pjsipSection(t, m, s)
		}
	}
	m.keep(l.Before, refused)
	l.wizards(t, m)
	if m.can = abilitiesOf(l.Loaded); m.can.lacks(moduleElsewhere) {
		m.Registrations = nil
	}
	for _, e := range m.Endpoints {
		e.refersAloud, e.can = !m.Global.NoReferSub, m.can
	}
	l.check(m, file)
	m.index()
	return m, l.problems
}

// sections are those of the file that count, and those beside it.
func (l *Loader) sections(file *config.File) []*config.Section {
	sections := plain(file)
	if len(l.Elsewhere) > 0 {
		sections = slices.DeleteFunc(sections, func(s *config.Section) bool {
			kind, _ := s.Lookup("type")
			return l.Elsewhere[strings.ToLower(kind)]
		})
	}
	if l.More == nil {
		return sections
	}
	return append(slices.Clip(sections), plain(l.More)...)
}

func newModel(technology string) *Model {
	return &Model{Technology: technology, Endpoints: map[string]*Endpoint{}, AORs: map[string]*AOR{},
		Auths: map[string]*Auth{}, Aliases: map[string]string{}, Lists: map[string]*ResourceList{},
		Publishes: map[string]*OutboundPublish{}, Inbounds: map[string]*InboundPublication{}, Publications: map[string]*AsteriskPublication{}}
}

func (l *Loader) pjsipSection(t *pjsipTables, m *Model, s *config.Section) {
	kind, typed := s.Lookup("type")
	if name := strings.ToLower(s.Name); !typed && (name == "global" || name == "system") {
		kind, typed = name, true // there is one of each, so its name is enough
	}
	if !typed {
		l.problem(heading(s), false, "section %s has no type and is ignored", s.Name)
		return
	}
	switch kind = strings.ToLower(kind); kind {
	case "endpoint":
		l.pjsipEndpoint(t, m, s)
	case "aor":
		v := t.aor.fresh
		v.Name = s.Name
		if fill(l, t.aor, &v, s, kind, nil) {
			m.AORs[s.Name] = &v
		}
	case "auth":
		v := t.auth.fresh
		v.Name = s.Name
		if fill(l, t.auth, &v, s, kind, nil) && l.completeAuth(&v, s) {
			m.Auths[s.Name] = &v
		}
	case "identify":
		v := t.identify.fresh
		v.Name = s.Name
		if fill(l, t.identify, &v, s, kind, nil) {
			m.Identifies = append(m.Identifies, &v)
		}
	case "transport":
		v := t.transport.fresh
		v.Name = s.Name
		if fill(l, t.transport, &v, s, kind, nil) && l.completeTransport(&v, s) {
			m.Transports = append(m.Transports, &v)
		}
	case "registration":
		v := t.registration.fresh
		v.Name = s.Name
		if fill(l, t.registration, &v, s, kind, nil) && l.completeRegistration(&v, s) {
			m.Registrations = append(m.Registrations, &v)
		}
	default:
		l.pjsipOther(t, m, s, kind)
	}
}

func (l *Loader) pjsipOther(t *pjsipTables, m *Model, s *config.Section, kind string) {
	switch kind {
	case "acl":
		v := t.acl.fresh
		v.Name = s.Name
		special := func(e config.Entry) bool {
			switch strings.ToLower(e.Key) {
			case "acl":
				v.Rules = l.named(e, v.Rules)
			case "contact_acl":
				v.Contact = l.named(e, v.Contact)
			default:
				return false
			}
			return true
		}
		if fill(l, t.acl, &v, s, kind, special) {
			m.ACLs = append(m.ACLs, &v)
		}
	case "resource_list":
		v := t.list.fresh
		v.Name = s.Name
		if fill(l, t.list, &v, s, kind, nil) && l.completeList(&v, s) {
			m.Lists[s.Name] = &v
		}
	case "global":
		v := m.Global
		if fill(l, t.global, &v, s, kind, nil) {
			m.Global = v
		}
	case "system":
		v := m.System
		if fill(l, t.system, &v, s, kind, nil) {
			m.System = v
		}
	case "phoneprov":
		l.provision(m, s)
	case "domain_alias":
		for _, e := range s.Entries {
			if strings.EqualFold(e.Key, "domain") {
				m.Aliases[strings.ToLower(s.Name)] = e.Value
			}
		}
	default:
		if l.publication(t, m, s, kind) {
			return
		}
		if why := pjsipKept[kind]; why != "" {
			l.once(config.Entry{Key: "type=" + kind, File: s.File, Line: s.Line}, "section", why)
			return
		}
		l.problem(heading(s), false, "section %s has the unknown type %q and is ignored", s.Name, kind)
	}
}

func (l *Loader) pjsipEndpoint(t *pjsipTables, m *Model, s *config.Section) {
	v := t.endpoint.fresh
	v.Name, v.Technology = s.Name, PJSIP
	special := func(e config.Entry) bool {
		switch strings.ToLower(e.Key) {
		case "acl":
			v.ACL = l.named(e, v.ACL)
		case "contact_acl":
			v.ContactACL = l.named(e, v.ContactACL)
		default:
			return false
		}
		return true
	}
	if !fill(l, t.endpoint, &v, s, "endpoint", special) {
		return
	}
	v.applyWebRTC()
	m.Endpoints[s.Name] = &v
}

func (l *Loader) completeAuth(v *Auth, s *config.Section) bool {
	switch {
	case v.Type == "google_oauth":
		l.problem(heading(s), false, "auth_type google_oauth of auth %s has no effect: %s", s.Name, aboutGoogle)
	case v.Type == "md5" && v.MD5 == "" && len(v.Digests) == 0:
		l.problem(heading(s), true, "auth %s has auth_type=md5 but no md5_cred: it is left out", s.Name)
		return false
	case v.Type == "md5" && v.MD5 != "" && len(v.MD5) != 32:
		l.problem(heading(s), true, "md5_cred of auth %s is not 32 hexadecimal digits long: it is left out", s.Name)
		return false
	}
	return true
}

func (l *Loader) completeTransport(v *Transport, s *config.Section) bool {
	switch {
	case v.Protocol == "ws" || v.Protocol == "wss":
		// They are served at http.conf's address; bind= is what tables show and Contact says.
		if !v.Bind.IsValid() {
			v.Bind = netip.AddrPortFrom(netip.IPv4Unspecified(), 0)
		}
		return true
	case v.Protocol == "flow":
		l.problem(heading(s), false, "protocol=flow of transport %s is known, but not honoured yet", s.Name)
		return true
	case !v.Bind.IsValid():
		l.problem(heading(s), true, "transport %s has no bind: it is left out", s.Name)
		return false
	case v.Protocol == "tls" && v.CertFile == "":
		l.problem(heading(s), false, "transport %s is TLS but has no cert_file: nobody can connect to it", s.Name)
	case v.Protocol == "tls":
		return l.certificates(v, s, pjsipCertificates)
	}
	return true
}

func (l *Loader) completeList(v *ResourceList, s *config.Section) bool {
	if v.Event == "" || len(v.Items) == 0 {
		l.problem(heading(s), true, "resource_list %s needs an event and items: it is left out", s.Name)
		return false
	}
	return true
}

func (l *Loader) completeRegistration(v *Registration, s *config.Section) bool {
	v.Where = fmt.Sprintf("%s:%d", s.File, s.Line)
	for name, uri := range map[string]string{"server_uri": v.ServerURI, "client_uri": v.ClientURI} {
		if !isSIPURI(uri) {
			l.problem(heading(s), true, "registration %s has no proper %s: it is left out", s.Name, name)
			return false
		}
	}
	return true
}

// check warns of names that nothing bears.
func (l *Loader) check(m *Model, file *config.File) {
	for _, s := range plain(file) {
		for _, e := range s.Entries {
			var missing func(name string) bool
			switch strings.ToLower(e.Key) {
			case "aors":
				missing = func(name string) bool { return m.AORs[name] == nil }
			case "auth", "outbound_auth":
				missing = func(name string) bool { return m.Auths[name] == nil }
			case "transport":
				missing = func(name string) bool { return m.Transport(name) == nil }
			case "endpoint":
				missing = func(name string) bool { return m.Endpoints[name] == nil }
			default:
				continue
			}
			for _, name := range splitList(e.Value) {
				if missing(name) {
					l.problem(e, false, "%s names %q, which is not defined", e.Key, name)
				}
			}
		}
	}
}

// index sorts what the tables list by name and builds what finds endpoints by address.
func (m *Model) index() {
	for name := range m.Endpoints {
		m.order = append(m.order, name)
	}
	slices.Sort(m.order)
	slices.SortFunc(m.Identifies, func(a, b *Identify) int { return strings.Compare(a.Name, b.Name) })
	slices.SortFunc(m.Registrations, func(a, b *Registration) int { return strings.Compare(a.Name, b.Name) })
	m.indexAORs()
	m.indexMailboxes()
	m.lines = map[string]*Endpoint{}
	for _, r := range m.Registrations {
		if e := m.Endpoints[r.Endpoint]; r.Line && e != nil {
			m.lines[lineOf(r)] = e
		}
	}
	m.identifiers = identifiers(m.Global.IdentifierOrder)
	for _, i := range m.Identifies {
		for _, p := range i.Matches {
			m.match.add(p, i)
		}
	}
}
