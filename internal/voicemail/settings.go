package voicemail

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/config"
)

// general are the settings of [general], the same for all mailboxes.
type general struct {
	formats         []string
	maxSilence      time.Duration
	threshold       int
	maxGreet        int
	maxLogins       int
	skip            time.Duration
	searchContexts  bool
	aliasesContext  string
	extern          string
	externPass      string
	externPassMode  string
	externCheck     string
	minPassword     int
	charset         string
	pagerFrom       string
	pagerSubject    string
	pagerBody       string
	dateFormat      string
	pagerDateFormat string
	forwardUrgent   bool
	useDirectory    bool
	passwordPlace   string
	passwordPrompt  string
	newPassword     string
	passwordChanged string
	reenter         string
	mismatch        string
	invalidPassword string
	tryAgain        string
	prependTimeout  string
	listenFor       listenKeys
	pollMailboxes   bool
	pollEvery       time.Duration
	plainSubject    bool     // pbxskip: the usual subject does not begin with [PBX]:
	directoryIntro  string   // what the directory begins with
	internal        []string // contexts of which callers are extensions
	smtp            *SMTP    // nil: mails go to mailcmd
}

// listenKeys move in a message while it is played.
type listenKeys struct{ forward, rewind, pause, restart, stop string }

// A Mailbox is what voicemail.conf says of one. It is immutable.
type Mailbox struct {
	Context, Number    string
	Password, FullName string
	Email, Pager       string
	Alias              string // the mailbox that this one is another name of
	options            options
}

// options are those that [general] gives to all mailboxes and each may change.
type options struct {
	language, locale, zone         string
	attach, attachFormat           string // attach: yes or no
	delete, sayCID, sayDuration    bool
	minDuration                    int // minutes, from which a duration is said
	envelope, review, operator     bool
	forceName, forceGreetings      bool
	moveHeard, nextAfterCommand    bool
	dialOut, callback, exitContext string
	maxMessage, minMessage         int // seconds; 0 is no limit
	maxMessages                    int
	backupDeleted                  int
	gain                           float64
	leaveUrgent                    bool
	tempGreetWarn, messageWrap     bool
	hideFromDirectory              bool
	aliases                        []string
	passwordPlace                  string
	emailSubject, emailBody        string
	serverEmail, mailCommand       string
	fromString                     string
	sendVoicemail                  bool
	mailCopies                     bool // attachextrecs: a recording that became a message is mailed
}

// ID names a mailbox as counts and events do.
func (m *Mailbox) ID() string { return m.Number + "@" + m.Context }

// A zone is how a moment is said: where, and by which format.
type zone struct{ name, location, format string }

// A File is voicemail.conf.
type File struct {
	path      string
	general   general
	defaults  options
	mailboxes []*Mailbox // in the order of the file
	index     map[string]*Mailbox
	aliases   [][2]string // alias, mailbox; each with its context
	zones     []zone
}

// elsewhere are the options by which a reference that was built so keeps messages in IMAP
// or a database.
var elsewhere = []string{"imapserver", "imapport", "imapflags", "imapfolder", "imapparentfolder", "imapgreetings", "greetingsfolder", "imapclosetimeout",
	"imapopentimeout", "imapreadtimeout", "imapwritetimeout", "odbcstorage", "odbctable"}

// Read reads voicemail.conf, which may be nil. users and mapped are contexts with mailboxes
// in the same language, which may be nil, too: those of users.conf come before its own, those
// that lie in a database behind them.
func Read(f, users, mapped *config.File) (*File, []config.Diagnostic) {
	r := config.NewReader(nil)
	file := &File{index: map[string]*Mailbox{}}
	if f != nil {
		file.path = f.Path
	}
	s := r.Section(f.Section("general"))
	file.readGeneral(s)
	file.general.formats = readFormats(r, f.Section("general"), "format")
	file.readDefaults(s)
	file.checkLengths(r, f.Section("general"))
	checkMails(r, f.Section("general"))
	file.general.smtp = readSMTP(r, s, f.Section("general"))
	for _, key := range elsewhere {
		if e, written := f.Section("general").Entry(key); written && s.Has(key) {
			r.Report(config.Error, e, "messages lie in files below astspooldir", "%s: messages can't be kept in IMAP or a database", key)
		}
	}
	s.Has("userscontext") // which who makes users' mailboxes has read
	s.Never("screens of analogue phones (ADSI) need telephony cards", "adsifdn", "adsisec", "adsiver")
	s.Never("messages about calls of other exchanges by a serial line (SMDI) are not read", "smdienable", "smdiport")
	s.Idle("emailbodyhtml", "msg_id_incompatible", "hidefromdir", "authuser", "authpassword", "expungeonhangup", "odbc_audio_on_disk", "language",
		"vm-login", "vm-newuser")
	s.Done()
	sections := slices.Concat(users.Sections(), f.Sections())
	for _, section := range sections { // mailboxes name them
		if strings.EqualFold(section.Name, "zonemessages") && !section.Template {
			file.readZones(r, section)
		}
	}
	file.readContexts(r, sections)
	file.readContexts(config.NewReader(nil), mapped.Sections()) // what the file has, too, is no error there
	return file, r.Diagnostics()
}

