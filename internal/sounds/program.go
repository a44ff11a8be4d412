package sounds

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os/exec"
	"sync"
	"syscall"
	"time"

	"github.com/octothorpe/octothorpe/internal/media"
)

// A program makes the music of a class of mode custom: it writes sound to its standard
// output, which all listeners hear as it comes. It runs while somebody listens, and is
// started again when it ends.
type program struct {
	class string
	line  string // for /bin/sh
	form  *media.Format
	group bool          // kill_method: all processes that it has started are ended, too
	delay time.Duration // kill_escalation_delay: from SIGTERM to SIGKILL
	log   *slog.Logger

	mu        sync.Mutex // a leaf
	listeners int
	now       *performance // nil while nobody listens
}

// A performance is a program that runs, and the sound that it made last.
type performance struct {
	program *program
	cancel  context.CancelFunc
	ended   chan struct{}

	mu    sync.Mutex // a leaf
	ring  [ringFrames][]byte
	count int // frames so far; the last ones are in ring, by count modulo its length
}

// Of what a program makes a listener has at most ringFrames of 20 ms waiting; from
// programBehind on it goes on with what is new.
const (
	ringFrames    = 64
	programBehind = 25
	programRest   = time.Second // before a program that has ended is started again
)

// listen returns the music of a program from now on.
func (p *program) listen() *listener {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.listeners++; p.now == nil {
		ctx, cancel := context.WithCancel(context.Background())
		p.now = &performance{program: p, cancel: cancel, ended: make(chan struct{})}
		go p.now.run(ctx) // until the last listener leaves
	}
	l := &listener{from: p.now, silence: media.Frame{Kind: media.Voice, Format: p.form, Data: silenceOf(p.form), Samples: p.form.Rate / 50}}
	p.now.mu.Lock()
	l.at = p.now.count
	p.now.mu.Unlock()
	return l
}

// leave ends the program when nobody listens any more.
func (p *program) leave() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.listeners--; p.listeners == 0 {
		p.now.cancel()
		p.now = nil
	}
}

// silenceOf is 20 ms of silence.
func silenceOf(f *media.Format) []byte {
	data := make([]byte, f.BytesIn(f.Rate/50))
	fill := byte(0)
	switch f {
	case media.ULaw:
		fill = 0xff
	case media.ALaw:
		fill = 0xd5
	}
	for i := range data {
		data[i] = fill
	}
	return data
}

func (n *performance) run(ctx context.Context) {
	defer close(n.ended)
	for ctx.Err() == nil {
		if err := n.play(ctx); ctx.Err() == nil {
			n.program.log.Warn("the program of music on hold ended, and is started again", "class", n.program.class, "error", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(programRest):
		}
	}
}

// play runs the program once. It is read as fast as its sound lasts, so that one that
// writes faster waits.
func (n *performance) play(ctx context.Context) error {
	p := n.program
	c := exec.CommandContext(ctx, "/bin/sh", "-c", p.line) //nolint:gosec // the administrator wrote it
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	signal := func(s syscall.Signal) error {
		if p.group {
			return syscall.Kill(-c.Process.Pid, s)
		}
		return c.Process.Signal(s)
	}
	c.Cancel = func() error { return signal(syscall.SIGTERM) }
	c.WaitDelay = p.delay
	out, err := c.StdoutPipe()
	if err != nil {
		return err
	}
	if err := c.Start(); err != nil {
		return err
	}
	defer context.AfterFunc(ctx, func() {
		time.AfterFunc(p.delay, func() { _ = out.Close() }) // unblocks the reader, whoever else has the other end
	})()
	size, next := p.form.BytesIn(p.form.Rate/50), time.Now()
	for ctx.Err() == nil {
		frame := make([]byte, size)
		if _, err = io.ReadFull(out, frame); err != nil {
			break
		}
		n.mu.Lock()
		n.ring[n.count%ringFrames] = frame
		n.count++
		n.mu.Unlock()
		if next = next.Add(20 * time.Millisecond); time.Since(next) > time.Second {
			next = time.Now()
		}
		select {
		case <-ctx.Done():
		case <-time.After(time.Until(next)):
		}
	}
	if ctx.Err() == nil {
		_ = c.Cancel()
	}
	ended := c.Wait()
	if p.group {
		_ = syscall.Kill(-c.Process.Pid, syscall.SIGKILL) // what it has left behind
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = nil
	}
	return errors.Join(err, ended)
}

// A listener hears a performance. Next and Close are for one goroutine.
type listener struct {
	from    *performance
	at      int
	silence media.Frame
	closed  bool
}

// Next implements channel.Source. While the program makes nothing there is silence.
func (l *listener) Next() (media.Frame, error) {
	l.from.mu.Lock()
	defer l.from.mu.Unlock()
	if l.from.count-l.at > programBehind {
		l.at = l.from.count - 1
	}
	if l.at >= l.from.count {
		return l.silence, nil
	}
	f := l.silence
	f.Data = l.from.ring[l.at%ringFrames]
	l.at++
	return f, nil
}

// Close leaves the program.
func (l *listener) Close() error {
	if !l.closed {
		l.closed = true
		l.from.program.leave()
	}
	return nil
}
