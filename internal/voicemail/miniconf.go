package voicemail

import (
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/config"
)

// MiniFile is minivm.conf.
type MiniFile struct {
	format               string // of messages
	formats              string // as it was written
	silence, least, most time.Duration
	threshold            int
	maxGreet             int // seconds
	mailCommand          string
	log                  string // a file with a line for each message
	extern               string // externnotify
	operator, review     bool
	zones                []zone
	order                []*account // as written
	forms                []*template
	usual, page          template
	templates            map[string]*template
	accounts             map[string]*account // by address, in small letters
}

// A template is how a mail is written.
type template struct {
	name, from, address    string
	locale                 string
	subject, body, charset string
	date                   string
	attach                 bool
}

// An account is whom messages are for.
type account struct {
	user, domain, email, pager, name string
	template, pagerTemplate, server  string
	code, pin, zone, language        string
	extern                           string  // externnotify of its own
	gain                             float64 // volgain
	known                            bool    // minivm.conf has it
	variables                        [][2]string
}

// usualMini is the subject of mails and pages where minivm.conf has none.
const usualMini = "New message in mailbox ${MVM_USERNAME}@${MVM_DOMAIN}"

const usualDate = "%A, %B %d, %Y at %r"

// ReadMini reads minivm.conf, of which a nil is none.
func ReadMini(f *config.File) (*MiniFile, []config.Diagnostic) {
	m := &MiniFile{format: "wav", formats: "wav", most: 2000 * time.Second, threshold: 256, maxGreet: 120, mailCommand: "/usr/sbin/sendmail -t",
		templates: map[string]*template{}, accounts: map[string]*account{},
		usual: template{name: "email-default", from: "Asterisk PBX", subject: usualMini, charset: "ISO-8859-1", date: usualDate, attach: true,
			body: "Dear ${MVM_NAME}:\n\n\tthere is a message of ${MVM_DUR} from ${MVM_CALLERID}, left on ${MVM_DATE}.\n"},
		page: template{name: "pager-default", from: "Asterisk PBX", subject: usualMini, charset: "ISO-8859-1", date: usualDate,
			body: "New message of ${MVM_DUR} from ${MVM_CALLERID}, ${MVM_DATE}\n"}}
	r := config.NewReader(nil)
	if f == nil {
		return m, nil
	}
	for _, s := range f.Sections() {
		name := s.Name
		switch {
		case strings.EqualFold(name, "general"):
			for _, e := range s.Lines() {
				m.general(r, e)
			}
		case strings.EqualFold(name, "zonemessages"):
			for _, e := range s.Lines() {
				where, format, ok := strings.Cut(e.Value, "|")
				if !ok {
					r.Report(config.Warning, e, "", "a zone is written name = location|format")
					continue
				}
				m.zones = append(m.zones, zone{e.Key, strings.TrimSpace(where), strings.TrimSpace(format)})
			}
		case strings.HasPrefix(name, "template-"):
			m.template(r, s)
		case strings.Contains(name, "@"):
			m.account(r, s)
		default:
			r.Report(config.Warning, config.Entry{File: s.File, Line: s.Line}, "", "%s is neither an account, username@domain, nor a template", name)
		}
	}
	m.forms = append(m.forms, &m.usual, &m.page)
	return m, r.Diagnostics()
}

// miniGeneral and miniTemplate are the options of [general] and of templates.
var (
	miniGeneral = []string{"format", "maxsilence", "maxmessage", "minmessage", "silencethreshold", "maxgreet", "mailcmd", "logfile", "emailfromstring",
		"emailaaddress", "emailsubject", "emailbody", "emaildateformat", "emailcharset", "pagerfromstring", "pageraddress", "pagersubject", "pagerbody",
		"pagerdateformat", "pagercharset", "operator", "review", "externnotify"}
	miniTemplate = []string{"fromaddress", "fromemail", "subject", "messagebody", "templatefile", "charset", "locale", "dateformat", "attachmedia"}
)

