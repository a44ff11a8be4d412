package manager

import "errors"

// errKicked is why a session ends that somebody at the console has ended.
var errKicked = errors.New("ended at the console")

// A Kicked tells what became of Kick.
type Kicked uint8

// What becomes of it.
const (
	NoSession Kicked = iota
	KickedNow
	KickedBefore // and it has not ended yet
)

// Kick ends the session whose connection has a file descriptor. What it was answered is
// still sent.
func (s *Server) Kick(descriptor int) Kicked {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.sessions {
		if c.conn == nil || c.descriptor() != descriptor {
			continue
		}
		if c.ctx.Err() != nil {
			return KickedBefore
		}
		c.close(errKicked)
		return KickedNow
	}
	return NoSession
}
