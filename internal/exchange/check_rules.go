package exchange

import (
	"slices"
	"strings"

	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/hep"
	"github.com/octothorpe/octothorpe/internal/iax"
	"github.com/octothorpe/octothorpe/internal/parking"
	"github.com/octothorpe/octothorpe/internal/provision"
	"github.com/octothorpe/octothorpe/internal/sharedline"
)

// A rule says what options of some sections of a file name that only other files, or the
// program, can tell. What a value is by itself is told by who reads its file.
type rule struct {
	file    string
	in      func(*config.Section) bool  // nil: all
	options string                      // parted by blanks; those that end with * are all that begin so
	parts   func(value string) []string // nil: the value is one
	holds   kind
	lost    string // what comes of it; SECTION stands for the section's name
}

// rules are in the order of their files. What is made of variables is passed over.
var rules = []rule{
	{agentFile, own, "musiconhold", nil, musicNames, "agent SECTION hears that of the class default"},
	{"ari.conf", typed("outbound_websocket"), "websocket_client_id", nil, clientNames, "SECTION connects nowhere"},
	{"ari.conf", typed("outbound_websocket"), "local_ari_user", nil, restNames, "SECTION connects nowhere"},
	{"cdr_custom.conf", named("mappings"), "*", nil, aTemplate{}, ""},
	{"cel.conf", named("general"), "apps", commas, anApplication{}, ""},
	{"cel_custom.conf", named("mappings"), "*", nil, aTemplate{}, ""},
	{conferenceFile, typed("user"), "music_on_hold_class", nil, musicNames, "users of SECTION hear that of the class default"},
	{permissionsFile, named("general"), "default_perm", nil, oneOf{"permit", "deny"}, "it counts as permit"},
	{conferenceFile, typed("bridge"), "record_command", nil, aCommand{}, ""},
	{conferenceFile, typed("bridge"), "sound_*", nil, aSound{}, ""},
	{conferenceFile, typed("user"), "announcement", nil, aSound{}, ""},
	{conferenceFile, typed("menu"), "*", executed, contextNames, ""},
	{familyFile, named("settings"), "*", sqliteBooks, bookNames, "it is kept nowhere"},
	{"features.conf", named("general"), featureSounds, nil, aSound{}, ""},
	{"features.conf", named("applicationmap"), "*", mappedApplication, anApplication{}, ""},
	{followFile, own, "musicclass musiconhold music", nil, musicNames, ""},
	{followFile, own, "context", nil, contextNames, "the numbers of SECTION can't be called"},
	{hep.File, named("general"), "capture_address", nil, aHost{}, "nothing is copied"},
	{"http.conf", named("general"), "bindaddr tlsbindaddr", nil, anAddress{}, "HTTP is not served"},
	{iax.File, named("general"), "bindaddr", nil, anAddress{}, "IAX2 is not spoken"},
	{iax.File, own, "host", nil, aHost{}, "SECTION can't be called"},
	{iax.File, own, "context", commas, contextNames, "SECTION can call nobody"},
	{iax.File, nil, "mailbox", commas, watchedNames, ""},
	{iax.File, nil, "mohinterpret mohsuggest", nil, musicNames, ""},
	{"logger.conf", named("general"), "queue_log queue_log_to_file", nil, aTruth{}, ""},
	{"manager.conf", own, "setvar", nil, anAssignment{}, "the line does nothing"},
	{"manager.conf", named("general"), "bindaddr tlsbindaddr", nil, anAddress{}, "AMI is not served"},
	{minivmFile, named("general"), "externnotify mailcmd", nil, aCommand{}, ""},
	{minivmFile, named("general"), "format", bars, aFormat{}, ""},
	{minivmFile, named("zonemessages"), "*", placeOfZone, aPlace{}, "times are said in the zone of the machine"},
	{minivmFile, own, "timezone", nil, miniZones, "times are said in the zone of the machine"},
	{minivmFile, own, "etemplate ptemplate", nil, formNames, ""},
	{parking.File, own, "comebackcontext", nil, contextNames, ""},
	{parking.File, own, "parkedmusicclass", nil, musicNames, "parked calls hear that of the class default"},
	{parking.File, own, "courtesytone", nil, aSound{}, ""},
	{provision.File, named("general"), "default_profile", nil, profileNames, ""},
	{"rtp.conf", named("general"), "stunaddr turnaddr", nil, aHost{}, ""},
	{faces[0].file, typed("transport"), "bind", nil, anAddress{}, "nobody is heard at SECTION"},
	{faces[0].file, typed("endpoint"), "context", nil, contextNames, "SECTION can call nobody"},
	{faces[0].file, typed("endpoint"), "message_context subscribe_context", nil, contextNames, ""},
	{faces[0].file, typed("endpoint"), "moh_suggest", nil, musicNames, ""},
	{faces[0].file, typed("endpoint"), "tone_zone", nil, aCountry{}, "SECTION hears the tones of the default country"},
	{faces[0].file, typed("endpoint", "aor", "registration"), "outbound_proxy", nil, aSIPAddress{}, "SECTION can't be reached"},
	{faces[0].file, typed("endpoint", "aor"), "mailboxes", commas, watchedNames, ""},
	{faces[1].file, named("general"), "bindaddr udpbindaddr tcpbindaddr tlsbindaddr", nil, anAddress{}, "nobody is heard there"},
	{faces[1].file, own, "host", nil, aHost{}, "SECTION can't be called"},
	{faces[1].file, nil, "context", nil, contextNames, "SECTION can call nobody"},
	{faces[1].file, nil, "subscribecontext", nil, contextNames, ""},
	{faces[1].file, nil, "mailbox", commas, watchedNames, ""},
	{faces[1].file, nil, "mohinterpret mohsuggest", nil, musicNames, ""},
	{faces[1].file, nil, "tonezone", nil, aCountry{}, "SECTION hears the tones of the default country"},
	{queueFile, own, "member", firstWord, aDevice{}, "the member can't be called"},
	{queueFile, own, "member", word(3), aState{}, "whether the member is busy is not known"},
	{queueFile, own, "member", word(4), aTruth{}, "it counts as no"},
	{queueFile, own, "announce-position", nil, aTruth{"limit", "more"}, "it counts as no"},
	{queueFile, own, "announce-holdtime", nil, aTruth{"once"}, "it counts as no"},
	{queueFile, own, "autopause", nil, aTruth{"all"}, "it counts as no"},
	{queueFile, own, "announce-round-seconds", nil, within{0, 60}, "it counts as 0"},
	{queueFile, own, "timeout retry wrapuptime servicelevel memberdelay penaltymemberslimit announce-position-limit", nil, within{0, 1<<31 - 1}, ""},
	{queueFile, own, "announce periodic-announce queue-*", commas, aSound{}, ""},
	{queueFile, own, "membergosub", firstWord, contextNames, "members of SECTION are connected without it"},
	{queueFile, own, "membermacro", nil, aMacro{}, "members of SECTION are connected without it"},
	{queueFile, own, "musicclass music musiconhold", nil, musicNames, "callers hear that of the class default"},
	{queueFile, own, "defaultrule", nil, ruleNames, ""},
	{queueFile, own, "context", nil, contextNames, "keys lead callers of SECTION nowhere"},
	{sharedline.File, typed("station"), "trunk", firstWord, trunkNames, "SECTION is without it"},
	{sharedline.File, typed("station"), "device", nil, aDevice{}, "the station can't be called"},
	{sqliteFile, own, "dbfile", nil, aFileToBe{}, "nothing is kept there"},
	{statsdFile, named("general"), "server", nil, aHost{}, "nothing is sent"},
	{provision.UsersFile, nil, "hasvoicemail hasmanager autoprov", nil, aTruth{}, "it counts as no"},
	{provision.UsersFile, own, "profile", nil, profileNames, "its phone gets no files"},
	{webSocketFile, typed("websocket_client"), "connection_type", nil, oneOf{"persistent", "per_call_config"}, ""},
	{voicemailFile, named("general"), "callback dialout exitcontext", nil, contextNames, ""},
	{voicemailFile, named("general"), "directoryintro vm-invalid-password vm-mismatch vm-newpassword vm-passchanged vm-password vm-pls-try-again vm-reenterpassword", nil, aSound{}, ""},
	{voicemailFile, named("zonemessages"), "*", quoted, aSound{}, ""},
	{voicemailFile, boxes, "*", mailsOfBox, aMail{}, "no mail gets there"},
	{voicemailFile, boxes, "*", ofBox("callback", "dialout", "exitcontext"), contextNames, ""},
	{voicemailFile, boxes, "*", ofBox("attach", "backupdeleted", "delete", "deletevoicemail", "envelope", "forcegreetings", "forcename", "hidefromdir",
		"leaveurgent", "messagewrap", "moveheard", "nextaftercmd", "operator", "review", "saycid", "sayduration", "sendvoicemail", "tempgreetwarn"), aTruth{}, "it counts as no"},
	{voicemailFile, boxes, "*", ofBox("maxmsg", "maxsecs", "minsecs", "saydurationm", "volgain"), aNumber{}, ""},
	{voicemailFile, boxes, "*", ofBox("maxmsg", "maxsecs", "minsecs", "saydurationm"), within{0, 1<<31 - 1}, ""},
	{voicemailFile, boxes, "*", ofBox("attachfmt"), aFormat{}, ""},
}

