package agi

import (
	"bufio"
	"errors"
	"io"
)

// A Script is the exchange's side of a connection to a program. One goroutine may
// read commands while another writes replies.
type Script struct {
	in  *bufio.Reader
	to  io.Writer
	out []byte // belongs to the writer

	begun []byte // of a line whose rest has not come
}

// NewScript returns the exchange's side of a connection.
func NewScript(from io.Reader, to io.Writer) *Script {
	return &Script{in: bufio.NewReader(from), to: to}
}

// Start sends the environment.
func (s *Script) Start(e *Environment) error {
	s.out = e.Append(s.out[:0])
	return s.flush()
}

// Command reads the next command, without its line end. The error is io.EOF where
// the program has ended; io.ErrUnexpectedEOF in the middle of a line. After a read
// deadline it may be called again: what has come of a line is kept.
func (s *Script) Command() (string, error) {
	line, err := continueLine(s.in, s.begun)
	if err != nil && !errors.Is(err, errLong) {
		s.begun = line
		return "", err
	}
	s.begun = nil
	if err != nil {
		return "", err
	}
	return trimEnd(line), nil
}

// Reply answers a command.
func (s *Script) Reply(r Reply) error {
	s.out = r.Append(s.out[:0])
	return s.flush()
}

// ReplyEnd answers a command that always says where a sound stood.
func (s *Script) ReplyEnd(r Reply) error {
	s.out = r.AppendEnd(s.out[:0])
	return s.flush()
}

// Hangup tells the program that the call is hung up.
func (s *Script) Hangup() error {
	s.out = append(s.out[:0], "HANGUP\n"...)
	return s.flush()
}

func (s *Script) flush() error {
	_, err := s.to.Write(s.out)
	return err
}
