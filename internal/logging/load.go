package logging

import (
	"path/filepath"
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
}

// Settings is logger.conf.
type Settings struct {
	DateFormat string
	Console    Levels
	Files      []FileSettings
}

// FileSettings is a line of [logfiles] that names a file.
type FileSettings struct {
	Path      string
	Levels    Levels
	Verbosity int
}

// later are options of [general] that Asterisk knows and that change nothing here yet.
var later = map[string]bool{"appendhostname": true, "queue_log": true, "queue_log_to_file": true, "queue_log_name": true,
	"rotatestrategy": true, "exec_after_rotate": true, "use_callids": true, "logger_queue_limit": true,
	"log_calls": true, "queue_log_realtime_use_gmt": true}

// Load reads the sections general and logfiles of logger.conf. Files are relative
// to dir: astlogdir.
func Load(general, logfiles []Line, dir string) (Settings, []Problem) {
	var s Settings
	var problems []Problem
	say := func(e Line, what, hint string) { problems = append(problems, Problem{e, what, hint}) }
	for _, e := range general {
		switch key := strings.ToLower(e.Key); {
		case key == "dateformat":
			s.DateFormat = e.Value
		case later[key]:
			say(e, "option "+e.Key+" is known and not honoured yet", "")
		default:
			say(e, "unknown option "+e.Key, "check the spelling")
		}
	}
	for _, e := range logfiles {
		value := e.Value
		if strings.HasPrefix(value, "[") {
			if _, rest, ok := strings.Cut(value, "]"); ok {
				value = rest
			}
		}
		levels, verbosity, unknown := ParseLevels(value)
		for _, word := range unknown {
			say(e, "unknown level "+word, "the levels are trace debug notice warning error verbose(n) dtmf fax security *")
		}
		switch {
		case e.Key == "console":
			s.Console = levels
		case strings.HasPrefix(e.Key, "syslog"):
			say(e, "syslog is not honoured yet", "name a file")
		default:
			path := e.Key
			if !filepath.IsAbs(path) {
				path = filepath.Join(dir, path)
			}
			s.Files = append(s.Files, FileSettings{path, levels, verbosity})
		}
	}
	return s, problems
}

// Apply replaces the files of a logger by those of the settings. Files that
// can't be opened are reported; the others are in force.
func (l *Logger) Apply(s Settings) error {
	l.SetDateFormat(s.DateFormat)
	l.Clear()
	var first error
	for _, f := range s.Files {
		first = orFirst(first, l.AddFile(f.Path, f.Levels, f.Verbosity))
	}
	return first
}