func (m *MiniFile) general(r *config.Reader, e config.Entry) {
	number := func() int {
		n, err := strconv.Atoi(strings.TrimSpace(e.Value))
		if err != nil || n < 0 {
			r.Report(config.Warning, e, "", "%s: %q is no number", e.Key, e.Value)
			return 0
		}
		return n
	}
	switch strings.ToLower(e.Key) {
	case "format":
		m.formats = e.Value
		m.format, _, _ = strings.Cut(e.Value, "|")
		if strings.EqualFold(m.format, "wav49") {
			m.format = "WAV"
		}
	case "maxsilence":
		m.silence = time.Duration(number()) * time.Second
	case "maxmessage", "maxsecs":
		m.most = time.Duration(number()) * time.Second
	case "minmessage", "minsecs":
		m.least = time.Duration(number()) * time.Second
	case "silencethreshold":
		m.threshold = number()
	case "maxgreet":
		m.maxGreet = number()
	case "mailcmd":
		m.mailCommand = e.Value
	case "logfile":
		m.log = e.Value
	case "emailfromstring":
		m.usual.from = e.Value
	case "emailaaddress": // so it is spelt there
		m.usual.address = e.Value
	case "pagerfromstring":
		m.page.from = e.Value
	case "pageraddress":
		m.page.address = e.Value
	case "emailcharset":
		m.usual.charset = e.Value
	case "pagercharset":
		m.page.charset = e.Value
	case "pagerdateformat":
		m.page.date = e.Value
	case "emailsubject":
		m.usual.subject = e.Value
	case "emailbody":
		m.usual.body = lines(e.Value)
	case "emaildateformat":
		m.usual.date = e.Value
	case "charset":
		m.usual.charset, m.page.charset = e.Value, e.Value
	case "pagersubject":
		m.page.subject = e.Value
	case "pagerbody":
		m.page.body = lines(e.Value)
	case "operator":
		m.operator = config.True(e.Value)
	case "review":
		m.review = config.True(e.Value)
	case "externnotify":
		m.extern = e.Value
	case "serveremail", "fromstring", "pbxskip":
		r.Report(config.Note, e, "write emailfromstring and emailaaddress, or a template", "option %s has no effect, in Asterisk 22 neither", e.Key)
	default:
		r.Report(config.Warning, e, config.Suggest(e.Key, slices.Values(miniGeneral)), "unknown option %s", e.Key)
	}
}

// lines makes the ends of lines and tabs that a text of one line stands for.
func lines(text string) string {
	return strings.NewReplacer(`\n`, "\n", `\t`, "\t", `\r`, "").Replace(text)
}

func (m *MiniFile) template(r *config.Reader, s *config.Section) {
	t := &template{name: strings.TrimPrefix(s.Name, "template-"), from: m.usual.from, subject: m.usual.subject, body: m.usual.body,
		charset: m.usual.charset, date: m.usual.date, attach: true}
	for _, e := range s.Lines() {
		switch strings.ToLower(e.Key) {
		case "fromaddress":
			t.from = e.Value
		case "fromemail":
			t.address = e.Value
		case "subject":
			t.subject = e.Value
		case "messagebody":
			t.body = lines(e.Value)
		case "charset":
			t.charset = e.Value
		case "dateformat":
			t.date = e.Value
		case "attachmedia", "attachmedia ":
			t.attach = config.True(e.Value)
		case "locale":
			if t.locale = e.Value; !hasLocale(e.Value) {
				r.Report(config.Warning, e, "known are "+strings.Join(slices.Sorted(maps.Keys(locales)), ", "), "dates are written in English: the names of locale %s are not there", e.Value)
			}
		case "templatefile":
			text, err := os.ReadFile(e.Value)
			if err != nil {
				r.Report(config.Error, e, "name a file that can be read", "the text of template %s is not there: %v", t.name, err)
				continue
			}
			t.body = string(text)
		default:
			r.Report(config.Warning, e, config.Suggest(e.Key, slices.Values(miniTemplate)), "unknown option %s", e.Key)
		}
	}
	m.templates[t.name] = t
	m.forms = append(m.forms, t)
}

func (m *MiniFile) account(r *config.Reader, s *config.Section) {
	user, domain, _ := strings.Cut(s.Name, "@")
	if !safe(user) || !safe(domain) {
		r.Report(config.Warning, config.Entry{File: s.File, Line: s.Line}, "", "%s is no account, which is username@domain", s.Name)
		return
	}
	a := &account{user: user, domain: domain, email: s.Name, known: true}
	texts := map[string]*string{"etemplate": &a.template, "ptemplate": &a.pagerTemplate, "email": &a.email, "pager": &a.pager, "fullname": &a.name,
		"accountcode": &a.code, "pincode": &a.pin, "timezone": &a.zone, "language": &a.language, "serveremail": &a.server, "externnotify": &a.extern}
	for _, e := range s.Lines() {
		key := strings.ToLower(e.Key)
		switch at := texts[key]; {
		case at != nil:
			*at = e.Value
		case key == "setvar":
			if name, value, ok := strings.Cut(e.Value, "="); ok {
				a.variables = append(a.variables, [2]string{strings.TrimSpace(name), value})
			}
		case key == "volgain":
			gain, err := strconv.ParseFloat(strings.TrimSpace(e.Value), 64)
			if err != nil || gain < 0 || gain > 100 {
				r.Report(config.Warning, e, "give a number from 0 to 100", "volgain = %s is no gain", e.Value)
				continue
			}
			a.gain = gain
		default:
			known := append(slices.Collect(maps.Keys(texts)), "setvar", "volgain")
			r.Report(config.Warning, e, config.Suggest(e.Key, slices.Values(known)), "unknown option %s", e.Key)
		}
	}
	m.accounts[strings.ToLower(s.Name)] = a
	m.order = append(m.order, a)
}
