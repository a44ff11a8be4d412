package phone

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/facts"
	"github.com/octothorpe/octothorpe/internal/facts/compatibility"
)

// A Loader reads the configuration of a face.
type Loader struct {
	// NamedACL finds rules of acl.conf. nil knows none.
	NamedACL func(name string) (Rules, bool)
	// Version is what the exchange calls itself to the other side, where no
	// user_agent is configured.
	Version string
	// More has sections beside those of the file: objects that a program has made. Of the types
	// in Elsewhere those of the file do not count.
	More      *config.File
	Elsewhere map[string]bool
	// System is the exchange's name, which is the realm of sip.conf if that has none.
	System string
	// Wizards is pjsip_wizard.conf; nil is without one.
	Wizards *config.File
	// Loaded reports whether a module of [Abilities] is loaded; nil is all of them.
	Loaded func(module string) bool
	// Before is the model that the new one replaces, if there is one.
	Before *Model

	problems  []config.Diagnostic
	warned    map[string]bool
	peers     map[string]sipDraft     // of sip.conf so far, by lower-case name
	callbacks map[string]config.Entry // what callbackextension asks for, by peer
}

func (l *Loader) problem(e config.Entry, isError bool, format string, args ...any) {
	severity := config.Warning
	if isError {
		severity = config.Error
	}
	l.problems = append(l.problems, config.Diagnostic{Severity: severity, File: e.File, Line: e.Line, Problem: fmt.Sprintf(format, args...)})
}

// misspelt tells of an option that nobody knows, with the known one that may be meant.
func misspelt[T any](l *Loader, e config.Entry, isError bool, names map[string]T, format string, args ...any) {
	l.problem(e, isError, format, args...)
	l.problems[len(l.problems)-1].Hint = config.Suggest(e.Key, maps.Keys(names))
}

// once warns of an option the first time that it occurs, and says why it has no effect.
func (l *Loader) once(e config.Entry, kind, why string) {
	if l.warned == nil {
		l.warned = map[string]bool{}
	}
	key := kind + "/" + e.Key
	if l.warned[key] {
		return
	}
	l.warned[key] = true
	l.problem(e, false, "%s has no effect: %s", e.Key, why)
}

// heading is a section's own place, for problems that belong to no entry.
func heading(s *config.Section) config.Entry { return config.Entry{File: s.File, Line: s.Line} }

// fill applies a section's entries. It reports false if one of them was wrong,
// which makes the reference leave the whole object out.
func fill[T any](l *Loader, t *optionTable[T], v *T, s *config.Section, kind string, special func(config.Entry) bool) bool {
	good := true
	for _, e := range s.Entries {
		name := strings.ToLower(e.Key)
		if name == "type" || strings.HasPrefix(name, "@") || special != nil && special(e) {
			continue
		}
		o := t.byName[name]
		if o == nil {
			misspelt(l, e, true, t.byName, "%q is no option of type=%s: %s is left out", e.Key, kind, s.Name)
			good = false
			continue
		}
		err := o.set(v, e.Value)
		if l.remarked(e, err) {
			err = nil
		}
		if err != nil {
			l.problem(e, true, "%s: %v: %s %s is left out", e.Key, err, kind, s.Name)
			good = false
			continue
		}
		if why := pjsipPointless(kind, name); why != "" && e.Value != o.fallback {
			l.once(e, kind, why)
		}
	}
	return good
}

// remarked reports whether an error is only a remark, and tells it.
func (l *Loader) remarked(e config.Entry, err error) bool {
	var r remark
	if !errors.As(err, &r) {
		return false
	}
	l.problem(e, false, "%s: %v", e.Key, err)
	return true
}

// named applies acl= and its like: names of acl.conf, with commas. Rules that do
// not exist let nobody in, as in the reference.
func (l *Loader) named(e config.Entry, have Rules) Rules {
	have = slices.Clone(have)
	for _, name := range splitList(e.Value) {
		if l.NamedACL != nil {
			if r, ok := l.NamedACL(name); ok {
				for _, rule := range r {
					rule.List = name
					have = append(have, rule)
				}
				continue
			}
		}
		l.problem(e, true, "acl.conf has no %q: nobody passes", name)
		have = append(have, denyAll...)
	}
	return have
}

// Options lists the options of pjsip.conf and sip.conf with what becomes of them.
func Options() []compatibility.Option {
	t := newPJSIPTables()
	list := slices.Concat(honoured("endpoint", t.endpoint), honoured("aor", t.aor), honoured("auth", t.auth), honoured("identify", t.identify),
		honoured("transport", t.transport), honoured("registration", t.registration), honoured("acl", t.acl), honoured("global", t.global),
		honoured("system", t.system), honoured("resource_list", t.list), honoured("outbound-publish", t.publish),
		honoured("inbound-publication", t.inbound), honoured("asterisk-publication", t.publication))
	list = append(list, compatibility.Option{File: "pjsip.conf", Object: "domain_alias", Name: "domain", Honoured: true},
		compatibility.Option{File: "pjsip.conf", Object: "domain_alias", Name: "type", Honoured: true})
	for _, o := range slices.Concat(facts.Options("pjsip.conf", "phoneprov"), facts.Options("pjsip_wizard.conf", "")) {
		list = append(list, compatibility.Option{File: o.File, Object: o.Object, Name: o.Name, Honoured: true})
	}
	for _, o := range facts.Options("pjsip.conf", "") {
		if why := pjsipKept[o.Object]; why != "" {
			list = append(list, compatibility.Option{File: o.File, Object: o.Object, Name: o.Name, Idle: why})
		}
	}
	common, peers, general := newOptionTable(sipCommon()...), newOptionTable(sipPeer()...), newOptionTable(sipGeneralOptions()...)
	special := append([]string{"type", "acl", "contactacl", "directmediaacl", "register", "mwi"}, sipWithout...)
	for _, o := range facts.Options("sip.conf", "") {
		own := choose(o.Object == "general", general, peers)
		list = append(list, compatibility.Option{File: o.File, Object: o.Object, Name: o.Name,
			Honoured: own.byName[o.Name] != nil || common.byName[o.Name] != nil || slices.Contains(special, o.Name)})
		if l := &list[len(list)-1]; !l.Honoured {
			l.Idle = sipPointless(o.Object, o.Name)
		}
	}
	return list
}

func honoured[T any](object string, t *optionTable[T]) []compatibility.Option {
	list := []compatibility.Option{{File: "pjsip.conf", Object: object, Name: "type", Honoured: true}}
	for _, o := range t.list {
		list = append(list, compatibility.Option{File: "pjsip.conf", Object: object, Name: o.name, Idle: pjsipPointless(object, o.name)})
		l := &list[len(list)-1]
		l.Honoured = l.Idle == ""
	}
	return list
}

// isSIPURI reports whether a text is one that we can send to.
func isSIPURI(s string) bool {
	s = strings.ToLower(strings.Trim(s, "<>"))
	for _, scheme := range [...]string{"sip:", "sips:"} {
		if rest, ok := strings.CutPrefix(s, scheme); ok && rest != "" && !strings.ContainsAny(rest, " \t") {
			return true
		}
	}
	return false
}

// plain returns the sections that are not templates.
func plain(file *config.File) []*config.Section {
	return slices.DeleteFunc(slices.Clone(file.Sections()), func(s *config.Section) bool { return s.Template })
}
