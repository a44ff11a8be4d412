package logging

import (
	"path/filepath"
	"strings"

	"github.com/octothorpe/octothorpe/internal/config"
)

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

// Load reads logger.conf. Files are relative to dir: astlogdir.
func Load(f *config.File, dir string) (Settings, []config.Diagnostic) {
	var s Settings
	var problems []config.Diagnostic
	say := func(sev config.Severity, e config.Entry, problem, hint string) {
		problems = append(problems, config.Diagnostic{Severity: sev, File: e.File, Line: e.Line, Problem: problem, Hint: hint})
	}
	for _, e := range f.Section("general").Lines() {
		switch key := strings.ToLower(e.Key); {
		case key == "dateformat":
			s.DateFormat = e.Value
		case later[key]:
			say(config.Warning, e, "option "+e.Key+" is known and not honoured yet", "")
		default:
			say(config.Warning, e, "unknown option "+e.Key, "check the spelling")
		}
	}
	for _, e := range f.Section("logfiles").Lines() {
		value := e.Value
		if strings.HasPrefix(value, "[") {
			if _, rest, ok := strings.Cut(value, "]"); ok {
				value = rest
			}
		}
		levels, verbosity, unknown := ParseLevels(value)
		for _, word := range unknown {
			say(config.Warning, e, "unknown level "+word, "the levels are trace debug notice warning error verbose(n) dtmf fax security *")
		}
		switch {
		case e.Key == "console":
			s.Console = levels
		case strings.HasPrefix(e.Key, "syslog"):
			say(config.Warning, e, "syslog is not honoured yet", "name a file")
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
