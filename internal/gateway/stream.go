package gateway

import (
	"io"
	"sync/atomic"
	"time"

	"github.com/octothorpe/octothorpe/agi"
)

// writeTime is how long a program may take to read what it is told, and lastTime once
// nobody waits for it: the leg is hung up or wanted elsewhere.
const (
	writeTime = 10 * time.Second
	lastTime  = time.Second
)

// A stream is what a child process and a FastAGI server have in common: lines both
// ways. The leg's owner reads it itself; who wants the owner's attention sets a read
// deadline that has passed.
type stream struct {
	script *agi.Script
	from   source
	to     sink
	woken  atomic.Bool
}

type source interface {
	io.Reader
	SetReadDeadline(t time.Time) error
}

type sink interface {
	io.Writer
	SetWriteDeadline(t time.Time) error
}

func newStream(from source, to sink) *stream {
	return &stream{script: agi.NewScript(from, to), from: from, to: to}
}

func (l *stream) command() (request, error) {
	line, err := l.script.Command()
	return request{line: line}, err
}

// wake makes command return at once, now or when it is called. What is told from then
// on is not waited for long.
func (l *stream) wake() {
	l.woken.Store(true)
	_ = l.from.SetReadDeadline(time.Unix(1, 0))
}

// patience gives the program time to read what it is told next. It is the owner's.
func (l *stream) patience() {
	_ = l.to.SetWriteDeadline(time.Now().Add(writeTime))
	if l.woken.Load() { // asked afterwards, so that a wake in between is not undone
		_ = l.to.SetWriteDeadline(time.Now().Add(lastTime))
	}
}

// limit is how long command waits from now on; 0 is for ever.
func (l *stream) limit(d time.Duration) {
	var t time.Time
	if d > 0 {
		t = time.Now().Add(d)
	}
	_ = l.from.SetReadDeadline(t)
}

func (l *stream) start(e *agi.Environment) error {
	l.patience()
	return l.script.Start(e)
}

func (l *stream) reply(_ string, r agi.Reply, whole bool) error {
	l.patience()
	if whole {
		return l.script.ReplyEnd(r)
	}
	return l.script.Reply(r)
}

func (l *stream) endsWithLeg() bool { return false }
