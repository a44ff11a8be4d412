package agi

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"time"
)

// A Session is the program's side of a call. It is used by one goroutine.
type Session struct {
	// Env is what the exchange said of the call.
	Env Environment

	conn   io.ReadWriter
	in     *bufio.Reader
	out    []byte
	hungUp atomic.Bool
	broken error // why nothing can be asked any more
}

// NewSession reads the environment from a connection to an exchange. The session
// does not close the connection.
func NewSession(conn io.ReadWriter) (*Session, error) {
	return newSession(conn, bufio.NewReader(conn))
}

// newSession is NewSession with what has been read already.
func newSession(conn io.ReadWriter, in *bufio.Reader) (*Session, error) {
	s := &Session{conn: conn, in: in}
	var err error
	s.Env, err = ReadEnvironment(s.in)
	return s, err
}

// HungUp reports whether the exchange has said that the call is hung up. Commands
// that need no call still work then.
func (s *Session) HungUp() bool { return s.hungUp.Load() }

// deadliner is a connection whose waiting can be ended.
type deadliner interface{ SetDeadline(time.Time) error }

// Do sends a command line and waits for its reply. The error is that of the
// connection or of ctx; a reply that says no is none (see [Reply.Err]). When ctx ends
// before the reply has come the session is at its end, since nobody could tell
// what the next reply belongs to.
func (s *Session) Do(ctx context.Context, line string) (Reply, error) {
	if s.broken != nil {
		return Reply{}, s.broken
	}
	if err := ctx.Err(); err != nil {
		return Reply{}, context.Cause(ctx)
	}
	if strings.ContainsAny(line, "\r\n") {
		return Reply{}, errors.New("agi: a command is one line")
	}
	if d, ok := s.conn.(deadliner); ok && ctx.Done() != nil {
		stop := context.AfterFunc(ctx, func() { _ = d.SetDeadline(time.Unix(1, 0)) })
		defer stop()
	}
	r, err := s.exchange(line)
	if err != nil {
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		s.broken = err
	}
	return r, err
}

func (s *Session) exchange(line string) (Reply, error) {
	s.out = append(append(s.out[:0], line...), '\n')
	if _, err := s.conn.Write(s.out); err != nil {
		return Reply{}, fmt.Errorf("agi: send a command: %w", err)
	}
	for {
		line, err := readLine(s.in)
		if err != nil {
			return Reply{}, fmt.Errorf("agi: read a reply: %w", err)
		}
		if line == "HANGUP" {
			s.hungUp.Store(true)
			continue
		}
		r, err := ParseReply(line)
		switch {
		case err != nil:
			return r, err
		case r.Code == CodeTrying:
			continue
		case r.Code == CodeUsage && strings.HasPrefix(line, "520-"):
			return s.usage(r)
		}
		return r, nil
	}
}

// usage reads the help of a 520 up to its last line.
func (s *Session) usage(r Reply) (Reply, error) {
	var text []string
	size := 0
	for {
		line, err := readLine(s.in)
		if err != nil {
			return r, fmt.Errorf("agi: read a reply: %w", err)
		}
		if strings.HasPrefix(line, "520 ") {
			r.Text = strings.Join(text, "\n")
			return r, nil
		}
		if size += len(line); size > maxLine {
			return r, errLong
		}
		text = append(text, line)
	}
}

// Command sends a command with its arguments quoted as they need, and returns the
// reply. Unlike [Session.Do] it fails when the exchange says no.
func (s *Session) Command(ctx context.Context, name string, arguments ...string) (Reply, error) {
	r, err := s.Do(ctx, Line(name, arguments...))
	if err == nil {
		err = r.Err()
	}
	return r, err
}

// done is Command for what answers −1 when it could not be done.
func (s *Session) done(ctx context.Context, name string, arguments ...string) (Reply, error) {
	r, err := s.Command(ctx, name, arguments...)
	if err == nil && r.Result == "-1" {
		err = s.failure(name)
	}
	return r, err
}

// failure is why a command answered −1.
func (s *Session) failure(command string) error {
	if s.HungUp() {
		return ErrHangup
	}
	return fmt.Errorf("%w: %s", ErrFailed, command)
}

// Close closes the connection if it can be closed. A server's handler need not.
func (s *Session) Close() error {
	if s.broken == nil {
		s.broken = errors.New("agi: the session is closed")
	}
	if c, ok := s.conn.(io.Closer); ok {
		return c.Close()
	}
	return nil
}
