package gateway

import (
	"io"
	"time"

	"github.com/octothorpe/octothorpe/agi"
)

// writeTime is how long a program may take to read what it asked for.
const writeTime = 10 * time.Second

// A stream is what a child process and a FastAGI server have in common: lines both
// ways. Its goroutine reads a command when it is asked for the next.
type stream struct {
	script *agi.Script
	to     interface{ SetWriteDeadline(time.Time) error }
	out    chan request
	more   chan struct{} // one slot
	done   chan struct{} // closed by stop
	over   chan struct{} // closed when the goroutine has ended
}

func newStream(from io.Reader, to interface {
	io.Writer
	SetWriteDeadline(time.Time) error
}) *stream {
	return &stream{script: agi.NewScript(from, to), to: to, out: make(chan request), more: make(chan struct{}, 1),
		done: make(chan struct{}), over: make(chan struct{})}
}

// read is the goroutine. It ends with the program, or after stop, once what it reads
// from is closed.
func (l *stream) read() {
	defer close(l.over)
	for {
		line, err := l.script.Command()
		select {
		case l.out <- request{line: line, err: err}:
		case <-l.done:
			return
		}
		if err != nil {
			return
		}
		select {
		case <-l.more:
		case <-l.done:
			return
		}
	}
}

func (l *stream) requests() <-chan request { return l.out }

func (l *stream) next() {
	select {
	case l.more <- struct{}{}:
	default: // asked already
	}
}

func (l *stream) start(e *agi.Environment) error {
	_ = l.to.SetWriteDeadline(time.Now().Add(writeTime))
	return l.script.Start(e)
}

func (l *stream) reply(_ string, r agi.Reply, whole bool) error {
	_ = l.to.SetWriteDeadline(time.Now().Add(writeTime))
	if whole {
		return l.script.ReplyEnd(r)
	}
	return l.script.Reply(r)
}

func (l *stream) endsWithLeg() bool { return false }
