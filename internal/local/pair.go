package local

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/media"
)

// pair is the two halves of a Local channel.
type pair struct {
	driver *Driver
	to     target // noOptimize is under mu

	formats []*media.Format // that it was asked for with

	mu        sync.Mutex // a leaf
	one, two  half
	started   bool // the dialplan owns the second half
	optimized bool
	joined    atomic.Bool // a half has entered a bridge since the pair was looked at
}

// half is the technology's side of one channel of a pair.
type half struct {
	pair  *pair
	other *half
	ch    *channel.Channel // nil once it has ended; under pair.mu
}

// Offered implements channel.Offering.
func (h *half) Offered() []*media.Format { return h.pair.formats }

func (p *pair) set(one, two *channel.Channel) {
	p.mu.Lock()
	p.one.ch, p.two.ch = one, two
	p.mu.Unlock()
}

// far returns the channel of the other half, or nil if it has ended.
func (h *half) far() *channel.Channel {
	h.pair.mu.Lock()
	defer h.pair.mu.Unlock()
	return h.other.ch
}

// Call implements channel.Leg: it starts the dialplan on the second half.
func (h *half) Call(ctx context.Context) error { return h.CallAfter(ctx, func() {}) }

// CallAfter implements channel.Beginner.
func (h *half) CallAfter(_ context.Context, begun func()) error {
	p := h.pair
	p.mu.Lock()
	one, two, optimize := p.one.ch, p.two.ch, !p.to.noOptimize
	p.mu.Unlock()
	if one == nil || two == nil {
		return fmt.Errorf("local channel to %s@%s is gone", p.to.exten, p.to.context)
	}
	from := one.Snapshot()
	old := two.Snapshot().AccountCode
	two.Change(func(s *event.Channel) {
		s.Redirect, s.Language = from.Redirect, from.Language
		s.DialedNum, s.MusicClass, s.TenantID = from.DialedNum, from.MusicClass, from.TenantID
	})
	two.SetMaxForwards(one.MaxForwards())
	two.CopyVariables(one)
	two.Change(func(s *event.Channel) {
		s.Caller, s.Connected = from.Connected, from.Caller
		s.AccountCode, s.PeerAccount = from.PeerAccount, from.AccountCode // each is the other's peer
	})
	if from.Connected.Known() {
		two.SetCaller(from.Connected)
	}
	if old != from.PeerAccount {
		two.TellAccountCode(old)
	}
	if from.Caller.Known() {
		two.SetConnected(from.Caller)
	}
	if p.to.exten == "" || !p.driver.Dialplan.Exists(p.to.context, p.to.exten, from.Connected.Number.Text) {
		return fmt.Errorf("no extension %s in context %s", p.to.exten, p.to.context)
	}
	p.begin(one, two, optimize)
	begun()
	p.driver.Dialplan.Start(two)
	return nil
}

// Join says that the second half has an owner, though nobody has dialled.
func (h *half) Join() {
	p := h.pair
	p.mu.Lock()
	one, two, optimize := p.one.ch, p.two.ch, !p.to.noOptimize
	p.mu.Unlock()
	if one != nil && two != nil {
		p.begin(one, two, optimize)
	}
}

// begin tells that the halves are joined.
func (p *pair) begin(one, two *channel.Channel, optimize bool) {
	if bus := p.driver.Channels.Bus; bus.Wants(event.KindLocalBridge) {
		bus.Publish(&event.LocalBridge{One: one.Snapshot(), Two: two.Snapshot(), Context: p.to.context,
			Exten: p.to.exten, Optimize: optimize})
	}
	p.mu.Lock()
	p.started = true
	p.mu.Unlock()
}

// Answer implements channel.Leg: who answers one half answers the call of the other.
func (h *half) Answer() error {
	if c := h.far(); c != nil && h == &h.pair.two {
		c.SetState(event.Up)
		c.Deliver(media.Frame{Kind: media.Control, Signal: media.Answered})
	}
	return nil
}

// Indicate implements channel.Leg.
func (h *half) Indicate(f media.Frame) error {
	switch f.Signal {
	case media.Hold, media.Unhold:
		if !h.pair.to.musicThrough {
			return channel.ErrNotIndicated
		}
	case media.StopTone:
		return nil
	case media.Ringing:
		if near := h.other.far(); near != nil && near.State() == event.Up {
			return channel.ErrNotIndicated // who is through hears the tone itself
		}
	}
	c := h.far()
	if c == nil {
		return nil
	}
	if f.Signal == media.Ringing && h == &h.pair.two && c.State() == event.Down {
		c.SetState(event.Ringing)
	}
	if of, ok := f.Value.(channel.PartyOf); ok && f.Signal == media.ConnectedLine && of.Party.Known() {
		c.SetCaller(of.Party) // who one half is connected to is who the other half is
	}
	f.Kind = media.Control
	c.Deliver(f)
	return nil
}

// Write implements channel.Leg.
func (h *half) Write(f media.Frame) error {
	if c := h.far(); c != nil {
		c.Deliver(f)
	}
	if f.Kind == media.Voice || f.Kind == media.VideoFrame {
		h.pair.carries() // not before: who sent it could come to where it goes, and hear itself
	}
	return nil
}

// WriteFormat implements channel.Leg: any format passes.
func (h *half) WriteFormat() *media.Format { return nil }

// BeginDigit implements channel.DigitSender.
func (h *half) BeginDigit(digit byte) error {
	return h.Write(media.Frame{Kind: media.DTMFBegin, Digit: digit})
}

// EndDigit implements channel.DigitSender.
func (h *half) EndDigit(digit byte, ms int) error {
	return h.Write(media.Frame{Kind: media.DTMFEnd, Digit: digit, Duration: time.Duration(ms) * time.Millisecond})
}

// SendText implements channel.TextSender.
func (h *half) SendText(text string) error {
	return h.Write(media.Frame{Kind: media.TextFrame, Data: []byte(text)})
}

// Hangup implements channel.Leg: the other half ends, too. A second half whose
// dialplan was never started has no other owner and is ended here.
func (h *half) Hangup(cause int) {
	p := h.pair
	p.mu.Lock()
	two := p.two.ch
	h.ch = nil
	other, started := h.other.ch, p.started
	p.mu.Unlock()
	if other == nil {
		return
	}
	if h == &p.two {
		p.tellStatus(two, other)
	}
	if h == &p.one && !started { // it has no other owner
		other.Hangup(cause)
		other.End()
		return
	}
	other.RemoteHangup(cause)
}

// tellStatus gives the first half what came of a Dial in the second.
func (p *pair) tellStatus(two, one *channel.Channel) {
	if status, ok := two.Variable("DIALSTATUS"); ok {
		one.SetVariable("CHANLOCALSTATUS", status)
	}
}

// Twin implements channel.Twin.
func (h *half) Twin() *channel.Channel { return h.far() }
