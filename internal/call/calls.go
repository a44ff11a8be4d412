package call

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/octothorpe/octothorpe/internal/bridge"
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/event"
)

// A Dialplan is what calls need of the executor.
type Dialplan interface {
	// Exists tells whether a place exists for a call from caller.
	Exists(l channel.Location, caller string) bool
	// Start runs the dialplan on c at its location on a goroutine of its own,
	// which owns c and ends it.
	Start(c *channel.Channel)
	// Run is Start on the present goroutine; it returns when c has ended.
	Run(c *channel.Channel)
	// Farewell runs the extension h of the leg's context, if there is one, on a
	// leg without a dialplan that is about to end.
	Farewell(c *channel.Channel)
	// Execute runs one application on c.
	Execute(ctx context.Context, c *channel.Channel, application, data string) error
}

// Calls does to calls what is asked of it.
type Calls struct {
	Channels *channel.Registry
	Bridges  *bridge.Registry
	Dialplan Dialplan
	Logger   *slog.Logger
	// Parks, if not nil, tells whether a place is where calls are parked, and then returns
	// what has a leg parked that by sends there. Set before the first call.
	Parks func(to channel.Location) func(c, by *channel.Channel) (channel.Interrupt, error)
	// Applications, if not nil, are the programs that own legs. Set before the first call.
	Applications Applications
	// Pickups, if not nil, lets others take calls that are originated. Set before the first call.
	Pickups Pickups
}

func (s *Calls) bus() *event.Bus { return s.Channels.Bus }

// Redirect sends a leg to a place of the dialplan, wherever it is now.
func (s *Calls) Redirect(c *channel.Channel, to channel.Location) error {
	if !s.Dialplan.Exists(to, c.Caller().Number.Text) {
		return fmt.Errorf("no extension %s in context %s with priority %d", to.Exten, to.Context, to.Priority)
	}
	return c.Interrupt(channel.Interrupt{Location: &to})
}

// Impart puts a leg into a bridge and owns it from now on: when it leaves, it
// goes where it is wanted, or is hung up. The leg is in the bridge when Impart returns.
func (s *Calls) Impart(b *bridge.Bridge, c *channel.Channel, o bridge.JoinOptions) {
	stay, err := b.Enter(c, o)
	s.Channels.Go(c.Name(), func() {
		if err == nil {
			err = stay(c.Context())
		}
		s.after(c, err)
	})
}

// Employ has a leg without a dialplan do something, and owns it from now on: then it
// goes where it is wanted, or is hung up. It runs on a goroutine of its own.
func (s *Calls) Employ(c *channel.Channel, do func(ctx context.Context, c *channel.Channel) error) {
	s.Channels.Go(c.Name(), func() { s.after(c, do(c.Context(), c)) })
}

// after carries on with a leg that has no dialplan and has left its bridge.
func (s *Calls) after(c *channel.Channel, err error) { s.carryOn(c, err, true) }

// carryOn is after; tells says that a new place is told before the leg is there.
func (s *Calls) carryOn(c *channel.Channel, err error, tells bool) {
	for {
		i, ok := c.TakeInterrupt()
		if !ok {
			break
		}
		if i.Errand != nil {
			i.Errand(c.Context(), c)
		}
		if i.Location != nil && !c.HungUp() {
			c.SetLocation(*i.Location)
			if tells {
				c.TellLocation()
			}
			s.Dialplan.Run(c)
			return
		}
	}
	if next, ok := takeAfterBridge(c); ok && !c.HungUp() {
		c.SetLocation(next)
		s.Dialplan.Run(c)
		return
	}
	if c.Value(lastWord{}) != nil {
		s.Dialplan.Farewell(c)
	}
	if err != nil && !errors.Is(err, bridge.ErrOver) && !errors.Is(err, bridge.ErrKicked) && !c.HungUp() {
		s.Logger.Debug("leg left its bridge", "channel", c.Name(), "reason", err)
	}
	if errors.Is(err, bridge.ErrReplaced) {
		linger(c)
	}
	c.Hangup(0)
	c.End()
}

// linger lets a half of a Local channel that another leg has replaced go when its
// twin does, whose call ends at the same time and has more to tell.
func linger(c *channel.Channel) {
	if _, ok := c.Leg().(channel.Twin); !ok {
		return
	}
	timer := time.NewTimer(50 * time.Millisecond)
	defer timer.Stop()
	select {
	case <-c.LegContext().Done():
	case <-timer.C:
	}
}

type lastWord struct{}

// LastWord has a leg without a dialplan run the extension h of its context when
// it has left its bridge and goes nowhere else.
func LastWord(c *channel.Channel) { c.SetValue(lastWord{}, true) }

// Join puts two legs that live elsewhere into one new bridge: AMI's Bridge.
func (s *Calls) Join(one, two *channel.Channel) error {
	if one == two {
		return errors.New("a leg can't be bridged with itself")
	}
	b, err := s.Bridges.Create(bridge.Options{Dissolve: true})
	if err != nil {
		return err
	}
	err = s.MoveTo(b, one, func() {
		if s.MoveTo(b, two, nil, b.Destroy) != nil {
			b.Destroy()
		}
	}, b.Destroy)
	if err != nil {
		b.Destroy()
	}
	return err
}

// MoveTo asks a leg's owner to join a bridge, and calls entered, if not nil, on
// the owner's goroutine once the leg is in it, or lost, if not nil, where it does
// not come: it is wanted elsewhere, or ends. When it leaves, its dialplan goes on
// after what it was doing; a leg without one begins its dialplan where it stands.
func (s *Calls) MoveTo(b *bridge.Bridge, c *channel.Channel, entered, lost func()) error {
	return s.Move(b, c, Visit{Entered: entered, Lost: lost})
}

// A Visit is how a leg is brought into a bridge from elsewhere. What of it is not
// nil is called on the goroutine of the leg's owner.
type Visit struct {
	Join          bridge.JoinOptions
	Before        func(ctx context.Context, c *channel.Channel) // before it enters, answered
	Entered, Lost func()                                        // it is in the bridge; or it does not come
	Left          func(c *channel.Channel)                      // before it goes on elsewhere
}

// Move is MoveTo with more to say about it.
func (s *Calls) Move(b *bridge.Bridge, c *channel.Channel, v Visit) error {
	v.Join.Fetched = c.Snapshot().BridgeID == ""
	return c.Interrupt(channel.Interrupt{Dropped: v.Lost, Errand: func(ctx context.Context, c *channel.Channel) {
		_ = c.Answer()
		if !c.RunsDialplan() {
			c.SetApplication("", "")
		}
		if v.Before != nil {
			v.Before(ctx, c)
		}
		stay, err := b.Enter(c, v.Join)
		if err != nil {
			if v.Lost != nil {
				v.Lost()
			}
			return
		}
		if v.Entered != nil {
			v.Entered()
		}
		_ = stay(ctx)
		if v.Left != nil {
			v.Left(c)
		}
		if at := c.Location(); !c.RunsDialplan() && s.Dialplan.Exists(at, "") {
			AfterBridge(c, at)
		}
	}})
}
