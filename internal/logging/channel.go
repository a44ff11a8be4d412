package logging

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// A Channel is a place that lines go to: a file or syslog.
type Channel struct {
	Name      string // a file's path, or "syslog.local0"
	Kind      string // "File" or "Syslog"
	Levels    Levels
	Verbosity int    // -1 follows `core set verbose`
	Formatter string // "default", "json" or "plain"
	Dynamic   bool   // added while running

	form form

	// of the writer's goroutine
	file    io.WriteCloser
	syslog  *syslogger
	waiting []byte
	held    int // lines in waiting
}

// Configuration is what `logger show channels` says last: " - NOTICE WARNING ".
func (c *Channel) Configuration() string {
	if c.Levels == 0 {
		return " - "
	}
	return " - " + c.Levels.String() + " "
}

// end closes a channel. Lines for it are dropped then.
func (c *Channel) end() {
	if c.file != nil {
		_ = c.file.Close()
		c.file = nil
	}
	if c.syslog != nil {
		c.syslog.close()
		c.syslog = nil
	}
}

// Add makes a file a channel, in the place of one with that path. The folder is
// made if it is missing. dynamic is for those that people add while the exchange
// runs.
func (l *Logger) Add(s FileSettings, dynamic bool) error {
	c, err := l.openChannel(s, dynamic)
	if err == nil {
		l.put(c)
	}
	return err
}

// openChannel opens a file as a channel that is not yet in use.
func (l *Logger) openChannel(s FileSettings, dynamic bool) (*Channel, error) {
	f, ok := formNamed(s.Formatter)
	if !ok {
		return nil, fmt.Errorf("open log %s: unknown formatter %s", s.Path, s.Formatter)
	}
	if err := os.MkdirAll(filepath.Dir(s.Path), 0o750); err != nil {
		return nil, fmt.Errorf("open log %s: %w", s.Path, err)
	}
	file, err := openFile(s.Path)
	if err != nil {
		return nil, fmt.Errorf("open log: %w", err)
	}
	if err := l.greet(file); err != nil {
		_ = file.Close()
		return nil, fmt.Errorf("open log %s: %w", s.Path, err)
	}
	return &Channel{Name: s.Path, Kind: "File", Levels: s.Levels, Verbosity: s.Verbosity, Formatter: formatterName(f), Dynamic: dynamic, form: f, file: file}, nil
}

// greet begins a file with the banner.
func (l *Logger) greet(w io.Writer) error {
	banner := *l.banner.Load()
	if banner == "" {
		return nil
	}
	line := append(appendDate([]byte{'['}, time.Now(), *l.date.Load()), "] "+banner+"\n"...)
	_, err := w.Write(line)
	return err
}

func formatterName(f form) string {
	switch f {
	case jsonForm:
		return "json"
	case plainForm:
		return "plain"
	}
	return "default"
}

// put adds a channel and ends the one of that name.
func (l *Logger) put(c *Channel) {
	old := l.exchange(c.Name, c)
	if old != nil {
		l.writer.run(old.end)
	}
}

// Remove takes a channel away. It reports whether there was one.
func (l *Logger) Remove(name string) bool {
	old := l.exchange(name, nil)
	if old != nil {
		l.writer.run(old.end)
	}
	return old != nil
}

// exchange puts a channel, if it is not nil, in the place of the one of a name,
// which it returns.
func (l *Logger) exchange(name string, c *Channel) (old *Channel) {
	l.mu.Lock()
	defer l.mu.Unlock()
	next := slices.Clone(*l.channels.Load())
	at := slices.IndexFunc(next, func(one *Channel) bool { return one.Name == name })
	if at >= 0 {
		old = next[at]
	}
	switch {
	case at >= 0 && c != nil:
		next[at] = c
	case at >= 0:
		next = slices.Delete(next, at, at+1)
	case c != nil:
		next = append(next, c)
	}
	l.channels.Store(&next)
	l.reckon()
	return old
}

// replace puts channels in the place of all others, which it ends behind the lines
// that wait for them.
func (l *Logger) replace(next []*Channel) {
	l.mu.Lock()
	old := *l.channels.Load()
	l.channels.Store(&next)
	l.reckon()
	l.mu.Unlock()
	if len(old) > 0 {
		l.writer.run(func() {
			for _, c := range old {
				c.end()
			}
		})
	}
}
