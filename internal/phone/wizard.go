package phone

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/octothorpe/octothorpe/internal/config"
)

// WizardRegistrar is who made the hints of pjsip_wizard.conf.
const WizardRegistrar = "res_pjsip_config_wizard"

// A Hint is an extension that a wizard wants: the hint of its endpoint and, if
// there is one, the application at priority 1.
type Hint struct {
	Context, Exten    string
	Device            string
	Application, Data string
}

// A wizard is a section of pjsip_wizard.conf: one entry for a phone or a trunk, of
// which auth, endpoint, aor, identify and registration are made.
type wizard struct {
	*Loader
	section *config.Section
	tables  *pjsipTables
	model   *Model
	hosts   []string // remote_hosts
}

// wizardOptions are those that make or shape objects; all others begin with the
// name of an object and a slash.
var wizardOptions = map[string]bool{"type": true, "transport": true, "remote_hosts": true, "outbound_proxy": true, "sends_auth": true, "accepts_auth": true,
	"sends_registrations": true, "sends_line_with_registrations": true, "accepts_registrations": true, "has_phoneprov": true,
	"server_uri_pattern": true, "client_uri_pattern": true, "contact_pattern": true, "has_hint": true, "hint_context": true,
	"hint_exten": true, "hint_application": true}

// wizardObjects are the words before the slash.
var wizardObjects = []string{"endpoint", "aor", "inbound_auth", "outbound_auth", "identify", "registration", "phoneprov"}

// wizards makes the objects of pjsip_wizard.conf. What pjsip.conf has under the
// same name stays.
func (l *Loader) wizards(t *pjsipTables, m *Model) {
	for _, s := range plain(l.Wizards) {
		if kind, _ := s.Lookup("type"); !strings.EqualFold(kind, "wizard") {
			continue // the file may hold templates and notes of all sorts
		}
		w := &wizard{Loader: l, section: s, tables: t, model: m, hosts: splitList(s.Get("remote_hosts"))}
		w.spelling()
		w.auth("inbound_auth", "accepts_auth", "-iauth")
		w.auth("outbound_auth", "sends_auth", "-oauth")
		w.endpoint()
		w.aor()
		w.identify()
		w.registrations()
		w.provision()
		w.hint()
	}
}

func (w *wizard) yes(name string) bool { return w.section.Bool(name, false) }

func (w *wizard) refuse(format string, args ...any) {
	w.problem(heading(w.section), true, format, args...)
}

// spelling tells of options that nothing knows.
func (w *wizard) spelling() {
	for _, e := range w.section.Entries {
		name := strings.ToLower(e.Key)
		object, _, slashed := strings.Cut(name, "/")
		if wizardOptions[name] || slashed && slices.Contains(wizardObjects, object) || strings.HasPrefix(name, "@") {
			continue
		}
		misspelt(w.Loader, e, false, wizardOptions, "%q is no option of type=wizard", e.Key)
	}
}

// has reports whether the section says something about an object's option.
func (w *wizard) has(object, option string) bool {
	_, ok := w.section.Lookup(object + "/" + option)
	return ok
}

// object makes a section of the wizard's lines for an object and of those that it
// adds. Templates are no matter here: their lines stand in the section already.
func (w *wizard) object(prefix, kind, name string, added ...config.Entry) *config.Section {
	s := &config.Section{Name: name, File: w.section.File, Line: w.section.Line}
	for i := range added {
		added[i].File, added[i].Line = s.File, s.Line
	}
	s.Entries = added
	for _, e := range w.section.Entries {
		if object, option, ok := strings.Cut(e.Key, "/"); ok && strings.EqualFold(object, prefix) {
			e.Key = option
			s.Entries = append(s.Entries, e)
		}
	}
	s.Entries = append(s.Entries, config.Entry{Key: "type", Value: kind})
	return s
}

// make puts an object into the model unless pjsip.conf has it.
func (w *wizard) make(s *config.Section, exists bool) {
	if exists {
		return
	}
	kind := s.Get("type")
	w.pjsipSection(w.tables, w.model, s)
	if w.model.wizards == nil {
		w.model.wizards = map[string]string{}
	}
	w.model.wizards[kind+"/"+s.Name] = w.section.Name
	w.model.made = append(w.model.made, s)
}

func (w *wizard) auth(prefix, wanted, suffix string) {
	if !w.yes(wanted) {
		return
	}
	if w.section.Get(prefix+"/username") == "" {
		w.refuse("wizard %s must have %s/username for its %s", w.section.Name, prefix, wanted)
		return
	}
	name := w.section.Name + suffix
	w.make(w.object(prefix, "auth", name), w.model.Auths[name] != nil)
}

// optional is an entry if there is a value.
func optional(key, value string) []config.Entry {
	if value == "" {
		return nil
	}
	return []config.Entry{{Key: key, Value: value}}
}

// route are the transport and the proxy, which all objects share that send.
func (w *wizard) route() []config.Entry {
	return slices.Concat(optional("transport", w.section.Get("transport")), w.proxy())
}

func (w *wizard) proxy() []config.Entry {
	return optional("outbound_proxy", w.section.Get("outbound_proxy"))
}