// readContexts reads the sections that have mailboxes.
func (f *File) readContexts(r *config.Reader, sections []*config.Section) {
	for _, section := range sections {
		switch name := section.Name; {
		case section.Template, strings.EqualFold(name, "general"), strings.EqualFold(name, "zonemessages"):
		case f.general.aliasesContext != "" && name == f.general.aliasesContext:
			f.readAliases(section)
		default:
			for _, e := range section.Entries {
				f.readMailbox(r, name, e)
			}
		}
	}
}

func (f *File) readGeneral(s *config.SectionReader) {
	seconds := func(key string, otherwise int) time.Duration {
		return time.Duration(s.Int(key, otherwise, 0, 1<<30)) * time.Second
	}
	g := &f.general
	s.Has("format")
	g.maxSilence, g.threshold = seconds("maxsilence", 0), s.Int("silencethreshold", 0, 0, 32768)
	g.maxGreet, g.maxLogins = s.Int("maxgreet", 0, 0, 1<<30), s.Int("maxlogins", 3, 1, 1<<30)
	g.skip = time.Duration(s.Int("skipms", 3000, 1, 1<<30)) * time.Millisecond
	g.searchContexts = s.Bool("searchcontexts", false)
	g.aliasesContext = s.String("aliasescontext", "")
	g.extern, g.externPass = s.Command("externnotify", ""), s.Command("externpass", "")
	g.externPassMode = "change"
	if text := s.Command("externpassnotify", ""); text != "" {
		g.externPass, g.externPassMode = text, "notify"
	}
	g.minPassword = s.Int("minpassword", 0, 0, 80)
	g.charset = s.String("charset", "ISO-8859-1")
	g.pagerFrom, g.pagerSubject = s.String("pagerfromstring", ""), s.String("pagersubject", "")
	g.pagerBody, g.dateFormat = escaped(s.String("pagerbody", "")), s.String("emaildateformat", "%A, %B %d, %Y at %r")
	g.pagerDateFormat = s.String("pagerdateformat", "%A, %B %d, %Y at %r")
	g.forwardUrgent, g.passwordPlace = s.Bool("forward_urgent_auto", false), s.Word("passwordlocation", "voicemail.conf", "voicemail.conf", "spooldir")
	g.passwordPrompt, g.newPassword = s.String("vm-password", "vm-password"), s.String("vm-newpassword", "vm-newpassword")
	g.passwordChanged, g.reenter = s.String("vm-passchanged", "vm-passchanged"), s.String("vm-reenterpassword", "vm-reenterpassword")
	g.mismatch, g.invalidPassword = s.String("vm-mismatch", "vm-mismatch"), s.String("vm-invalid-password", "vm-invalid-password")
	g.useDirectory, g.externCheck = s.Bool("usedirectory", false), s.Command("externpasscheck", "")
	g.tryAgain, g.prependTimeout = s.String("vm-pls-try-again", "vm-pls-try-again"), s.String("vm-prepend-timeout", "vm-then-pound")
	key := func(name, otherwise string) string {
		text := s.String(name, otherwise)
		if len(text) > 1 {
			text = text[:1]
		}
		return text
	}
	g.listenFor = listenKeys{forward: key("listen-control-forward-key", "#"), rewind: key("listen-control-reverse-key", "*"),
		pause: key("listen-control-pause-key", "0"), restart: key("listen-control-restart-key", "2"), stop: key("listen-control-stop-key", "13456789")}
	if !s.Has("listen-control-stop-key") {
		g.listenFor.stop = "13456789"
	}
	g.pollMailboxes, g.pollEvery = s.Bool("pollmailboxes", false), seconds("pollfreq", 30)
	g.plainSubject, g.directoryIntro = s.Bool("pbxskip", false), s.String("directoryintro", "")
	g.internal = strings.FieldsFunc(s.String("cidinternalcontexts", ""), func(r rune) bool { return r == ',' || r == ' ' })
}

