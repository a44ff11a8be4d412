package logging

import (
	"io"
	"log/slog"
	"maps"
	"os"
	"path"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// A Logger sends records to its channels and consoles.
type Logger struct {
	channels atomic.Pointer[[]*Channel]
	consoles atomic.Pointer[[]*Console]
	modules  atomic.Pointer[map[string]int]

	verbose atomic.Int32 // core set verbose
	debug   atomic.Int32 // core set debug
	trace   atomic.Int32
	callIDs atomic.Bool
	date    atomic.Pointer[string] // dateformat, as strftime
	host    atomic.Pointer[string] // the name in JSON, where it is wanted
	banner  atomic.Pointer[string]
	rotate  atomic.Pointer[rotation]
	callOf  atomic.Pointer[func(channel string) string]
	filter  atomic.Pointer[filter]

	// what follows from all of these
	wanted  atomic.Uint32 // Levels that anybody takes
	most    atomic.Int32  // verbosity of the most verbose
	deepest atomic.Int32  // depth of debug of the most curious module

	writer writer
	mu     sync.Mutex // serialises changes; never held while logging
}

// New returns a logger without channels and starts its writer; Close ends it.
func New() *Logger {
	l := &Logger{}
	l.channels.Store(&[]*Channel{})
	l.consoles.Store(&[]*Console{})
	l.modules.Store(&map[string]int{})
	l.filter.Store(&filter{})
	l.callIDs.Store(true)
	l.SetDateFormat("")
	l.host.Store(new(string))
	l.banner.Store(new(string))
	l.rotate.Store(&rotation{})
	l.writer.start(l)
	return l
}

// Slog returns the slog.Logger through which the exchange logs.
func (l *Logger) Slog() *slog.Logger { return slog.New(&handler{logger: l}) }

// Close writes what waits and closes the files. What is logged later is shown on
// consoles and counted as dropped.
func (l *Logger) Close() { l.writer.close() }

// Flush waits until all lines so far are written.
func (l *Logger) Flush() { l.writer.run(func() {}) }

// Dropped returns how many lines were lost because the disk was too slow, full or
// gone.
func (l *Logger) Dropped() uint64 { return l.writer.dropped.Load() }

// SetLastResort sets where it is said, in a line a minute at most, that a file can't
// be written. It is written to by the goroutine that owns the files.
func (l *Logger) SetLastResort(w io.Writer) { l.writer.lastResort.Store(&w) }

// QueueLimit returns how many lines may wait for the disk.
func (l *Logger) QueueLimit() int { return int(l.writer.limit.Load()) }

// SetVerbose sets how much of Verbose is shown by those that have no level of
// their own: `core set verbose`. 0 shows the little that is always shown.
func (l *Logger) SetVerbose(level int) { l.set(&l.verbose, level) }

// Verbosity returns what SetVerbose set.
func (l *Logger) Verbosity() int { return int(l.verbose.Load()) }

// SetDebug sets how much of Debug is logged, for all modules; 0 is nothing.
func (l *Logger) SetDebug(level int) { l.set(&l.debug, level) }

// DebugLevel returns what SetDebug set.
func (l *Logger) DebugLevel() int { return int(l.debug.Load()) }

// SetTrace sets whether Trace is logged; 0 is nothing.
func (l *Logger) SetTrace(level int) { l.set(&l.trace, level) }

// TraceLevel returns what SetTrace set.
func (l *Logger) TraceLevel() int { return int(l.trace.Load()) }

func (l *Logger) set(at *atomic.Int32, level int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	at.Store(int32(min(max(level, 0), 100)))
	l.reckon()
}

// SetModuleDebug sets how much of Debug one module logs, where that is more than
// of all; 0 forgets it. A module is a package or a source file, with or without
// its extension. It returns what was set before.
func (l *Logger) SetModuleDebug(module string, level int) (before int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	next := maps.Clone(*l.modules.Load())
	before = next[module]
	if level > 0 {
		next[module] = level
	} else {
		delete(next, module)
	}
	l.modules.Store(&next)
	l.reckon()
	return before
}

// ModuleDebug returns what SetModuleDebug set, by module. It must not be changed.
func (l *Logger) ModuleDebug() map[string]int { return *l.modules.Load() }

// debugOf returns how much of Debug the code logs that is at pc in a file.
func (l *Logger) debugOf(file string, pc uintptr) int {
	level := int(l.debug.Load())
	modules := *l.modules.Load()
	if len(modules) == 0 {
		return level
	}
	frame, _ := runtime.CallersFrames([]uintptr{pc}).Next()
	room, _, _ := strings.Cut(path.Base(frame.Function), ".")
	return max(level, modules[file], modules[strings.TrimSuffix(file, ".go")], modules[room])
}

// ShowsVerbose reports whether anybody takes Verbose records of a level.
func (l *Logger) ShowsVerbose(level int) bool {
	return Levels(l.wanted.Load())&verboseBit != 0 && level <= int(l.most.Load())
}

// SetDateFormat sets the format of times in lines, as strftime(3) with %3q for
// milliseconds; empty is the usual "%b %e %T".
func (l *Logger) SetDateFormat(format string) {
	if format == "" {
		format = usual
	}
	l.date.Store(&format)
}

// SetCallOf sets how the call of a record is found that has the attribute
// "channel" and no CallID: it returns "C-00000001", or "" where there is none. It
// is called by whoever logs, must not wait and must not log.
func (l *Logger) SetCallOf(find func(channel string) string) { l.callOf.Store(&find) }

// SetBanner sets the line with which files begin: who writes them. Empty is none.
func (l *Logger) SetBanner(text string) { l.banner.Store(&text) }

// Channels returns the channels, that of the file's last line first, as
// `logger show channels` lists them.
func (l *Logger) Channels() []*Channel {
	list := slices.Clone(*l.channels.Load())
	slices.Reverse(list)
	return list
}

// reckon works out who wants what, after a change. l.mu is held.
func (l *Logger) reckon() {
	wanted, most, deepest := Levels(0), int32(-1), l.debug.Load()
	look := func(levels Levels, verbosity int) {
		wanted |= levels
		if levels&verboseBit != 0 {
			if verbosity < 0 { // AnyVerbosity, too: it takes what others have asked for
				verbosity = int(l.verbose.Load())
			}
			most = max(most, int32(verbosity))
		}
	}
	for _, c := range *l.channels.Load() {
		look(c.Levels, c.Verbosity)
	}
	for _, c := range *l.consoles.Load() {
		if !c.muted.Load() {
			look(c.Levels(), c.Verbosity())
		}
	}
	for _, level := range *l.modules.Load() {
		deepest = max(deepest, int32(level))
	}
	l.wanted.Store(uint32(wanted))
	l.most.Store(most)
	l.deepest.Store(deepest)
}

// send hands an entry to all who want it.
func (l *Logger) send(e *entry) {
	if !l.filter.Load().passes(e) {
		return
	}
	var lines [forms][]byte
	root := l.Verbosity()
	line := func(f form) []byte {
		if lines[f] == nil {
			lines[f] = e.render(f, *l.date.Load(), *l.host.Load())
		}
		return lines[f]
	}
	for _, c := range *l.channels.Load() {
		if takes(c.Levels, c.Verbosity, root, e) {
			l.writer.put(c, line(c.form), e.bit)
		}
	}
	for _, c := range *l.consoles.Load() {
		if c.muted.Load() || !takes(c.Levels(), c.Verbosity(), root, e) {
			continue
		}
		c.show(c.decorate(e, line(consoleForm), *l.date.Load()), e.verbosity)
	}
}

// takes reports whether an entry is for someone with these levels and verbosity,
// -1 of which is root.
func takes(levels Levels, verbosity, root int, e *entry) bool {
	anything := verbosity == AnyVerbosity
	if verbosity < 0 {
		verbosity = root
	}
	return levels&e.bit != 0 && (anything || e.verbosity <= verbosity)
}

// hostname is the machine's name, or "".
func hostname() string {
	name, err := os.Hostname()
	if err != nil {
		return ""
	}
	return name
}
