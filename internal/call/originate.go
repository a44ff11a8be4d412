package call

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/logging"
	"github.com/octothorpe/octothorpe/internal/media"
)

// An Origination is a call that the exchange makes by itself.
type Origination struct {
	Device  string // "PJSIP/100"
	Timeout time.Duration
	// Either a place of the dialplan or an application.
	To                channel.Location
	Application, Data string

	Caller    event.Party // shown to the called party, where valid
	Account   string
	Variables []event.Variable
	// Assign, if not nil, sets each of Variables instead of the leg's own
	// SetVariable: one that is a function, such as CALLERID(num), is written to.
	Assign   func(c *channel.Channel, name, value string)
	Formats  []*media.Format
	UniqueID string
	OtherID  string
	LinkedID string // of the call to which it will belong, or empty
}

// The reasons with which an origination ends, as AMI's OriginateResponse numbers them.
const (
	ReasonFailure    = 0
	ReasonNoAnswer   = 3
	ReasonAnswer     = 4
	ReasonBusy       = 5
	ReasonCongestion = 8
)

// Origination results.
type Originated struct {
	Channel *event.Channel // as it was last; nil if none was made
	Reason  int
}

// ErrNotAnswered is Originate's error where the destination did not answer.
var ErrNotAnswered = errors.New("the destination did not answer")

// Originate calls a device and, once it answers, runs a dialplan or an
// application on it in the background. It returns when the device has answered
// or failed. made, if not nil, is called when the leg exists and before it is called.
func (s *Calls) Originate(ctx context.Context, o Origination, made func(*channel.Channel)) (Originated, error) {
	technology, destination, ok := SplitDevice(o.Device)
	if !ok {
		return Originated{}, errors.New("the device must be TECHNOLOGY/destination")
	}
	d := s.NewDialer(nil)
	q := channel.Request{Destination: destination, Formats: o.Formats, UniqueID: o.UniqueID, OtherUniqueID: o.OtherID, LinkedID: o.LinkedID}
	a, err := d.Add(ctx, technology, q, func(c *channel.Channel) error {
		o.prepare(c)
		if made != nil {
			made(c)
		}
		return nil
	})
	if err != nil {
		return Originated{}, err
	}
	s.offer(a.Channel)
	within, stop := wanted(ctx, a.Channel)
	winner := d.Wait(within, o.Timeout, Listener{Forward: func(old *Attempt, to string) {
		if instead := s.sendOn(within, d, old, to, o); instead != nil {
			s.unpicked(a.Channel)
			a = instead
			s.offer(a.Channel)
		}
	}})
	stop()
	if winner == nil {
		s.unpicked(a.Channel)
	}
	if winner == nil && a.Status == "" && a.Channel.Interrupted() && !a.Channel.HungUp() {
		c := a.Release() // it goes elsewhere, answered or not
		snapshot := c.Snapshot()
		s.Channels.Go(c.Name(), func() { s.after(c, nil) })
		return Originated{Channel: snapshot, Reason: ReasonFailure}, ErrNotAnswered
	}
	if winner == nil {
		d.Abandon(channel.CauseNoAnswer)
		return Originated{Channel: a.Channel.Snapshot(), Reason: a.reason()}, ErrNotAnswered
	}
	picker, goOn := s.picked(a.Channel)
	d.TellAnswer(winner)
	c := a.Release()
	if picker != nil {
		c.Hangup(channel.CauseAnsweredElsewhere)
		c.End()
		goOn(func(ctx context.Context, by *channel.Channel) error { return s.takeOver(ctx, by, c, o) })
		return Originated{Channel: picker.Snapshot(), Reason: ReasonAnswer}, nil
	}
	snapshot := c.Snapshot()
	s.Channels.Go(c.Name(), func() { s.proceed(c, o) })
	return Originated{Channel: snapshot, Reason: ReasonAnswer}, nil
}

// sendOn calls another place for a leg that wants so.
func (s *Calls) sendOn(ctx context.Context, d *Dialer, old *Attempt, to string, o Origination) *Attempt {
	technology, destination := PlaceOfForward(old.Channel, to)
	was := old.Channel.Snapshot()
	q := channel.Request{Destination: destination, Formats: o.Formats, LinkedID: was.LinkedID}
	instead, err := d.Replace(ctx, old, to, technology, q, func(c *channel.Channel) error {
		SetForwarder(c, old.Channel)
		o.prepare(c)
		c.Change(func(s *event.Channel) {
			s.Redirect.From, s.Redirect.To = was.Caller, event.Party{Number: event.Number{Valid: true, Text: to}}
			s.Redirect.Count++
		})
		return nil
	})
	if err != nil {
		s.Logger.Warn("a call that was made can't be sent on", "channel", was.Name, "to", technology+"/"+destination, "error", err)
	}
	return instead
}

// wanted returns ctx, ended also when the leg is wanted elsewhere.
func wanted(ctx context.Context, c *channel.Channel) (context.Context, context.CancelFunc) {
	within, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(c.Context(), func() {
		if c.Interrupted() {
			cancel()
		}
	})
	return within, func() { stop(); cancel() }
}

// prepare gives a new leg what the origination says of it.
func (o *Origination) prepare(c *channel.Channel) {
	c.Step(c.Location(), "AppDial2", "(Outgoing Line)")
	assign := o.Assign
	if assign == nil {
		assign = (*channel.Channel).SetVariable
	}
	for _, v := range o.Variables {
		assign(c, v.Name, v.Value)
	}
	if o.Account != "" {
		c.Change(func(s *event.Channel) { s.PeerAccount = o.Account })
		c.SetAccountCode(o.Account)
	}
	if o.Caller.Number.Valid || o.Caller.Name.Valid {
		c.Change(func(s *event.Channel) { s.Caller = o.Caller })
		c.SetCaller(o.Caller)
		c.SetConnected(o.Caller)
	}
}

// proceed owns an originated leg that was answered.
func (s *Calls) proceed(c *channel.Channel, o Origination) {
	if o.Application == "" {
		c.SetLocation(o.To)
		s.Dialplan.Run(c)
		return
	}
	c.SetApplication(o.Application, o.Data)
	logging.CallVerbosef(s.Logger, c.CallNumber(), 4, "Launching %s(%s) on %s", o.Application, o.Data, c.Name())
	err := s.Dialplan.Execute(c.Context(), c, o.Application, o.Data)
	if strings.EqualFold(o.Application, "Stasis") { // which alone forgets what it was, as ARI's recordings show
		c.SetApplication("AppDial2", "(Outgoing Line)")
	}
	s.carryOn(c, err, false)
}

// reason tells what became of a leg that did not answer. One that hung up by
// itself just failed, whatever its cause.
func (a *Attempt) reason() int {
	switch {
	case a.hungUp:
		return ReasonFailure
	case a.Status == "BUSY":
		return ReasonBusy
	case a.Status == "CONGESTION":
		return ReasonCongestion
	}
	return ReasonNoAnswer
}
