package sip

import "fmt"

// A KeptDialog is what is needed to go on with a dialog in another process: of a
// subscription that outlives a restart.
type KeptDialog struct {
	CallID, LocalTag, RemoteTag string
	Local, Remote               string // From and To of our requests, with tags
	Target                      URI
	Routes                      []string
	LocalSeq, RemoteSeq         uint32 // the last numbers that were used
	// Way is by what and from where the peer's last message came. Its Transport must be open.
	Way Source
}

// Keep returns what Restore needs.
func (d *Dialog) Keep() KeptDialog {
	d.mu.Lock()
	defer d.mu.Unlock()
	return KeptDialog{CallID: d.CallID, LocalTag: d.LocalTag, RemoteTag: d.RemoteTag, Local: d.local, Remote: d.remote, Target: d.target,
		Routes: append([]string(nil), d.routes...), LocalSeq: d.localSeq, RemoteSeq: d.remoteSeq, Way: d.way}
}

// Restore makes a confirmed dialog that the peer began, of what another process
// kept. The error is ErrState if the dialog is there, ErrOverload if there are too
// many, ErrClosed after Close.
func (s *Stack) Restore(k KeptDialog, o DialogOptions) (*Dialog, error) {
	if s.metrics.Dialogs.Load() >= int64(s.limits.Dialogs) {
		s.metrics.Overloaded.Add(1)
		return nil, fmt.Errorf("restore a dialog: %w", ErrOverload)
	}
	if s.Dialog(k.CallID, k.LocalTag, k.RemoteTag) != nil {
		return nil, fmt.Errorf("restore a dialog: %w: it is there", ErrState)
	}
	o.CSeq = k.LocalSeq
	d := newDialog(s, o, k.CallID, k.LocalTag, k.RemoteTag)
	d.Inbound, d.state = true, DialogConfirmed
	d.local, d.remote, d.target, d.routes = k.Local, k.Remote, k.Target, k.Routes
	d.remoteSeq, d.ordered, d.way = k.RemoteSeq, true, k.Way
	if !s.dialogs.insert(d) {
		return nil, fmt.Errorf("restore a dialog: %w", ErrClosed)
	}
	return d, nil
}
