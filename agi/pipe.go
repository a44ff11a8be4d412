package agi

import (
	"bytes"
	"io"
	"strings"
)

// Pipe returns a session whose commands are answered by a function: a call without
// any exchange, to test programs with. It runs on the caller's goroutine.
func Pipe(env Environment, exchange func(command string) Reply) *Session {
	p := &pipe{answer: exchange}
	p.replies.Write(env.Append(nil))
	s, _ := NewSession(p) // what Append writes can be read
	return s
}

// pipe answers what is written to it.
type pipe struct {
	answer  func(string) Reply
	command strings.Builder
	replies bytes.Buffer
}

func (p *pipe) Write(b []byte) (int, error) {
	for _, c := range b {
		if c != '\n' {
			p.command.WriteByte(c)
			continue
		}
		p.replies.Write(p.answer(p.command.String()).Append(nil))
		p.command.Reset()
	}
	return len(b), nil
}

func (p *pipe) Read(b []byte) (int, error) {
	if p.replies.Len() == 0 {
		return 0, io.EOF
	}
	return p.replies.Read(b)
}