func (w *wizard) endpoint() {
	name := w.section.Name
	lines := append(w.route(), config.Entry{Key: "aors", Value: name})
	if w.yes("accepts_auth") {
		lines = append(lines, config.Entry{Key: "auth", Value: name + "-iauth"})
	}
	if w.yes("sends_auth") {
		lines = append(lines, config.Entry{Key: "outbound_auth", Value: name + "-oauth"})
	}
	w.make(w.object("endpoint", "endpoint", name, lines...), w.model.Endpoints[name] != nil)
}

// pattern is a URI for one of the hosts.
func (w *wizard) pattern(option, usual, host, user string) string {
	text := cmp.Or(w.section.Get(option), usual)
	return strings.NewReplacer("${REMOTE_HOST}", host, "${USERNAME}", user).Replace(text)
}

func (w *wizard) aor() {
	name := w.section.Name
	lines := w.proxy()
	if !w.has("aor", "contact") {
		for _, host := range w.hosts {
			lines = append(lines, config.Entry{Key: "contact", Value: w.pattern("contact_pattern", "sip:${REMOTE_HOST}", host, "")})
		}
	}
	w.make(w.object("aor", "aor", name, lines...), w.model.AORs[name] != nil)
}

// identify knows a trunk by its hosts; phones that register are known by name.
func (w *wizard) identify() {
	if w.yes("accepts_registrations") {
		return
	}
	if len(w.hosts) == 0 && !w.has("identify", "match") {
		w.refuse("wizard %s must have remote_hosts if it accepts no registrations", w.section.Name)
		return
	}
	name := w.section.Name + "-identify"
	lines := []config.Entry{{Key: "endpoint", Value: w.section.Name}}
	if !w.has("identify", "match") {
		lines = append(lines, config.Entry{Key: "match", Value: strings.Join(w.hosts, ",")})
	}
	there := slices.ContainsFunc(w.model.Identifies, func(i *Identify) bool { return i.Name == name })
	w.make(w.object("identify", "identify", name, lines...), there)
}

func (w *wizard) registrations() {
	if !w.yes("sends_registrations") {
		return
	}
	if len(w.hosts) == 0 {
		w.refuse("wizard %s must have remote_hosts if it sends registrations", w.section.Name)
		return
	}
	user := w.section.Name
	if w.yes("sends_auth") {
		user = cmp.Or(w.section.Get("outbound_auth/username"), user)
	}
	for i, host := range w.hosts {
		name := w.section.Name + "-reg-" + strconv.Itoa(i)
		lines := append(w.route(), config.Entry{Key: "server_uri", Value: w.pattern("server_uri_pattern", "sip:${REMOTE_HOST}", host, user)},
			config.Entry{Key: "client_uri", Value: w.pattern("client_uri_pattern", "sip:${USERNAME}@${REMOTE_HOST}", host, user)})
		if w.yes("sends_auth") {
			lines = append(lines, config.Entry{Key: "outbound_auth", Value: w.section.Name + "-oauth"})
		}
		if w.yes("sends_line_with_registrations") {
			lines = append(lines, config.Entry{Key: "line", Value: "yes"}, config.Entry{Key: "endpoint", Value: w.section.Name})
		}
		w.make(w.object("registration", "registration", name, lines...), w.model.registration(name) != nil)
	}
}

func (w *wizard) provision() {
	if !w.yes("has_phoneprov") {
		return
	}
	for _, option := range []string{"MAC", "PROFILE"} {
		if !w.has("phoneprov", option) {
			w.refuse("wizard %s must have phoneprov/%s for its has_phoneprov", w.section.Name, option)
			return
		}
	}
	name := w.section.Name + "-phoneprov"
	w.make(w.object("phoneprov", "phoneprov", name, config.Entry{Key: "endpoint", Value: w.section.Name}), w.model.provided(name))
}

// hint notes where the endpoint is to have one; only with has_hint it gets it.
func (w *wizard) hint() {
	exten := w.section.Get("hint_exten")
	if exten == "" || w.model.Endpoints[w.section.Name] == nil {
		return
	}
	h := Hint{Context: cmp.Or(w.section.Get("hint_context"), w.section.Get("endpoint/context"), "default"), Exten: exten,
		Device: PJSIP + "/" + w.section.Name}
	if text := w.section.Get("hint_application"); text != "" {
		application, data, _ := strings.Cut(text, "(")
		h.Application, h.Data = strings.TrimSpace(application), strings.TrimSuffix(strings.TrimSpace(data), ")")
	}
	if w.model.hintOf == nil {
		w.model.hintOf = map[string]Hint{}
	}
	w.model.hintOf[w.section.Name] = h
	if w.yes("has_hint") {
		w.model.Hints = append(w.model.Hints, h)
	}
}

// madeBy puts the wizard's name among the options of an object that one made, as
// the tables show it.
func (m *Model) madeBy(kind, name string, lines []shown) []shown {
	by := m.wizards[kind+"/"+name]
	if by == "" {
		return lines
	}
	lines = append(lines, shown{"@pjsip_wizard", by})
	if h, ok := m.hintOf[by]; ok && kind == "endpoint" {
		lines = append(lines, shown{"@hint_context", h.Context}, shown{"@hint_exten", h.Exten})
	}
	slices.SortStableFunc(lines, func(a, b shown) int { return strings.Compare(a.name, b.name) })
	return lines
}
