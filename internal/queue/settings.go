package queue

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/media"
)

// general are the options of [general] of queues.conf.
type general struct {
	persistent        bool // members that were added come back after a restart
	sharedLastCall    bool // a call in one queue counts for the wrap-up in all
	negativeInvalid   bool // who has a negative penalty is no candidate
	memberNameAsAgent bool // the log names members by their names also where they are added
	unpauseOnReason   bool // a new reason of a pause is logged as the end of one and another
	restrictedCaller  bool // the log has caller IDs that are restricted
	callerName        bool // the log has the caller's name, too
	longestWaiting    bool // of several queues the caller who waits longest is first
	autofill          bool
}

// Settings are those of one queue. They are immutable.
type Settings struct {
	strategy strategy

	maxLength, weight             int
	timeout, retry                time.Duration // of one attempt; between two
	wrapup, serviceLevel          time.Duration
	memberDelay                   time.Duration
	penaltyMembers                int // up to so many members penalties mean nothing
	ringInUse, autofill           bool
	timeoutRestart                bool
	appTimeout                    bool // timeoutpriority: the application's comes first
	autopause                     string
	autopauseDelay                time.Duration
	autopauseBusy, autopauseAway  bool
	joinEmpty, leaveEmpty         Mask
	context                       string // of the keys by which callers leave
	rule                          string
	music                         string
	announce                      string // to the member
	reportHold                    bool
	setMember, setQueue, setEntry bool
	memberMacro, memberGosub      string
	monitorFormat                 string
	restrictedCaller, callerName  bool
	announcements
	members []memberLine
}

// announcements are what callers hear while they wait.
type announcements struct {
	frequency, least         time.Duration // of the position
	position                 string        // yes, no, limit or more
	positionLimit            int
	onlyUp, toFirst          bool
	holdTime                 string // yes, no or once
	round                    int    // seconds
	periodic                 []string
	periodicFrequency        time.Duration
	periodicDelay            time.Duration
	randomPeriodic, relative bool
	sounds                   map[string]string
}

// A memberLine is what the file says of a member.
type memberLine struct {
	iface, name, state string
	penalty            int
	ringInUse          *bool
	wrapup             time.Duration
	paused             bool

	mapped     bool   // it lies in a database,
	id, reason string // as this row, and with this reason of the pause
}

// soundDefaults are the prompts that a queue may have others for.
var soundDefaults = map[string]string{
	"queue-youarenext": "queue-youarenext", "queue-thereare": "queue-thereare", "queue-callswaiting": "queue-callswaiting",
	"queue-quantity1": "queue-quantity1", "queue-quantity2": "queue-quantity2", "queue-holdtime": "queue-holdtime",
	"queue-minutes": "queue-minutes", "queue-minute": "queue-minute", "queue-seconds": "queue-seconds",
	"queue-thankyou": "queue-thankyou", "queue-reporthold": "queue-reporthold", "queue-callerannounce": "",
}

// A File is what queues.conf says.
type File struct {
	general general
	queues  map[string]*Settings
	names   []string // in the order of the file
}

// Read reads queues.conf, which may be nil. more are queues that lie elsewhere, as
// sections of the same language: of a queue that the file has they add members.
func Read(f *config.File, more ...*config.File) (*File, []config.Diagnostic) {
	file := &File{queues: map[string]*Settings{}, general: general{autofill: true, restrictedCaller: true}}
	r := config.NewReader(nil)
	g := &file.general
	s := r.Section(f.Section("general"))
	g.persistent = s.Bool("persistentmembers", false)
	g.autofill = s.Bool("autofill", true)
	g.sharedLastCall = s.Bool("shared_lastcall", false)
	g.negativeInvalid = s.Bool("negative_penalty_invalid", false)
	g.memberNameAsAgent = s.Bool("log_membername_as_agent", false)
	g.unpauseOnReason = s.Bool("log_unpause_on_reason_change", false)
	g.restrictedCaller = s.Bool("log-restricted-caller-id", true)
	g.callerName = s.Bool("log-caller-id-name", false)
	g.longestWaiting = s.Bool("force_longest_waiting_caller", false)
	s.Word("monitor-type", "", "MixMonitor")
	s.Idle("updatecdr")
	s.Done()
	sections := f.Sections()
	own := len(sections)
	for _, one := range more {
		sections = append(sections[:len(sections):len(sections)], one.Sections()...)
	}
	for i, section := range sections {
		if section.Template || strings.EqualFold(section.Name, "general") {
			continue
		}
		q := readQueue(r, section, g, i >= own)
		key := strings.ToLower(section.Name)
		if known := file.queues[key]; known != nil && i >= own {
			known.members = append(known.members, q.members...)
			continue
		}
		if file.queues[key] == nil {
			file.names = append(file.names, section.Name)
		}
		file.queues[key] = q
	}
	return file, r.Diagnostics()
}

