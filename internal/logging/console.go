package logging

import (
	"slices"
	"strconv"
	"sync/atomic"
)

// ConsoleSettings are what a console shows and how.
type ConsoleSettings struct {
	Levels    Levels
	Verbosity int  // -1 follows `core set verbose`
	Color     bool // for terminals
	Timestamp bool // times before Verbose lines, too: the flag -T
	// Show shows a line, with its end. verbosity is -1 for lines that are no
	// Verbose ones. It is called by whoever logs, several at a time, must not
	// wait, must not log and must not change the text.
	Show func(text []byte, verbosity int)
}

// A Console is somebody who watches: a terminal, a remote console, a test. Its
// methods may be called at any time.
type Console struct {
	logger           *Logger
	levels           atomic.Uint32
	verbosity        atomic.Int32
	muted            atomic.Bool
	color, timestamp bool
	show             func([]byte, int)
}

// Attach adds a console, until Detach.
func (l *Logger) Attach(s ConsoleSettings) *Console {
	c := l.console(s)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.attach(c)
	return c
}

func (l *Logger) console(s ConsoleSettings) *Console {
	c := &Console{logger: l, color: s.Color, timestamp: s.Timestamp, show: s.Show}
	c.levels.Store(uint32(s.Levels))
	c.verbosity.Store(int32(s.Verbosity))
	return c
}

// attach and detach change the list. l.mu is held.
func (l *Logger) attach(c *Console) {
	next := append(slices.Clone(*l.consoles.Load()), c)
	l.consoles.Store(&next)
	l.reckon()
}

func (l *Logger) detach(c *Console) {
	next := slices.DeleteFunc(slices.Clone(*l.consoles.Load()), func(one *Console) bool { return one == c })
	l.consoles.Store(&next)
	l.reckon()
}

// Detach takes the console away. Lines on their way may still come.
func (c *Console) Detach() {
	c.logger.mu.Lock()
	defer c.logger.mu.Unlock()
	c.logger.detach(c)
}

// Levels returns the levels that are shown.
func (c *Console) Levels() Levels { return Levels(c.levels.Load()) }

// SetLevel switches one level on or off, as `logger set level NAME on` does. It
// reports whether there is such a level.
func (c *Console) SetLevel(name string, on bool) bool {
	bits := levelNamed(name)
	if bits == 0 {
		return false
	}
	c.logger.mu.Lock()
	defer c.logger.mu.Unlock()
	if on {
		c.levels.Store(c.levels.Load() | uint32(bits))
	} else {
		c.levels.Store(c.levels.Load() &^ uint32(bits))
	}
	c.logger.reckon()
	return true
}

// Verbosity returns up to which verbosity lines are shown; -1 is that of `core
// set verbose`.
func (c *Console) Verbosity() int { return int(c.verbosity.Load()) }

// SetVerbosity sets it.
func (c *Console) SetVerbosity(level int) {
	c.logger.mu.Lock()
	defer c.logger.mu.Unlock()
	c.verbosity.Store(int32(level))
	c.logger.reckon()
}

// SetMuted has nothing shown, or things shown again: `logger mute`.
func (c *Console) SetMuted(muted bool) {
	c.logger.mu.Lock()
	defer c.logger.mu.Unlock()
	c.muted.Store(muted)
	c.logger.reckon()
}

// Muted reports whether nothing is shown.
func (c *Console) Muted() bool { return c.muted.Load() }

// The colours of Asterisk's console.
const (
	plainColor = "\x1b[0m"
	signColor  = "\x1b[1;30m"
	placeColor = "\x1b[1;37m"
)

func levelColor(b Levels) string {
	switch b {
	case errorBit, warningBit:
		return "\x1b[1;31m"
	case noticeBit:
		return "\x1b[1;33m"
	}
	return "\x1b[1;32m"
}

// decorate gives a line the colours and times that this console wants.
func (c *Console) decorate(e *entry, line []byte, date string) []byte {
	if !c.color && !(c.timestamp && e.bit == verboseBit) {
		return line
	}
	paint := func(b []byte, color, text string) []byte {
		if !c.color || text == "" {
			return append(b, text...)
		}
		return append(append(append(b, color...), text...), plainColor...)
	}
	b := make([]byte, 0, len(line)+80)
	if e.bit == verboseBit {
		if c.timestamp {
			b = append(appendDate(append(b, '['), e.time, date), "] "...)
		}
		b = paint(b, signColor, verboseSign(e.verbosity))
		return append(append(b, e.message...), '\n')
	}
	b = append(appendDate(append(b, '['), e.time, date), "] "...)
	b = paint(b, levelColor(e.bit), e.name)
	b = append(append(append(b, '['), pid...), ']')
	b = append(append(b, e.callID...), ": "...)
	b = append(paint(b, placeColor, e.at.file), ':')
	b = append(paint(b, placeColor, strconv.Itoa(e.at.line)), ' ')
	b = append(paint(b, placeColor, e.at.function), ": "...)
	return append(append(b, e.message...), '\n')
}
