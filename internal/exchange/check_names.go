package exchange

import (
	"maps"
	"path/filepath"
	"strings"

	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/dialplan"
	"github.com/octothorpe/octothorpe/internal/parking"
	"github.com/octothorpe/octothorpe/internal/phone"
)

// A nameKind is what sections or lines of one file define and a dialplan names.
type nameKind struct {
	what, file string
	family     string                                       // of realtime, in which there may be more of them
	names      func(f *config.File) (all []string, ok bool) // not ok: there are others that can't be known
}

var (
	queueNames = &nameKind{"queue", queueFile, "queues", sectionNames}
	agentNames = &nameKind{"agent", agentFile, "", sectionNames}
	findNames  = &nameKind{"section", followFile, "followme", sectionNames}
	musicNames = &nameKind{"class", "musiconhold.conf", "musiconhold", musicSections}
	boxNames   = &nameKind{"mailbox", voicemailFile, "voicemail", mailboxNames}
	lotNames   = &nameKind{"parking lot", parking.File, "", lotSections}
	roomNames  = &nameKind{"bridge profile", conferenceFile, "", sectionsOf("bridge", "default_bridge")}
	userNames  = &nameKind{"user profile", conferenceFile, "", sectionsOf("user", "default_user")}
	menuNames  = &nameKind{"menu", conferenceFile, "", sectionsOf("menu", "default_menu")}
	phoneNames = &nameKind{"endpoint", faces[0].file, "ps_endpoints", sectionsOf("endpoint")}
)

// namedBy are the kinds of the arguments of applications; nil is an argument that names nothing.
var namedBy = map[string][]*nameKind{
	"queue": {queueNames}, "addqueuemember": {queueNames}, "removequeuemember": {queueNames}, "pausequeuemember": {queueNames}, "unpausequeuemember": {queueNames},
	"agentlogin": {agentNames}, "agentrequest": {agentNames},
	"voicemail": {boxNames}, "voicemailmain": {boxNames}, "vmauthenticate": {boxNames},
	"followme": {findNames}, "musiconhold": {musicNames}, "startmusiconhold": {musicNames},
	"park": {lotNames}, "parkedcall": {lotNames}, "confbridge": {nil, roomNames, userNames, menuNames},
	"dial": {phoneNames}, "page": {phoneNames},
}

func sectionNames(f *config.File) ([]string, bool) {
	return namesWhere(f, func(*config.Section) bool { return true }), true
}

// musicSections are the classes; "default" is there without a file.
func musicSections(f *config.File) ([]string, bool) {
	list, ok := sectionNames(f)
	return append(list, "default"), ok
}

// sectionsOf finds the sections of a type; others are there without a file.
func sectionsOf(kind string, others ...string) func(*config.File) ([]string, bool) {
	return func(f *config.File) ([]string, bool) {
		list := namesWhere(f, func(s *config.Section) bool { return strings.EqualFold(s.Get("type"), kind) })
		return append(list, others...), true
	}
}

func namesWhere(f *config.File, holds func(*config.Section) bool) (list []string) {
	if f == nil {
		return nil
	}
	for _, s := range f.Sections() {
		if !s.Template && s.Name != "general" && holds(s) {
			list = append(list, s.Name)
		}
	}
	return list
}

// lotSections are the parking lots, unless calls may make more of them.
func lotSections(f *config.File) ([]string, bool) {
	list, _ := sectionNames(f)
	return append(list, "default"), f == nil || !config.True(f.Section("general").Get("parkeddynamic"))
}

// mailboxNames are box@context, unless contexts have other names, too.
func mailboxNames(f *config.File) (list []string, ok bool) {
	if f == nil {
		return nil, true
	}
	for _, s := range f.Sections() {
		if s.Template || s.Name == "general" || s.Name == "zonemessages" {
			continue
		}
		for _, e := range s.Lines() {
			list = append(list, e.Key+"@"+s.Name)
		}
	}
	return list, f.Section("general").Get("aliasescontext") == ""
}

// names looks whether what steps of the dialplan name is in the files. What is made
// of variables, or may lie in a database, is not looked at.
func (c *checker) names() []config.Diagnostic {
	if c.plan == nil {
		return nil
	}
	r, known := config.NewReader(nil), map[*nameKind]map[string]bool{}
	for _, context := range c.plan.Contexts() {
		for _, e := range context.Extensions() {
			for _, step := range e.Priorities {
				kinds := namedBy[strings.ToLower(step.Application)]
				if step.Registrar != dialplan.ConfigRegistrar || len(kinds) == 0 {
					continue
				}
				args := command.SplitArgs(step.Data, 0)
				for n, kind := range kinds[:min(len(kinds), len(args))] {
					if kind != nil {
						c.name(r, step, kind, args[n], known)
					}
				}
			}
		}
	}
	return r.Diagnostics()
}

// name looks at one argument.
func (c *checker) name(r *config.Reader, step *dialplan.Priority, kind *nameKind, arg string, known map[*nameKind]map[string]bool) {
	if _, ok := known[kind]; !ok {
		known[kind] = c.defined(kind)
	}
	if known[kind] == nil {
		return
	}
	for part := range strings.SplitSeq(arg, "&") {
		name := meant(kind, strings.TrimSpace(part))
		if name == "" || strings.ContainsAny(name, "$^") || known[kind][strings.ToLower(name)] {
			continue
		}
		file := step.File
		if !filepath.IsAbs(file) {
			file = filepath.Join(c.dirs.Etc, file)
		}
		r.Report(config.Warning, config.Entry{File: file, Line: step.Line}, config.Suggest(name, maps.Keys(known[kind])), "%s has no %s %s", kind.file, kind.what, name)
	}
}

// meant is the name in one part of an argument, or nothing.
func meant(kind *nameKind, part string) string {
	switch box, context, _ := strings.Cut(part, "@"); {
	case kind == boxNames && box == "":
		return ""
	case kind == boxNames && context == "":
		return box + "@default"
	case kind == phoneNames:
		technology, rest, _ := strings.Cut(part, "/")
		rest, _, _ = strings.Cut(rest, "/")
		if !strings.EqualFold(technology, phone.PJSIP) || strings.HasPrefix(rest, "sip:") {
			return ""
		}
		return rest[strings.LastIndexByte(rest, '@')+1:]
	}
	return part
}

// defined are the names of a kind in lower case, or nil where they can't be known.
func (c *checker) defined(kind *nameKind) map[string]bool {
	families, _ := config.Load(familyFile, c.from)
	objects, _ := config.Load(sorceryFile, c.from)
	mapped := families != nil && (kind.family != "" && families.Section("settings").Get(kind.family) != "" || families.Section("settings").Get(kind.file) != "")
	if mapped || kind == phoneNames && objects != nil {
		return nil
	}
	f, _ := config.Load(kind.file, c.from) // what is wrong with it is told of it
	list, ok := kind.names(f)
	if kind == phoneNames {
		wizards, _ := config.Load(wizardFile, c.from)
		more, _ := sectionNames(wizards)
		list = append(list, more...)
	}
	if !ok {
		return nil
	}
	all := map[string]bool{}
	for _, name := range list {
		all[strings.ToLower(name)] = true
	}
	return all
}
