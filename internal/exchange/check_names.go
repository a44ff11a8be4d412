package exchange

import (
	"strings"

	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/parking"
	"github.com/octothorpe/octothorpe/internal/phone"
	"github.com/octothorpe/octothorpe/internal/provision"
	"github.com/octothorpe/octothorpe/internal/sharedline"
)

// A nameKind is what sections or lines of one file define and others name.
type nameKind struct {
	what, file string
	family     string                                         // of realtime, in which there may be more of them
	all        func(f *config.File) (names []string, ok bool) // not ok: there are others that can't be known
}

var (
	queueNames   = &nameKind{"queue", queueFile, "queues", sectionNames}
	ruleNames    = &nameKind{"rule", queueRuleFile, "queue_rules", sectionNames}
	agentNames   = &nameKind{"agent", agentFile, "", sectionNames}
	findNames    = &nameKind{"section", followFile, "followme", sectionNames}
	musicNames   = &nameKind{"class", "musiconhold.conf", "musiconhold", musicSections}
	boxNames     = &nameKind{"mailbox", voicemailFile, "voicemail", mailboxNames}
	watchedNames = &nameKind{"mailbox", voicemailFile, "voicemail", whereThere(mailboxNames)} // without the file another program counts
	lotNames     = &nameKind{"parking lot", parking.File, "", lotSections}
	roomNames    = &nameKind{"bridge profile", conferenceFile, "", sectionsOf("bridge", "default_bridge")}
	userNames    = &nameKind{"user profile", conferenceFile, "", sectionsOf("user", "default_user")}
	menuNames    = &nameKind{"menu", conferenceFile, "", sectionsOf("menu", "default_menu")}
	phoneNames   = &nameKind{"endpoint", faces[0].file, "ps_endpoints", whereThere(sectionsOf("endpoint"))} // the file may lie elsewhere
	peerNames    = &nameKind{"peer", faces[1].file, "sippeers", whereThere(sectionNames)}
	clientNames  = &nameKind{"connection", webSocketFile, "", sectionNames}
	restNames    = &nameKind{"user", "ari.conf", "", sectionsOf("user")}
	bookNames    = &nameKind{"database", sqliteFile, "", sectionNames}
	trunkNames   = &nameKind{"trunk", sharedline.File, "", sectionsOf("trunk")}
	lineNames    = &nameKind{"station", sharedline.File, "", sectionsOf("station")}
	accountNames = &nameKind{"account", minivmFile, "", sectionNames}
	miniZones    = &nameKind{"zone", minivmFile, "", linesOf("zonemessages")}
	formNames    = &nameKind{"template", minivmFile, "", templateNames}
	profileNames = &nameKind{"profile", provision.File, "", sectionNames}
	contextNames = &nameKind{"context", planFile, "extensions", nil} // of the plan that was read
)

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
	general := f.Section("general")
	return list, general.Get("aliasescontext") == "" && !config.True(general.Get("pollmailboxes")) // then messages of others count, too
}

// linesOf are the names of the lines of a section.
func linesOf(section string) func(*config.File) ([]string, bool) {
	return func(f *config.File) (list []string, ok bool) {
		for _, e := range f.Section(section).Lines() {
			list = append(list, e.Key)
		}
		return list, true
	}
}

// templateNames are the forms of mails of MiniVM.
func templateNames(f *config.File) (list []string, ok bool) {
	all, _ := sectionNames(f)
	for _, name := range all {
		if form, is := strings.CutPrefix(name, "template-"); is {
			list = append(list, form)
		}
	}
	return append(list, "email-default", "pager-default"), true
}

// whereThere are the names of a file that is there: without it they can't be known.
func whereThere(names func(*config.File) ([]string, bool)) func(*config.File) ([]string, bool) {
	return func(f *config.File) ([]string, bool) {
		list, ok := names(f)
		return list, ok && f != nil
	}
}

// meant is the name that a value has of a kind, or nothing.
func (k *nameKind) meant(value string) string {
	box, context, _ := strings.Cut(value, "@")
	switch {
	case (k == boxNames || k == watchedNames) && box == "":
		return ""
	case (k == boxNames || k == watchedNames) && context == "":
		return box + "@default"
	case k == phoneNames:
		return calledName(value, phone.PJSIP)
	case k == peerNames:
		return numberOnly(calledName(value, phone.SIP)) // others may be hosts
	}
	return value
}

func numberOnly(name string) string {
	if strings.Trim(name, "0123456789") != "" {
		return ""
	}
	return name
}

// calledName is the endpoint of TECHNOLOGY/name, TECHNOLOGY/number@name and TECHNOLOGY/name/sip:….
func calledName(device, technology string) string {
	of, rest, _ := strings.Cut(device, "/")
	rest, _, _ = strings.Cut(rest, "/")
	if !strings.EqualFold(of, technology) || strings.HasPrefix(rest, "sip:") {
		return ""
	}
	return rest[strings.LastIndexByte(rest, '@')+1:]
}

// names are the names of a kind, or nil where they can't be known.
func (c *checker) names(kind *nameKind) map[string]bool {
	if known, ok := c.known[kind]; ok {
		return known
	}
	known := c.defined(kind)
	c.known[kind] = known
	return known
}

// defined is names, read anew.
func (c *checker) defined(kind *nameKind) map[string]bool {
	families, objects := c.look(familyFile), c.look(sorceryFile)
	settings := families.Section("settings")
	mapped := kind.family != "" && settings.Get(kind.family) != "" || settings.Get(kind.file) != ""
	switch {
	case mapped, kind == phoneNames && objects != nil, (kind == boxNames || kind == watchedNames) && c.look(provision.UsersFile) != nil:
		return nil
	case kind == contextNames:
		return c.contexts()
	}
	list, ok := kind.all(c.look(kind.file))
	if kind == phoneNames {
		more, _ := sectionNames(c.look(wizardFile))
		list = append(list, more...)
	}
	if !ok {
		return nil
	}
	known := map[string]bool{}
	for _, name := range list {
		known[strings.ToLower(name)] = true
	}
	return known
}

// look is a file for its names; what is wrong with it is told elsewhere.
func (c *checker) look(name string) *config.File {
	f, _ := config.Load(name, c.from)
	return f
}

// contexts are those of the dialplan.
func (c *checker) contexts() map[string]bool {
	if c.plan == nil {
		return nil
	}
	known := map[string]bool{}
	for _, name := range latecomers(c.look) {
		known[name] = true
	}
	for _, context := range c.plan.Contexts() {
		known[context.Name] = true
	}
	return known
}
