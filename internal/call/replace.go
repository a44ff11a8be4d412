package call

import (
	"github.com/octothorpe/octothorpe/internal/bridge"
	"github.com/octothorpe/octothorpe/internal/channel"
)

// Replace has a leg that has no owner take the place of another in its bridge, as
// SIP's Replaces asks (RFC 3891): whoever talked to the old one talks to the new
// one, and the old one ends. Where that talks to a dialplan the step at which it is
// begins anew for the new one. A leg with neither can't be replaced: ErrNoPeer.
func (s *Calls) Replace(old, by *channel.Channel) error {
	b := s.Bridges.Find(old.BridgeID())
	if b == nil && !old.RunsDialplan() {
		return ErrNoPeer
	}
	if err := by.Answer(); err != nil {
		return err
	}
	if b != nil {
		s.Impart(b, by, bridge.JoinOptions{Swap: old.UniqueID()})
	} else {
		by.SetLocation(old.Location())
		s.Dialplan.Start(by)
	}
	old.Hangup(channel.CauseNormalClearing)
	return nil
}
