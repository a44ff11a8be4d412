package logging

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// backlog is how many lines wait for the goroutine that writes files.
const backlog = 8192

// A Logger sends records to its channels.
type Logger struct {
	channels atomic.Pointer[[]*Channel]
	console  atomic.Pointer[consoleSink]
	verbose  atomic.Int32 // the most verbose of all that show lines
	debug    atomic.Int32
	dropped  atomic.Uint64
	format   atomic.Pointer[string] // dateformat, as strftime

	lines chan line
	done  chan struct{}
	mu    sync.Mutex // serialises changes of channels
}

type line struct {
	to   *Channel
	text []byte
	sync chan struct{} // not nil: no line, tell when all before is written
}

// consoleSink shows lines on consoles. It must not wait.
type consoleSink struct {
	show   func(text []byte, verbosity int)
	levels Levels
}

// A Channel is a place that lines go to.
type Channel struct {
	Name      string
	Kind      string // "File", "Console", "Syslog"
	Levels    Levels
	Verbosity int // -1 follows the console's
	Formatter string

	path string
	file *os.File // of the writing goroutine
	out  io.Writer
}

// New returns a logger without channels and starts its writer.
func New() *Logger {
	l := &Logger{lines: make(chan line, backlog), done: make(chan struct{})}
	l.channels.Store(&[]*Channel{})
	go l.write()
	return l
}

// Slog returns the slog.Logger through which the exchange logs.
func (l *Logger) Slog() *slog.Logger { return slog.New(&handler{logger: l}) }

// Close writes what waits and closes the files.
func (l *Logger) Close() {
	close(l.lines)
	<-l.done
}

// Flush waits until all lines so far are written.
func (l *Logger) Flush() {
	done := make(chan struct{})
	l.lines <- line{sync: done}
	<-done
}

// Dropped returns how many lines were lost because the disk was too slow.
func (l *Logger) Dropped() uint64 { return l.dropped.Load() }

// Channels returns the channels.
func (l *Logger) Channels() []*Channel { return *l.channels.Load() }

// SetVerbose and SetDebug set how much is logged; see `core set verbose`.
func (l *Logger) SetVerbose(level int) { l.verbose.Store(int32(level)) }

// SetDebug sets how much of Debug is logged; 0 is nothing.
func (l *Logger) SetDebug(level int) { l.debug.Store(int32(level)) }

// Verbosity and DebugLevel return what was set.
func (l *Logger) Verbosity() int { return int(l.verbose.Load()) }

// DebugLevel returns what SetDebug set.
func (l *Logger) DebugLevel() int { return int(l.debug.Load()) }

// ShowOn has lines of the levels shown by f, which must not wait. verbosity is
// -1 for lines that are no Verbose ones.
func (l *Logger) ShowOn(levels Levels, f func(text []byte, verbosity int)) {
	l.console.Store(&consoleSink{f, levels})
}

// SetDateFormat sets the format of times in lines, as strftime(3); empty is the
// usual "%b %e %T".
func (l *Logger) SetDateFormat(format string) {
	if format == "" {
		l.format.Store(nil)
		return
	}
	l.format.Store(&format)
}

// AddFile makes a file a channel, replacing one of that path.
func (l *Logger) AddFile(path string, levels Levels, verbosity int) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return fmt.Errorf("open log: %w", err)
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o640)
	if err != nil {
		return fmt.Errorf("open log: %w", err)
	}
	l.add(&Channel{Name: path, Kind: "File", Levels: levels, Verbosity: verbosity, Formatter: "default", path: path, file: f, out: f})
	return nil
}

func (l *Logger) add(c *Channel) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var list []*Channel
	for _, old := range l.Channels() {
		if old.Name != c.Name {
			list = append(list, old)
		}
	}
	list = append(list, c)
	l.channels.Store(&list)
}

// Remove takes a channel away. It reports whether there was one.
func (l *Logger) Remove(name string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	var list []*Channel
	for _, old := range l.Channels() {
		if old.Name != name {
			list = append(list, old)
		}
	}
	found := len(list) < len(l.Channels())
	l.channels.Store(&list)
	return found
}

// Clear takes all channels away, before a reload adds those of the new logger.conf.
func (l *Logger) Clear() { l.channels.Store(&[]*Channel{}) }

// Rotate renames every file to NAME.N and opens a new one.
func (l *Logger) Rotate() error {
	l.Flush()
	var first error
	for _, c := range l.Channels() {
		if c.path == "" {
			continue
		}
		n := 0
		for ; ; n++ {
			if _, err := os.Stat(c.path + "." + strconv.Itoa(n)); err != nil {
				break
			}
		}
		if err := os.Rename(c.path, c.path+"."+strconv.Itoa(n)); err != nil {
			first = orFirst(first, err)
			continue
		}
		first = orFirst(first, l.AddFile(c.path, c.Levels, c.Verbosity))
	}
	return first
}

