package bridge

import (
	"context"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/media"
)

// hear takes a frame that arrived on the leg, on the driver's goroutine.
func (m *member) hear(f media.Frame) {
	if m.join.Hear != nil && (f.Kind == media.DTMFBegin || f.Kind == media.DTMFEnd || f.Kind == media.Control) {
		if m.join.Hear(f) {
			return
		}
	}
	if f.Kind == media.DTMFBegin || f.Kind == media.DTMFEnd {
		if k := m.keys.Load(); k != nil && k.take(f) {
			return
		} else if k == nil && f.Kind == media.DTMFEnd {
			m.tellNoFeature()
		}
	}
	if m.join.KeepKeys && (f.Kind == media.DTMFBegin || f.Kind == media.DTMFEnd) {
		return
	}
	if f.Kind == media.Voice && (m.mute.Load() || m.away.Load() != nil) {
		return
	}
	if v := m.join.Voice; v != nil && f.Kind == media.Control && (f.Signal == media.Hold || f.Signal == media.Unhold) {
		v.onHold.Store(f.Signal == media.Hold)
		return // it holds the mix, and nobody in it
	}
	if f.Kind == media.VideoFrame && m.show(f) {
		return
	}
	b := m.bridge
	if b.options.Holding {
		if m.join.Announcer && f.Kind == media.Voice {
			m.pass(f)
		}
		return
	}
	if f.Kind == media.Control && f.Signal == media.Streams && len(b.Channels()) > 2 {
		return // nobody is asked to have the streams of one of many
	}
	if f.Kind == media.Voice && b.mixes() {
		m.input.Put(f)
		return
	}
	if _, relayed := f.Value.(media.Relayed); relayed {
		return // the other side has the key already
	}
	m.pass(f)
}

// pass tells the other members.
func (m *member) pass(f media.Frame) {
	if v := m.join.Voice; v != nil && !v.Passthrough && (f.Kind == media.DTMFBegin || f.Kind == media.DTMFEnd) {
		return
	}
	exhibits := m.exhibits(f)
	for _, other := range m.bridge.all() {
		switch {
		case other == m:
		case !exhibits:
			other.tell(f)
		default:
			if f, ok := m.exhibit(other, f); ok {
				other.tell(f)
			}
		}
	}
}

// tell sends a frame of another member to this one. Errors of a leg that is
// about to end are its own concern.
func (m *member) tell(f media.Frame) {
	if m.away.Load() != nil && f.Kind == media.Voice {
		return
	}
	if v := m.join.Voice; v != nil && v.NoTexts && f.Kind == media.TextFrame {
		return
	}
	switch f.Kind {
	case media.Control:
		switch f.Signal {
		case media.Answered, media.HangupSignal, media.Transfer, media.Playing:
			// These speak to the owner of the leg, not to its peer.
		case media.ConnectedLine:
			if of, ok := f.Value.(channel.PartyOf); ok {
				m.ch.SetConnected(of.Party)
			}
			if !m.intercepted() {
				_ = m.ch.Indicate(f)
			}
		default:
			_ = m.ch.Indicate(f)
		}
	case media.DTMFBegin, media.DTMFEnd:
		if _, whole := f.Value.(media.Whole); whole {
			_ = m.ch.PassDigit(media.Frame{Kind: media.DTMFBegin, Digit: f.Digit})
		}
		_ = m.ch.PassDigit(f)
	case media.Voice:
		m.ch.StopRinging()
		_ = m.ch.Write(f)
	default:
		_ = m.ch.Write(f)
	}
}

// intercepted has a member that has a subroutine for it told who it is connected to
// when that has run. It reports whether that is so.
func (m *member) intercepted() bool {
	if m.bridge.registry.Intercept == nil {
		return false
	}
	run := m.bridge.registry.Intercept(m.ch)
	if run == nil {
		return false
	}
	return m.wish(&Feature{Name: Unasked, Run: func(ctx context.Context, _ *Bridge, c *channel.Channel) {
		run(ctx)
		_ = c.Indicate(media.Frame{Kind: media.Control, Signal: media.ConnectedLine, Value: channel.PartyOf{Party: c.Connected()}})
	}})
}
