package queue

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// A Log is queue_log: a line for each thing that happens in queues, by which calls are
// accounted for.
//
// Write never waits for the disk: lines gather until the log's goroutine has written
// those before. Past maxLines the newest are dropped and counted.
type Log struct {
	mu      sync.Mutex // a leaf
	waiting []byte
	rows    []Line // that wait, for the table
	lines   int
	path    string // "": nothing is written
	table   func([]Line) error
	reopen  bool
	dropped atomic.Uint64

	wake chan struct{}
	stop chan struct{}
	done chan struct{}
	once sync.Once
	now  func() time.Time
	fail func(error)
}

// maxLines is how many lines may wait for the disk: some hours of a large call centre.
const maxLines = 1 << 20

// NewLog returns a log that goes nowhere yet, and starts its goroutine, which Close
// ends. fail is told what can't be written.
func NewLog(fail func(error)) *Log {
	l := &Log{wake: make(chan struct{}, 1), stop: make(chan struct{}), done: make(chan struct{}), now: time.Now, fail: fail}
	go l.run()
	return l
}

// A Line is one of the log, for who keeps it elsewhere than in the file.
type Line struct {
	Time                      time.Time
	Call, Queue, Agent, Event string
	Data                      []string
}

// LogSettings are those of [general] of logger.conf.
type LogSettings struct {
	Folder, Name string
	Off          bool // no file
	// Table takes lines, in order; nil: they go to the file alone. It waits for no database.
	Table func([]Line) error
}

// Configure says where the log goes from now on.
func (l *Log) Configure(s LogSettings) {
	path := ""
	if !s.Off {
		name := s.Name
		if name == "" {
			name = "queue_log"
		}
		path = filepath.Join(s.Folder, name)
	}
	l.mu.Lock()
	l.path, l.table, l.reopen = path, s.Table, true
	l.mu.Unlock()
	l.poke()
}

// Reopen has the file opened anew: it was put away under another name.
func (l *Log) Reopen() {
	l.mu.Lock()
	l.reopen = true
	l.mu.Unlock()
	l.poke()
}

// Path returns where the log goes; "" is nowhere.
func (l *Log) Path() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.path
}

// Write adds a line: call is the unique ID of the caller, or who did it.
func (l *Log) Write(queue, call, agent, event string, data ...string) {
	if l == nil {
		return
	}
	l.mu.Lock()
	if l.path == "" && l.table == nil {
		l.mu.Unlock()
		return
	}
	if l.lines >= maxLines {
		l.mu.Unlock()
		l.dropped.Add(1)
		return
	}
	l.lines++
	now := l.now()
	if l.table != nil {
		l.rows = append(l.rows, Line{now, call, queue, agent, event, slices.Clone(data)})
	}
	if l.path != "" {
		b := strconv.AppendInt(l.waiting, now.Unix(), 10)
		for _, part := range append([]string{call, queue, agent, event}, data...) {
			b = append(append(b, '|'), strings.ReplaceAll(part, "\n", " ")...)
		}
		l.waiting = append(b, '\n')
	}
	l.mu.Unlock()
	l.poke()
}

// Dropped returns how many lines were lost.
func (l *Log) Dropped() uint64 { return l.dropped.Load() }

func (l *Log) poke() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// Close writes what waits and ends the log.
func (l *Log) Close() {
	l.once.Do(func() { close(l.stop) })
	<-l.done
}

func (l *Log) run() {
	defer close(l.done)
	var f *os.File
	defer func() {
		if f != nil {
			_ = f.Close()
		}
	}()
	for {
		select {
		case <-l.wake:
			f = l.write(f)
		case <-l.stop:
			f = l.write(f)
			return
		}
	}
}

// write puts what waits into the file, which it opens if need be.
func (l *Log) write(f *os.File) *os.File {
	l.mu.Lock()
	text, rows, table, lines, path, reopen := l.waiting, l.rows, l.table, l.lines, l.path, l.reopen
	l.waiting, l.rows, l.lines, l.reopen = nil, nil, 0, false
	l.mu.Unlock()
	if len(rows) > 0 && table != nil {
		if err := table(rows); err != nil {
			l.dropped.Add(uint64(len(rows)))
			l.fail(fmt.Errorf("queue_log in a database: %w", err))
		}
	}
	if reopen && f != nil {
		_ = f.Close()
		f = nil
	}
	if len(text) == 0 {
		return f
	}
	var err error
	if f == nil {
		f, err = os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o640)
	}
	if err == nil {
		_, err = f.Write(text)
	}
	if err != nil {
		l.dropped.Add(uint64(lines))
		l.fail(fmt.Errorf("queue_log: %w", err))
		if f != nil {
			_ = f.Close()
		}
		return nil
	}
	return f
}
