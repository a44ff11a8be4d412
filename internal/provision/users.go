package provision

import (
	"slices"
	"strings"

	"github.com/octothorpe/octothorpe/internal/config"
)

// UsersFile has accounts for several modules at once.
const UsersFile = "users.conf"

// A Line is one that a phone is to have: what a provider knows of it.
type Line struct {
	Provider  string
	Name      string            // of the account, for the log
	MAC       string            // of the phone
	Profile   string            // "" is the default
	Variables map[string]string // for templates

	index int // of several lines of a phone: LINE
}

type userVariable struct{ variable, option string }

// userVariables are what options of users.conf are called in templates.
var userVariables = []userVariable{
	{"MAC", "macaddress"}, {"USERNAME", "username"}, {"DISPLAY_NAME", "fullname"}, {"SECRET", "secret"}, {"LABEL", "label"},
	{"CALLERID", "cid_number"}, {"TIMEZONE", "timezone"}, {"LINE", "linenumber"}, {"LINEKEYS", "linekeys"},
}

// Lacks says what is left to do for an option of a section of users.conf, or nothing of one
// that Reads reports.
func Lacks(section, option string) string {
	if Reads(section, option) {
		return ""
	}
	return aboutUsers
}

// Reads reports whether an option of a section of users.conf has its effect.
func Reads(section, option string) bool {
	if option == "hasvoicemail" || option == "hasmanager" || option == "vmsecret" && section != "general" {
		return true
	}
	if section == "general" {
		return option == "vmexten" || option == "localextenlength" || option == "secret"
	}
	return option == "autoprov" || option == "profile" || slices.ContainsFunc(userVariables, func(v userVariable) bool { return v.option == option })
}

const aboutUsers = "it makes a mailbox, a manager's user and what phones fetch, and neither phones nor extensions"

// elsewhereOptions are those by which other modules of Asterisk make something of a section.
var elsewhereOptions = []string{"hasiax", "hash323", "hasexten"}

// elsewhere tells of what a section asks of others, and nobody here makes of it yet.
func elsewhere(r *config.Reader, s *config.Section) {
	for _, option := range elsewhereOptions {
		if e, ok := s.Entry(option); ok && config.True(e.Value) {
			r.NotHonoured(e, aboutUsers)
		}
	}
}

// UsersProvider is what the console calls users.conf.
const UsersProvider = "sipusers"

// Users reads the lines of phones from users.conf, which may be nil.
func Users(f *config.File) ([]*Line, []config.Diagnostic) {
	r := config.NewReader(nil)
	general := f.Section("general")
	var lines []*Line
	for _, s := range f.Sections() {
		elsewhere(r, s)
		if name := strings.ToLower(s.Name); s.Template || name == "general" || name == "authentication" || !s.Bool("autoprov", false) {
			continue
		}
		e, ok := s.Entry("macaddress")
		if !ok {
			r.Report(config.Warning, config.Entry{File: s.File, Line: s.Line}, "write macaddress", "%s has autoprov and no macaddress: no phone gets its files", s.Name)
			continue
		}
		l := &Line{Provider: UsersProvider, Name: s.Name, MAC: e.Value, Profile: s.Get("profile"), Variables: map[string]string{}}
		for _, v := range userVariables {
			if value, ok := s.Lookup(v.option); ok {
				l.Variables[v.variable] = value
			}
		}
		if l.Variables["USERNAME"] == "" {
			r.Report(config.Warning, config.Entry{File: s.File, Line: s.Line}, "write username", "%s has autoprov and no username: its phone gets no files", s.Name)
			continue
		}
		l.Variables["VOICEMAIL_EXTEN"], l.Variables["EXTENSION_LENGTH"] = general.Get("vmexten"), general.Get("localextenlength")
		lines = append(lines, l)
	}
	return lines, r.Diagnostics()
}
