package agi

import (
	"context"
	"errors"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// Local is the session of a program that the exchange has started: over standard
// input and output. What goes to standard output from elsewhere would be taken for
// commands; log to standard error. The context ends when the exchange says by
// SIGHUP that the call is hung up; commands that need no call still work. stop gives the signal back.
func Local(parent context.Context) (ctx context.Context, s *Session, stop func(), err error) {
	ctx, cancel := context.WithCancelCause(parent)
	hup := make(chan os.Signal, 1)
	signal.Notify(hup, syscall.SIGHUP)
	done := make(chan struct{})
	stop = func() {
		signal.Stop(hup)
		close(done)
		cancel(nil)
	}
	if s, err = NewSession(standardStreams()); err != nil {
		stop()
		return nil, nil, nil, err
	}
	go func() {
		select {
		case <-hup:
			s.hungUp.Store(true)
			cancel(ErrHangup)
		case <-done:
		}
	}()
	return ctx, s, stop, nil
}

// Audio is what the caller says, where the program was started by EAGI: linear samples
// of 16 bits, 8,000 a second unless the call says otherwise.
func Audio() (*os.File, error) {
	f := os.NewFile(3, "audio")
	if f == nil {
		return nil, errors.New("agi: no audio: the program was not started by EAGI")
	}
	if _, err := f.Stat(); err != nil {
		return nil, errors.New("agi: no audio: the program was not started by EAGI")
	}
	return f, nil
}

// standard is standard input and output as a connection.
type standard struct{ in, out *os.File }

func standardStreams() standard { return standard{timed(os.Stdin, 0), timed(os.Stdout, 1)} }

func (s standard) Read(b []byte) (int, error)  { return s.in.Read(b) }
func (s standard) Write(b []byte) (int, error) { return s.out.Write(b) }

// SetDeadline ends waiting, where the system can: for the pipes that an exchange gives.
func (s standard) SetDeadline(t time.Time) error {
	return errors.Join(s.in.SetDeadline(t), s.out.SetDeadline(t))
}

var _ io.ReadWriter = standard{}