const featureSounds = "courtesytone pickupfailsound pickupsound recordingfailsound transferannouncesound transferinvalidsound transferretrysound xferfailsound xfersound"

// own are the sections of a file for what it is about.
func own(s *config.Section) bool { return !strings.EqualFold(s.Name, "general") }

func named(name string) func(*config.Section) bool {
	return func(s *config.Section) bool { return strings.EqualFold(s.Name, name) }
}

func typed(types ...string) func(*config.Section) bool {
	return func(s *config.Section) bool {
		for _, one := range types {
			if strings.EqualFold(s.Get("type"), one) {
				return true
			}
		}
		return false
	}
}

func commas(value string) []string { return strings.Split(value, ",") }

func bars(value string) []string { return strings.Split(value, "|") }

// placeOfZone is that of a line of [zonemessages].
func placeOfZone(value string) []string { return bars(value)[:1] }

func firstWord(value string) []string { return commas(value)[:1] }

// word is the word of a list that stands at a place, from 0.
func word(n int) func(string) []string {
	return func(value string) []string {
		if list := commas(value); len(list) > n {
			return []string{strings.Trim(strings.TrimSpace(list[n]), `"`)}
		}
		return nil
	}
}

// quoted is what stands between apostrophes: the sounds of a format of times.
func quoted(value string) (list []string) {
	for i, part := range strings.Split(value, "'") {
		if i%2 == 1 {
			list = append(list, part)
		}
	}
	return list
}