const seconds, longest = time.Second, 1<<31 - 1

func readQueue(r *config.Reader, section *config.Section, g *general, mapped bool) *Settings {
	s := r.Section(section)
	span := func(key string, otherwise int) time.Duration {
		return time.Duration(s.Int(key, otherwise, -longest, longest)) * seconds
	}
	q := &Settings{
		maxLength: max(s.Int("maxlen", 0, -longest, longest), 0), weight: s.Int("weight", 0, -longest, longest),
		timeout: span("timeout", 15), retry: span("retry", 5), wrapup: span("wrapuptime", 0), serviceLevel: span("servicelevel", 0),
		memberDelay: span("memberdelay", 0), penaltyMembers: s.Int("penaltymemberslimit", 0, -longest, longest),
		ringInUse: s.Bool("ringinuse", true), autofill: s.Bool("autofill", g.autofill), timeoutRestart: s.Bool("timeoutrestart", false),
		autopauseBusy: s.Bool("autopausebusy", false), autopauseAway: s.Bool("autopauseunavail", false), autopauseDelay: span("autopausedelay", 0),
		context: s.String("context", ""), rule: s.String("defaultrule", ""), music: s.String("musicclass", s.String("music", s.String("musiconhold", ""))),
		announce: s.String("announce", ""), reportHold: s.Bool("reportholdtime", false),
		setMember: s.Bool("setinterfacevar", false), setQueue: s.Bool("setqueuevar", false), setEntry: s.Bool("setqueueentryvar", false),
		memberMacro: s.String("membermacro", ""), memberGosub: s.String("membergosub", ""), monitorFormat: readMonitorFormat(r, s, section),
		restrictedCaller: s.Bool("log-restricted-caller-id", g.restrictedCaller), callerName: s.Bool("log-caller-id-name", g.callerName),
	}
	if q.retry <= 0 {
		q.retry = 5 * seconds
	}
	q.appTimeout = s.Word("timeoutpriority", "app", "app", "conf") != "conf"
	q.strategy = readStrategy(r, s, section)
	q.autopause = autopauseOf(s.String("autopause", "no"))
	q.joinEmpty = readMask(r, s, section, "joinempty", "yes", true)
	q.leaveEmpty = readMask(r, s, section, "leavewhenempty", "no", false)
	s.Word("monitor-type", "", "MixMonitor")
	s.Idle("eventwhencalled", "eventmemberstatus") // events are told to whoever listens
	readAnnouncements(s, &q.announcements)
	checkNegative(r, section)
	for _, line := range s.All("member") {
		m, wrong := parseMember(line, mapped)
		if wrong != "" {
			r.Report(config.Warning, entryOf(section, "member", line), "write member => TECHNOLOGY/NAME,PENALTY,NAME,STATE DEVICE", "member of queue %s: %s", section.Name, wrong)
		}
		if m.iface != "" {
			q.members = append(q.members, m)
		}
	}
	s.Done()
	return q
}

// readMonitorFormat reads in what calls are recorded.
func readMonitorFormat(r *config.Reader, s *config.SectionReader, section *config.Section) string {
	format := s.String("monitor-format", "")
	if e, ok := section.Entry("monitor-format"); ok && format != "" && !media.Writes(strings.ReplaceAll(format, "wav49", "WAV")) {
		r.Report(config.Warning, e, "use wav, wav49, gsm, ulaw or alaw", "monitor-format = %s of queue %s: nothing can be written so", format, section.Name)
	}
	return format
}

// notNegative are the options of which less than 0 counts as 0.
var notNegative = strings.Fields("maxlen announce-frequency min-announce-frequency periodic-announce-frequency")

// checkNegative tells of numbers that are taken for 0.
func checkNegative(r *config.Reader, section *config.Section) {
	for _, key := range notNegative {
		if e, ok := section.Entry(key); ok && section.Int(key, 0) < 0 {
			r.Report(config.Warning, e, "give 0 or more", "%s = %s of queue %s is less than 0, which counts as 0", e.Key, e.Value, section.Name)
		}
	}
}

