package call

import (
	"time"

	"github.com/octothorpe/octothorpe/internal/bridge"
	"github.com/octothorpe/octothorpe/internal/channel"
)

// Replace has a leg that has no owner take the place of another in its bridge, as
// SIP's Replaces asks (RFC 3891): whoever talked to the old one talks to the new
// one, and the old one ends. Where that talks to a dialplan the step at which it is
// begins anew for the new one. A leg with neither can't be replaced: ErrNoPeer.
func (s *Calls) Replace(old, by *channel.Channel) error {
	b := s.joined(old)
	if b == nil && !old.RunsDialplan() {
		return ErrNoPeer
	}
	if err := by.Answer(); err != nil {
		return err
	}
	cause := channel.CauseNormalClearing
	if b != nil {
		s.Impart(b, by, bridge.JoinOptions{Swap: old.UniqueID()})
	} else {
		cause = 0 // as the reference, which takes a leg out of a dialplan without a reason
		by.SetLocation(old.Location())
		s.Dialplan.Start(by)
	}
	old.Hangup(cause)
	return nil
}

// A leg whose Dial has just been answered is in no bridge yet: it joins in a moment.
const (
	joinWithin = 500 * time.Millisecond
	joinLook   = 5 * time.Millisecond
)

// joined returns the bridge that a leg is in, or that it and its peer are about to join.
func (s *Calls) joined(old *channel.Channel) *bridge.Bridge {
	deadline := time.Now().Add(joinWithin)
	for {
		b := s.Bridges.Find(old.BridgeID())
		if b != nil && b.Peer(old) != nil {
			return b
		}
		if old.Snapshot().Application != "Dial" || time.Now().After(deadline) {
			return b
		}
		time.Sleep(joinLook)
	}
}
