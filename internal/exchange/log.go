package exchange

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/octothorpe/octothorpe/internal/cli"
	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/logging"
)

// watching is what the terminal and remote consoles see of the log.
type watching struct {
	mu      sync.Mutex       // a leaf
	console *logging.Console // the terminal's place in the log
	levels  logging.Levels   // of logger.conf's console
}

// startLog makes the log and tells in it what was wrong before it was there.
func (x *Exchange) startLog() {
	x.screen = newScreen(x.options.Console)
	x.logs = logging.New()
	if x.options.Errors != nil {
		x.logs.SetLastResort(x.options.Errors)
	}
	x.logs.SetVerbose(x.system.Verbose)
	x.logs.SetDebug(x.system.Debug)
	x.log = x.logs.Slog()
	x.configureLog()
	x.report(x.early)
	x.early = nil
}

// report logs problems of the configuration; those that are found before there is
// a log are kept for it.
func (x *Exchange) report(list []config.Diagnostic) {
	if x.log == nil {
		x.early = append(x.early, list...)
		return
	}
	for _, d := range list {
		level := slog.LevelWarn
		if d.Severity == config.Error {
			level = slog.LevelError
		}
		attrs := []any{"at", d.Where()}
		if d.Hint != "" {
			attrs = append(attrs, "hint", d.Hint)
		}
		x.log.Log(context.Background(), level, d.Problem, attrs...)
	}
}

// readLogger reads logger.conf.
func readLogger(f *config.File, dir string) (logging.Settings, []config.Diagnostic) {
	settings, flaws := logging.Load(logLines(f, "general"), logLines(f, "logfiles"), dir)
	r := config.NewReader(nil)
	strayed(r, f, "general", "logfiles")
	problems := r.Diagnostics()
	for _, p := range flaws {
		if near := config.Nearest(p.Unknown, slices.Values(p.Known)); near != "" {
			p.Hint = "do you mean " + strings.ToLower(near) + "?"
		}
		problems = append(problems, config.Diagnostic{Severity: config.Warning, File: p.File, Line: p.Number, Problem: p.What, Hint: p.Hint})
	}
	return settings, problems
}

// logLines are the options of a section of logger.conf.
func logLines(f *config.File, section string) []logging.Line {
	var list []logging.Line
	for _, e := range f.Section(section).Lines() {
		list = append(list, logging.Line{Key: e.Key, Value: e.Value, File: e.File, Number: e.Line})
	}
	return list
}

// configureLog reads logger.conf and puts it in force. Without one only consoles
// show the log; one that can't be read leaves what is in force. What is wrong is
// told once the log goes where the file says.
func (x *Exchange) configureLog() {
	f, err := config.Load("logger.conf", config.Options{Dir: x.dirs.Etc, Exec: x.system.Execs})
	missing := errors.Is(err, os.ErrNotExist)
	if _, again := x.watching.shown(); again != nil && err != nil && !missing {
		x.log.Error("logger.conf was not read again; the log is as it was", "error", err)
		return
	}
	settings := logging.Settings{}
	var problems []config.Diagnostic
	if f != nil {
		problems = f.Diagnostics
	}
	if err == nil {
		x.read.add(f.Path)
		var flaws []config.Diagnostic
		settings, flaws = readLogger(f, x.dirs.Log)
		problems = append(slices.Clip(problems), flaws...)
	}
	applied := x.logs.Apply(settings)
	x.logger = settings
	x.configureQueueLog(settings, true)
	x.watchSecurity()
	x.attach(settings.Console)
	x.report(problems)
	if err != nil && !missing {
		x.log.Error("configuration can't be read", "file", "logger.conf", "error", err)
	}
	if applied != nil {
		x.log.Error("a log file can't be written", "error", applied)
		if out := x.options.Errors; out != nil && x.options.Console == nil {
			fmt.Fprintf(out, "a log file can't be written: %v\n", applied)
		}
	}
}

// attach gives the terminal and remote consoles their places in the log anew:
// what they always show, and the levels of logger.conf's console.
func (x *Exchange) attach(configured logging.Levels) {
	levels := watched(configured)
	w := &x.watching
	w.mu.Lock()
	if w.console != nil {
		w.console.Detach()
	}
	w.levels = configured
	o, sys := &x.options, &x.system
	w.console = x.logs.Attach(logging.ConsoleSettings{Levels: levels, Verbosity: -1, Show: func(text []byte, _ int) { x.screen.show(text) },
		Color: o.Color && !sys.NoColor, Timestamp: o.Timestamp || sys.Timestamp})
	w.console.SetMuted(x.screen == nil || o.Mute || sys.Mute) // or lines would be made for nobody
	w.mu.Unlock()
	if x.socket != nil {
		x.socket.Watch(x.watcher)
	}
}

// watched are the levels that a console shows: those of logger.conf's, and what
// every one shows.
func watched(configured logging.Levels) logging.Levels {
	always, _, _ := logging.ParseLevels("notice,warning,error,verbose")
	return always | configured
}

// watcher gives a remote console its place in the log.
func (x *Exchange) watcher(show func([]byte, int)) cli.Watcher {
	levels, _ := x.watching.shown()
	return x.logs.Attach(logging.ConsoleSettings{Levels: watched(levels), Show: show})
}

// shown returns the levels of logger.conf's console, and the terminal's place in
// the log.
func (w *watching) shown() (logging.Levels, *logging.Console) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.levels, w.console
}