func readStrategy(r *config.Reader, s *config.SectionReader, section *config.Section) strategy {
	text := strings.ToLower(strings.TrimSpace(s.String("strategy", "ringall")))
	if text == "roundrobin" { // an older name
		text = "rrmemory"
	}
	if i := slices.Index(strategyNames[:], text); i >= 0 {
		return strategy(i)
	}
	e, _ := section.Entry("strategy")
	r.Report(config.Warning, e, config.Suggest(text, slices.Values(strategyNames[:])), "'%s' isn't a valid strategy for queue '%s', using ringall instead", e.Value, section.Name)
	return ringAll
}

func autopauseOf(text string) string {
	switch {
	case strings.EqualFold(text, "all"):
		return "all"
	case config.True(text):
		return "yes"
	}
	return "no"
}

func readAnnouncements(s *config.SectionReader, a *announcements) {
	span := func(key string, otherwise int) time.Duration {
		return time.Duration(max(s.Int(key, otherwise, -longest, longest), 0)) * seconds
	}
	a.frequency, a.least = span("announce-frequency", 0), span("min-announce-frequency", 15)
	a.periodicFrequency, a.periodicDelay = span("periodic-announce-frequency", 0), span("periodic-announce-startdelay", -1)
	if !s.Has("periodic-announce-startdelay") {
		a.periodicDelay = -1
	}
	a.randomPeriodic, a.relative = s.Bool("random-periodic-announce", false), s.Bool("relative-periodic-announce", false)
	a.position = "yes"
	switch text := s.String("announce-position", "yes"); {
	case strings.EqualFold(text, "limit"):
		a.position = "limit"
	case strings.EqualFold(text, "more"):
		a.position = "more"
	case !config.True(text):
		a.position = "no"
	}
	a.positionLimit = s.Int("announce-position-limit", 5, -longest, longest)
	a.onlyUp, a.toFirst = s.Bool("announce-position-only-up", false), s.Bool("announce-to-first-user", false)
	switch text := s.String("announce-holdtime", "no"); {
	case strings.EqualFold(text, "once"):
		a.holdTime = "once"
	case config.True(text):
		a.holdTime = "yes"
	default:
		a.holdTime = "no"
	}
	if a.round = s.Int("announce-round-seconds", 0, -longest, longest); a.round < 0 || a.round > 60 {
		a.round = 0
	}
	a.periodic = []string{"queue-periodic-announce"}
	if text := s.String("periodic-announce", ""); text != "" {
		a.periodic = nil
		for _, name := range strings.Split(text, ",") {
			a.periodic = append(a.periodic, strings.TrimSpace(name))
		}
	}
	a.sounds = map[string]string{}
	for name, otherwise := range soundDefaults {
		a.sounds[name] = s.String(name, otherwise)
	}
}

// parseMember reads interface[,penalty[,name[,state interface[,ringinuse[,wrapup time[,paused]]]]]].
// Behind that one who lies in a database has the row's identity and the reason of the pause.
func parseMember(line string, mapped bool) (m memberLine, wrong string) {
	part := strings.Split(line, ",")
	for i := range part {
		part[i] = strings.Trim(strings.TrimSpace(part[i]), `"`)
	}
	part = append(part, make([]string, 9)...)
	m = memberLine{iface: part[0], name: part[2], state: part[3]}
	switch {
	case m.iface == "":
		return m, "it has no interface, and is left out"
	case !strings.Contains(m.iface, "/"):
		wrong = strconv.Quote(m.iface) + " has no technology, and can't be called"
	}
	if n, err := strconv.Atoi(part[1]); err == nil {
		m.penalty = n
	} else if part[1] != "" {
		wrong = "the penalty " + strconv.Quote(part[1]) + " is no number: 0 is taken"
	}
	if part[4] != "" {
		ring := config.True(part[4])
		m.ringInUse = &ring
	}
	if n, err := strconv.Atoi(part[5]); err == nil && n > 0 {
		m.wrapup = time.Duration(n) * seconds
	}
	m.paused = config.True(part[6])
	if mapped {
		m.mapped, m.id, m.reason = true, part[7], part[8]
	}
	return m, wrong
}

// entryOf is the line of a section with a key and a value, for who tells of it.
func entryOf(section *config.Section, key, value string) config.Entry {
	for _, e := range section.Lines() {
		if strings.EqualFold(e.Key, key) && e.Value == value {
			return e
		}
	}
	return config.Entry{File: section.File, Line: section.Line}
}