// boxes are the sections of mailboxes.
func boxes(s *config.Section) bool {
	return own(s) && !strings.EqualFold(s.Name, "zonemessages") && !strings.HasPrefix(s.Name, "aliases")
}

// mailsOfBox are the addresses of password,name,mail,pager,options.
func mailsOfBox(value string) (list []string) {
	for _, n := range []int{2, 3} {
		for _, one := range word(n)(value) {
			list = append(list, bars(one)...)
		}
	}
	return list
}

// ofBox are the values of options in a mailbox's line.
func ofBox(options ...string) func(string) []string {
	return func(value string) (list []string) {
		parts := strings.SplitN(value, ",", 5)
		if len(parts) < 5 {
			return nil
		}
		for _, option := range bars(parts[4]) {
			key, text, _ := strings.Cut(option, "=")
			if slices.Contains(options, strings.ToLower(strings.TrimSpace(key))) {
				list = append(list, text)
			}
		}
		return list
	}
}

// mappedApplication is the one of a line of [applicationmap].
func mappedApplication(value string) []string {
	if words := commas(value); len(words) > 2 {
		return words[2:3]
	}
	return nil
}

// sqliteBooks is the section of res_config_sqlite3.conf that a line of extconfig.conf names.
func sqliteBooks(value string) []string {
	if words := commas(value); len(words) > 1 && strings.EqualFold(words[0], "sqlite3") {
		return words[1:2]
	}
	return nil
}

// executed are the contexts of dialplan_exec(context,extension,priority) in a menu.
func executed(value string) (contexts []string) {
	for {
		_, rest, ok := strings.Cut(value, "dialplan_exec(")
		if !ok {
			return contexts
		}
		value, _, _ = strings.Cut(rest, ")")
		contexts = append(contexts, firstWord(value)...)
		value = rest[len(value):]
	}
}

// follow looks at what files name of each other.
func (c *checker) follow() []config.Diagnostic {
	r := config.NewReader(nil)
	files := map[string]*config.File{}
	for i := range rules {
		one := &rules[i]
		f, read := files[one.file]
		if !read {
			f = c.look(one.file)
			files[one.file] = f
		}
		for _, s := range f.Sections() {
			if !s.Template && (one.in == nil || one.in(s)) {
				one.section(c, r, s)
			}
		}
	}
	doubled(r, files[queueFile], "queue")
	return r.Diagnostics()
}

// doubled tells which sections for what a file is about are in it more than once.
func doubled(r *config.Reader, f *config.File, what string) {
	seen := map[string]bool{}
	for _, s := range f.Sections() {
		if seen[s.Name] && own(s) {
			r.Report(config.Warning, config.Entry{File: s.File, Line: s.Line}, "join the sections, or write ["+s.Name+"](+)", "%s %s is in the file more than once", what, s.Name)
		}
		seen[s.Name] = true
	}
}

// section looks at the options of one section.
func (u *rule) section(c *checker, r *config.Reader, s *config.Section) {
	for _, e := range s.Lines() {
		for option := range strings.FieldsSeq(u.options) {
			prefix, several := strings.CutSuffix(option, "*")
			if strings.EqualFold(e.Key, option) || several && strings.HasPrefix(strings.ToLower(e.Key), prefix) {
				u.entry(c, r, s, e)
			}
		}
	}
}

func (u *rule) entry(c *checker, r *config.Reader, s *config.Section, e config.Entry) {
	parts := []string{e.Value}
	if u.parts != nil {
		parts = u.parts(e.Value)
	}
	for _, part := range parts {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		problem, hint := u.holds.wrong(c, part)
		if problem == "" {
			continue
		}
		if _, isName := u.holds.(*nameKind); !isName {
			problem = e.Key + ": " + problem
		}
		if u.lost != "" {
			problem += ": " + strings.ReplaceAll(u.lost, "SECTION", s.Name)
		}
		r.Report(config.Warning, e, hint, "%s", problem)
	}
}