// formatsOf reads the formats of recordings, parted by |, as names of files.
func formatsOf(text string) []string {
	var list []string
	for _, name := range strings.FieldsFunc(text, func(r rune) bool { return r == '|' || r == ',' }) {
		name = strings.TrimSpace(name)
		if strings.EqualFold(name, "wav49") {
			name = "WAV"
		}
		if name != "" {
			list = append(list, name)
		}
	}
	return list
}

// escaped makes line feeds and tabs of \n and \t.
func escaped(text string) string {
	return strings.NewReplacer(`\n`, "\n", `\t`, "\t", `\r`, "\r").Replace(text)
}

func (f *File) readDefaults(s *config.SectionReader) {
	yes := func(key string, otherwise bool) bool { return s.Bool(key, otherwise) }
	o := &f.defaults
	o.language, o.locale, o.zone = "", s.String("locale", ""), s.String("tz", "")
	o.attach, o.attachFormat = boolWord(yes("attach", true)), s.String("attachfmt", "")
	o.delete, o.sayCID, o.sayDuration = yes("delete", false), yes("saycid", false), yes("sayduration", true)
	o.minDuration, o.envelope, o.review = s.Int("saydurationm", 2, 0, 1<<30), yes("envelope", true), yes("review", false)
	o.operator, o.forceName, o.forceGreetings = yes("operator", false), yes("forcename", false), yes("forcegreetings", false)
	o.moveHeard, o.nextAfterCommand = yes("moveheard", true), yes("nextaftercmd", false)
	o.dialOut, o.callback, o.exitContext = s.String("dialout", ""), s.String("callback", ""), s.String("exitcontext", "")
	o.maxMessage = s.Int("maxmessage", 0, 0, 1<<30)
	o.maxMessage = s.Int("maxsecs", o.maxMessage, 0, 1<<30)
	o.minMessage = s.Int("minmessage", 0, 0, 1<<30)
	o.minMessage = s.Int("minsecs", o.minMessage, 0, 1<<30)
	o.maxMessages, o.leaveUrgent = s.Int("maxmsg", 100, 0, 9999), yes("leaveurgent", true)
	o.tempGreetWarn, o.messageWrap = yes("tempgreetwarn", true), yes("messagewrap", false)
	o.passwordPlace = f.general.passwordPlace
	o.emailSubject, o.emailBody = s.String("emailsubject", ""), escaped(s.String("emailbody", ""))
	o.serverEmail, o.mailCommand = s.String("serveremail", "asterisk"), s.Command("mailcmd", "/usr/sbin/sendmail -t")
	o.fromString, o.sendVoicemail = s.String("fromstring", ""), yes("sendvoicemail", false)
	o.mailCopies = yes("attachextrecs", false)
	o.backupDeleted, o.gain = backups(s.String("backupdeleted", "0")), s.Float("volgain", 0, 0, 100)
}

// backups reads how many deleted messages are kept: a number, or yes for a hundred.
func backups(text string) int {
	n, err := strconv.Atoi(strings.TrimSpace(text))
	if err != nil && config.True(text) {
		n = 100
	}
	return min(max(n, 0), 9999)
}

func boolWord(yes bool) string {
	if yes {
		return "yes"
	}
	return "no"
}

func (f *File) readZones(r *config.Reader, s *config.Section) {
	for _, e := range s.Entries {
		location, format, ok := strings.Cut(e.Value, "|")
		if !ok {
			r.Report(config.Warning, e, "", "a zone is written name = location|format")
			continue
		}
		if _, err := time.LoadLocation(strings.TrimSpace(location)); err != nil {
			r.Report(config.Warning, e, "write a name such as Europe/Madrid", "zone %s: there is no place %s: times are said in the zone of the machine", e.Key, strings.TrimSpace(location))
		}
		// the last is found first, as on the reference
		f.zones = append([]zone{{e.Key, strings.TrimSpace(location), strings.TrimSpace(format)}}, f.zones...)
	}
}

func (f *File) readAliases(s *config.Section) {
	whole := func(name string) string {
		if !strings.Contains(name, "@") {
			return name + "@default"
		}
		return name
	}
	for _, e := range s.Entries {
		f.aliases = append(f.aliases, [2]string{whole(e.Key), whole(e.Value)})
		f.mailboxes = append(f.mailboxes, &Mailbox{Context: s.Name, Number: e.Key, Alias: e.Value, options: f.defaults})
	}
}