func orFirst(first, next error) error {
	if first != nil {
		return first
	}
	return next
}

// write is the goroutine that writes files.
func (l *Logger) write() {
	defer close(l.done)
	lost := uint64(0)
	for n := range l.lines {
		if n.sync != nil {
			close(n.sync)
			continue
		}
		_, _ = n.to.out.Write(n.text) // a full disk has no better place to say so
		if now := l.dropped.Load(); now != lost && len(l.lines) < backlog/2 {
			fmt.Fprintf(n.to.out, "[%s] WARNING[%d] logging: %d lines were dropped\n", time.Now().Format(stamp), os.Getpid(), now-lost)
			lost = now
		}
	}
}

// stamp is the usual form of times, "%b %e %T".
const stamp = "Jan _2 15:04:05"

// handler is the slog.Handler of a Logger.
type handler struct {
	logger *Logger
	attrs  []slog.Attr
	group  string
}

// Enabled implements slog.Handler.
func (h *handler) Enabled(_ context.Context, level slog.Level) bool {
	l := h.logger
	if level <= Debug {
		return l.debug.Load() > 0
	}
	b, _ := bit(level)
	if s := l.console.Load(); s != nil && s.levels&b != 0 {
		return true
	}
	for _, c := range l.Channels() {
		if c.Levels&b != 0 {
			return true
		}
	}
	return false
}

// WithAttrs implements slog.Handler.
func (h *handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	next := *h
	next.attrs = append(h.attrs[:len(h.attrs):len(h.attrs)], attrs...)
	return &next
}

// WithGroup implements slog.Handler.
func (h *handler) WithGroup(name string) slog.Handler {
	next := *h
	next.group = h.group + name + "."
	return &next
}

// Handle implements slog.Handler.
func (h *handler) Handle(_ context.Context, r slog.Record) error {
	l := h.logger
	b, name := bit(r.Level)
	verbosity := -1
	var fields strings.Builder
	add := func(a slog.Attr) bool {
		if a.Key == verbosityKey {
			verbosity = int(a.Value.Int64())
			return true
		}
		fmt.Fprintf(&fields, " %s%s=%v", h.group, a.Key, quoted(a.Value))
		return true
	}
	for _, a := range h.attrs {
		add(a)
	}
	r.Attrs(add)
	if b == verboseBit && verbosity < 0 {
		verbosity = 1
	}
	var text []byte
	for _, c := range l.Channels() {
		if c.Levels&b == 0 || b == verboseBit && c.Verbosity >= 0 && verbosity > c.Verbosity ||
			b == verboseBit && c.Verbosity < 0 && verbosity > int(l.verbose.Load()) {
			continue
		}
		if text == nil {
			text = l.compose(r, name, fields.String())
		}
		select {
		case l.lines <- line{to: c, text: text}:
		default:
			l.dropped.Add(1)
		}
	}
	if s := l.console.Load(); s != nil && s.levels&b != 0 {
		if b == verboseBit {
			s.show([]byte("    -- "+r.Message+fields.String()+"\n"), verbosity)
		} else {
			if text == nil {
				text = l.compose(r, name, fields.String())
			}
			s.show(text, -1)
		}
	}
	return nil
}

func quoted(v slog.Value) string {
	text := v.String()
	if strings.ContainsAny(text, " \"\n=") {
		return strconv.Quote(text)
	}
	return text
}

// compose writes a line as Asterisk's log files have it, with our source file in
// the place of its.
func (l *Logger) compose(r slog.Record, name, fields string) []byte {
	when := r.Time.Format(stamp)
	if f := l.format.Load(); f != nil {
		when = dated(r.Time, *f)
	}
	file := "?"
	if r.PC != 0 {
		frame, _ := runtime.CallersFrames([]uintptr{r.PC}).Next()
		file = filepath.Base(frame.File)
	}
	message := strings.ReplaceAll(r.Message+fields, "\n", " ")
	return fmt.Appendf(nil, "[%s] %s[%d] %s: %s\n", when, name, os.Getpid(), file, message)
}

// dated writes a time in the few conversions of strftime(3) that dateformat has in practice.
func dated(t time.Time, format string) string {
	return strings.NewReplacer("%F", t.Format("2006-01-02"), "%T", t.Format("15:04:05"), "%Y", t.Format("2006"), "%m", t.Format("01"),
		"%d", t.Format("02"), "%H", t.Format("15"), "%M", t.Format("04"), "%S", t.Format("05"), "%b", t.Format("Jan"),
		"%e", t.Format("_2"), "%z", t.Format("-0700"), "%3q", t.Format(".000")[1:], "%q", t.Format(".000")[1:], "%%", "%").Replace(format)
}
