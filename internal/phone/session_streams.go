package phone

import (
	"context"
	"errors"

	"github.com/octothorpe/octothorpe/internal/media"
	"github.com/octothorpe/octothorpe/sip"
)

// errNoStream is the cause when an endpoint takes no stream of a kind at all.
var errNoStream = errors.New("the endpoint takes no such stream")

// SetStreams implements channel.Streamer: by a re-INVITE that has more streams behind
// the others, or declines the last ones.
func (s *session) SetStreams(ctx context.Context, kind media.MediaKind, wanted int) (int, error) {
	wanted = min(wanted, s.endpoint.most(kind.String()))
	if wanted <= 0 {
		return 0, errNoStream
	}
	s.mu.Lock()
	ready := s.stage == up && !s.gone
	s.mu.Unlock()
	if !ready {
		return 0, errNotEstablished
	}
	if !s.restring(kind.String(), wanted) {
		return s.streams(kind.String()), nil // as it is
	}
	done := make(chan struct{})
	s.renew(renewal{method: sip.Invite, done: func(*sip.Message) { close(done) }})
	select {
	case <-done:
		return s.streams(kind.String()), nil
	case <-ctx.Done():
		return 0, context.Cause(ctx)
	}
}

// streams is how many streams of a kind the call has.
func (s *session) streams(kind string) (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if kind == "audio" && s.agreed.index >= 0 {
		n++
	}
	for _, t := range s.strands {
		if t != nil && t.kind == kind {
			n++
		}
	}
	return n
}

// restring opens and closes strands until there are as many streams of a kind as
// wanted. It reports false where there are already.
func (s *session) restring(kind string, wanted int) bool {
	have := s.streams(kind)
	if have == wanted {
		return false
	}
	for ; have > wanted; have-- {
		s.cutLast(kind)
	}
	for ; have < wanted; have++ {
		t, err := s.openStrand(kind, have, s.rides())
		if err != nil {
			s.driver.log.Warn("a stream of a call is not offered", "channel", s.ch.Name(), "kind", kind, "error", err)
			break
		}
		t.rtp.Start()
		s.mu.Lock()
		line := max(len(s.strands), 1)
		if s.local != nil {
			line = max(line, len(s.local.streams))
		}
		for len(s.strands) <= line {
			s.strands = append(s.strands, nil)
		}
		t.agreed = agreed{kind: kind, index: line, place: have, formats: ofKind(s.endpoint.Formats, kind)}
		s.strands[line] = t
		s.mu.Unlock()
	}
	return true
}

// cutLast closes the last strand of a kind.
func (s *session) cutLast(kind string) {
	s.mu.Lock()
	var last *strand
	for i := len(s.strands) - 1; i >= 0 && last == nil; i-- {
		if t := s.strands[i]; t != nil && t.kind == kind {
			last, s.strands[i] = t, nil
		}
	}
	s.mu.Unlock()
	if last != nil {
		last.rtp.Close()
	}
}