func (f *File) readMailbox(r *config.Reader, context string, e config.Entry) {
	parts := strings.SplitN(e.Value, ",", 5)
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	part := func(i int) string {
		if i < len(parts) {
			return parts[i]
		}
		return ""
	}
	m := &Mailbox{Context: context, Number: e.Key, Password: part(0), FullName: part(1), Email: part(2), Pager: part(3), options: f.defaults}
	for _, option := range strings.Split(part(4), "|") {
		key, value, _ := strings.Cut(option, "=")
		key = strings.ToLower(strings.TrimSpace(key))
		switch {
		case key == "" || m.options.set(key, strings.TrimSpace(value)):
		case strings.HasPrefix(key, "imap"):
			r.Report(config.Error, e, "messages lie in files below astspooldir", "option %s of mailbox %s is not honoured: messages can't be kept in IMAP", key, m.ID())
		case slices.Contains(generalOnly, key):
			r.Report(config.Warning, e, "write it in [general]", "option %s of mailbox %s has no effect: it is for all mailboxes, in Asterisk 22 too", key, m.ID())
		default:
			r.Report(config.Warning, e, config.Suggest(key, slices.Values(ofMailbox())), "option %s of mailbox %s is unknown", key, m.ID())
		}
	}
	if f.index[m.ID()] != nil { // the first counts, as on the reference
		r.Report(config.Warning, e, "write it once", "mailbox %s is there already: this line is left out", m.ID())
		return
	}
	f.checkMailbox(r, m, e)
	f.mailboxes, f.index[m.ID()] = append(f.mailboxes, m), m
}

// generalOnly are options that people give to one mailbox and that, as on the reference, only
// [general] has.
var generalOnly = []string{"cidinternalcontexts"}

// flags are the options of a mailbox that are yes or no.
func (o *options) flags() map[string]*bool {
	return map[string]*bool{"delete": &o.delete, "deletevoicemail": &o.delete, "saycid": &o.sayCID, "sayduration": &o.sayDuration, "envelope": &o.envelope,
		"review": &o.review, "operator": &o.operator, "forcename": &o.forceName, "forcegreetings": &o.forceGreetings,
		"moveheard": &o.moveHeard, "nextaftercmd": &o.nextAfterCommand, "leaveurgent": &o.leaveUrgent,
		"tempgreetwarn": &o.tempGreetWarn, "messagewrap": &o.messageWrap, "hidefromdir": &o.hideFromDirectory,
		"sendvoicemail": &o.sendVoicemail, "attachextrecs": &o.mailCopies}
}

// texts are the options of a mailbox that are any text.
func (o *options) texts() map[string]*string {
	return map[string]*string{"language": &o.language, "locale": &o.locale, "tz": &o.zone, "attachfmt": &o.attachFormat, "dialout": &o.dialOut,
		"callback": &o.callback, "exitcontext": &o.exitContext, "serveremail": &o.serverEmail, "fromstring": &o.fromString, "mailcmd": &o.mailCommand,
		"emailsubject": &o.emailSubject, "passwordlocation": &o.passwordPlace}
}

// numbers are the options of a mailbox that are a whole number.
func (o *options) numbers() map[string]*int {
	return map[string]*int{"maxmsg": &o.maxMessages, "maxsecs": &o.maxMessage, "maxmessage": &o.maxMessage, "minsecs": &o.minMessage,
		"saydurationm": &o.minDuration}
}

// ofMailbox are the names of all options of a mailbox.
func ofMailbox() []string {
	o := &options{}
	return slices.Concat(slices.Collect(maps.Keys(o.flags())), slices.Collect(maps.Keys(o.texts())), slices.Collect(maps.Keys(o.numbers())),
		[]string{"attach", "emailbody", "alias", "backupdeleted", "volgain"})
}

// set sets an option of one mailbox and reports whether it is known.
func (o *options) set(key, value string) bool {
	if flag := o.flags()[key]; flag != nil {
		*flag = config.True(value)
		return true
	}
	if text := o.texts()[key]; text != nil {
		*text = value
		return true
	}
	if number := o.numbers()[key]; number != nil {
		if n, err := strconv.Atoi(value); err == nil && n >= 0 {
			*number = n
			o.maxMessages = min(o.maxMessages, 9999)
		}
		return true
	}
	switch key {
	case "attach":
		o.attach = boolWord(config.True(value))
	case "emailbody":
		o.emailBody = escaped(value)
	case "alias":
		o.aliases = append(o.aliases, value)
	case "backupdeleted":
		o.backupDeleted = backups(value)
	case "volgain":
		if gain, err := strconv.ParseFloat(value, 64); err == nil && gain >= 0 && gain <= 100 {
			o.gain = gain
		}
	case "fullname", "context", "vmtimezone": // columns of a database, which are not options
	default:
		return false
	}
	return true
}
