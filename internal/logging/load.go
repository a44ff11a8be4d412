package logging

import (
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// A Line is an option of logger.conf and its place.
type Line struct {
	Key, Value string
	File       string
	Number     int
}

// A Problem is what is wrong with a line, and what may be known and not honoured.
type Problem struct {
	Line
	What, Hint string
	// Unknown is a word that is not known, and Known are those that may be meant.
	Unknown string
	Known   []string
}

// Settings is logger.conf.
type Settings struct {
	DateFormat     string // of strftime(3); empty is the usual one
	AppendHostname bool   // to the names of files
	NoCallIDs      bool   // use_callids=no
	RotateStrategy string // see Rotate
	AfterRotate    string // exec_after_rotate
	QueueLimit     int    // lines; 0 is as many as usual
	NoQueueLog     bool   // queue_log=no
	QueueLogName   string // of the file of queues; empty is queue_log
	QueueLogToFile bool   // there, too, where it goes to a database
	QueueLogGMT    bool   // the times in a database are UTC
	QueueLogParted bool   // queue_adaptive_realtime: in columns data1 to data5, where it can't be seen whether the table has them

	Console          Levels
	ConsoleVerbosity int // -1, and 0 where Console has no Verbose, follow `core set verbose`
	Files            []FileSettings
	Syslogs          []FileSettings // whose Path is "syslog.facility"
}

// FileSettings is a line of [logfiles] that names a file.
type FileSettings struct {
	Path      string
	Levels    Levels
	Verbosity int    // -1 follows `core set verbose`
	Formatter string // "default" (also if empty), "json" or "plain"
}

// later are options of [general] that Asterisk knows and that change nothing here yet, and
// what is left to do.
var later = map[string]string{"log_calls": "calls have no file of their own"}

// honoured are the options of [general] that change something.
var honoured = []string{"dateformat", "appendhostname", "use_callids", "exec_after_rotate", "rotatestrategy", "logger_queue_limit",
	"queue_log", "queue_log_to_file", "queue_log_name", "queue_log_realtime_use_gmt", "queue_adaptive_realtime"}

// loader reads Settings.
type loader struct {
	settings Settings
	problems []Problem
	dir      string
}

func (l *loader) say(e Line, hint, format string, args ...any) {
	l.problems = append(l.problems, Problem{Line: e, What: fmt.Sprintf(format, args...), Hint: hint})
}

// unknown is say of a word that may be misspelt.
func (l *loader) unknown(e Line, word string, known []string, hint, what string) {
	l.problems = append(l.problems, Problem{Line: e, What: "unknown " + what + " " + word, Hint: hint, Unknown: word, Known: known})
}

// Load reads the sections general and logfiles of logger.conf. Files are relative
// to dir: astlogdir. Of an option of general that is written several times the
// first one counts, as in Asterisk.
func Load(general, logfiles []Line, dir string) (Settings, []Problem) {
	l := &loader{dir: dir}
	seen := map[string]bool{}
	for _, e := range general {
		key := strings.ToLower(e.Key)
		if !seen[key] {
			seen[key] = true
			l.general(key, e)
		}
	}
	for _, e := range logfiles {
		l.logfile(e)
	}
	return l.settings, l.problems
}

func (l *loader) general(key string, e Line) {
	s := &l.settings
	switch key {
	case "dateformat":
		s.DateFormat = e.Value
	case "appendhostname":
		s.AppendHostname = yes(e.Value)
	case "use_callids":
		s.NoCallIDs = !yes(e.Value)
	case "exec_after_rotate":
		s.AfterRotate = e.Value
	case "queue_log":
		s.NoQueueLog = !yes(e.Value)
	case "queue_log_to_file":
		s.QueueLogToFile = yes(e.Value)
	case "queue_log_realtime_use_gmt":
		s.QueueLogGMT = yes(e.Value)
	case "queue_adaptive_realtime":
		s.QueueLogParted = yes(e.Value)
	case "queue_log_name":
		s.QueueLogName = e.Value
	case "rotatestrategy":
		switch s.RotateStrategy = strings.ToLower(e.Value); s.RotateStrategy {
		case "none", "sequential", "rotate", "timestamp":
		default:
			l.say(e, "known are none, sequential, rotate, timestamp", "rotatestrategy = %s is not known", e.Value)
			s.RotateStrategy = ""
		}
	case "logger_queue_limit":
		n, err := strconv.Atoi(e.Value)
		switch {
		case err != nil || n < 1:
			l.say(e, "give a whole number above 0", "%s = %s is no number of lines", e.Key, e.Value)
		case n > backlog:
			l.say(e, "", "%s: no more than %d lines can wait", e.Key, backlog)
			s.QueueLimit = backlog
		default:
			s.QueueLimit = n
		}
	default:
		if later[key] != "" {
			l.say(e, "", "option %s is known and not honoured yet: %s", e.Key, later[key])
		} else {
			l.unknown(e, e.Key, slices.AppendSeq(slices.Clone(honoured), maps.Keys(later)), "check the spelling", "option")
		}
	}
}

// yes reads a truth as Asterisk does.
func yes(v string) bool {
	switch strings.ToLower(v) {
	case "yes", "true", "y", "t", "1", "on":
		return true
	}
	return false
}

// logfile reads NAME => [formatter]levels.
func (l *loader) logfile(e Line) {
	value, formatter := e.Value, "default"
	if word, rest, ok := strings.Cut(value, "]"); ok && strings.HasPrefix(word, "[") {
		formatter, value = strings.TrimSpace(word[1:]), rest
	}
	if _, known := formNamed(formatter); !known {
		l.say(e, "known are default, plain, json", "unknown formatter %s: default is used", formatter)
		formatter = "default"
	}
	levels, verbosity, unknown := ParseLevels(value)
	for _, word := range unknown {
		l.unknown(e, word, LevelNames(), "the levels are debug trace notice warning error verbose(n) dtmf fax security *", "level")
	}
	one := FileSettings{Path: e.Key, Levels: levels, Verbosity: verbosity, Formatter: strings.ToLower(formatter)}
	switch {
	case strings.EqualFold(e.Key, "console"):
		l.settings.Console, l.settings.ConsoleVerbosity = levels, verbosity
	case len(e.Key) >= 6 && strings.EqualFold(e.Key[:6], "syslog"):
		if _, ok := facility(e.Key); !ok {
			l.say(e, "write syslog.local0 or the like", "%s: unknown facility", e.Key)
			return
		}
		l.settings.Syslogs = append(l.settings.Syslogs, one)
	default:
		if !filepath.IsAbs(one.Path) {
			one.Path = filepath.Join(l.dir, one.Path)
		}
		l.settings.Files = append(l.settings.Files, one)
	}
}

// Apply replaces the channels of a logger by those of the settings, at once, so
// that no line is lost between the old ones and the new; a file that stays is
// opened anew. What can't be opened is reported; the others are in force.
func (l *Logger) Apply(s Settings) error {
	l.SetDateFormat(s.DateFormat)
	l.callIDs.Store(!s.NoCallIDs)
	l.rotate.Store(&rotation{s.RotateStrategy, s.AfterRotate})
	limit := s.QueueLimit
	if limit <= 0 {
		limit = usualBacklog
	}
	limit = min(limit, backlog)
	l.writer.limit.Store(int32(limit))
	host := ""
	if s.AppendHostname {
		host = hostname()
	}
	l.host.Store(&host)
	var next []*Channel
	var errs []error
	add := func(c *Channel, err error) {
		if err != nil {
			errs = append(errs, err)
			return
		}
		same := func(other *Channel) bool { return other.Name == c.Name }
		if at := slices.IndexFunc(next, same); at >= 0 { // the last line of a name counts
			next[at].end() // nobody has written to it
			next[at] = c
			return
		}
		next = append(next, c)
	}
	for _, f := range s.Files {
		if host != "" {
			f.Path += "." + host
		}
		add(l.openChannel(f, false))
	}
	for _, f := range s.Syslogs {
		add(openSyslog(f.Path, f.Levels, f.Verbosity))
	}
	l.replace(next)
	return errors.Join(errs...)
}
