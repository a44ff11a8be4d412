package parking

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/octothorpe/octothorpe/internal/bridge"
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/media"
)

// Why nobody can be parked.
var (
	errFull  = errors.New("no space is free")
	errNoLot = errors.New("there is no such parking lot")
)

// A stay is a leg in a space, from when the space is taken for it.
type stay struct {
	lot      *Lot
	bridge   *bridge.Bridge // the lot's
	settings *Settings      // when it began
	space    int
	parkee   *channel.Channel // the lot's mu; see leg
	parker   string           // the device that it goes back to
	limit    time.Duration
	began    time.Time
	ringing  bool              // instead of music
	back     *channel.Location // where it goes when its time is up, or nil

	over     bool          // it was fetched, or its time is up; the lot's mu
	passing  chan struct{} // not nil while an heir is on the way, closed then; the lot's mu
	halfLeft bool          // and who is to be inherited from has left; the lot's mu
	timer    *time.Timer
	come     chan struct{}   // closed when the leg is there, or will not come
	once     sync.Once       // for come
	life     context.Context // until nobody is left whose call it is
	die      context.CancelFunc
}

// leg is who is in the space.
func (s *stay) leg() *channel.Channel {
	s.lot.mu.Lock()
	defer s.lot.mu.Unlock()
	return s.parkee
}

// arrive tells those who wait that the leg is there, or will not come.
func (s *stay) arrive() { s.once.Do(func() { close(s.come) }) }

// wait waits for that, for a moment: a leg may be busy. It reports whether it was long enough.
func (s *stay) wait() bool {
	timer := time.NewTimer(time.Second)
	defer timer.Stop()
	select {
	case <-s.come:
		return true
	case <-timer.C:
		return false
	}
}

// wishes are how a leg wants to be parked.
type wishes struct {
	parker  string // the channel that parks it; "" is itself
	space   string
	limit   time.Duration // the lot's if 0
	random  bool
	ringing bool
	back    *channel.Location
}

// take gives a leg a space of the lot.
func (l *Lot) take(c *channel.Channel, w wishes) (*stay, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	g := l.settings
	if g.closing {
		return nil, errNoLot
	}
	n, err := strconv.Atoi(strings.TrimSpace(w.space))
	if err != nil || n < g.first || n > g.last || l.spaces[n] != nil {
		from := g.first
		if g.next && l.after >= g.first && l.after < g.last {
			from = l.after + 1
		}
		if w.random {
			from = g.first + rand.IntN(g.last-g.first+1) //nolint:gosec // no secret
		}
		if n = l.free(from); n == 0 {
			return nil, errFull
		}
	}
	if l.bridge == nil {
		b, err := l.house.Calls.Bridges.Create(bridge.Options{Name: g.name, Type: "parking", Creator: "Parking", Holding: true, Keep: true, Inherit: l.inherit})
		if err != nil {
			return nil, fmt.Errorf("parking lot %s: %w", g.name, err)
		}
		l.bridge = b
	}
	s := &stay{lot: l, bridge: l.bridge, settings: g, space: n, parkee: c, parker: device(w.parker), limit: w.limit, began: time.Now(), ringing: w.ringing, back: w.back, come: make(chan struct{})}
	s.life, s.die = context.WithCancel(context.Background())
	if s.parker == "" {
		s.parker = device(c.Name())
	}
	if s.limit <= 0 {
		s.limit = g.time
	}
	l.after = n
	l.spaces[n] = s
	return s, nil
}

// free returns the first free space from one on, in a circle, or 0; mu is held.
func (l *Lot) free(from int) int {
	g := l.settings
	for i := range g.last - g.first + 1 {
		n := from + i
		if n > g.last {
			n -= g.last - g.first + 1
		}
		if l.spaces[n] == nil {
			return n
		}
	}
	return 0
}

// device is what calls the device of a channel.
func device(name string) string {
	if i := strings.LastIndexByte(name, '-'); i > 0 {
		return name[:i]
	}
	return name
}

// end frees the space.
func (s *stay) end() { s.released(s.free()) }

// free is release for who does not hold the lot's mu.
func (s *stay) free() (first bool) {
	s.lot.mu.Lock()
	defer s.lot.mu.Unlock()
	return s.release()
}

// release is what of end is the lot's; its mu is held.
func (s *stay) release() (first bool) {
	first = !s.over
	s.over = true
	if s.lot.spaces[s.space] == s {
		delete(s.lot.spaces, s.space)
	}
	if s.timer != nil {
		s.timer.Stop()
	}
	return first
}

// released tells of it.
func (s *stay) released(first bool) {
	s.arrive()
	if first {
		s.touch()
	}
	s.lot.house.leave(s.lot)
}

// giveUp ends the stay as the leg has left, and tells it unless it was over before.
func (s *stay) giveUp() { s.gaveUp(s.free()) }

// gaveUp is what of giveUp is not the lot's.
func (s *stay) gaveUp(first bool) {
	s.die()
	s.released(first)
	if first {
		s.tell("ParkedCallGiveUp", nil)
	}
}

func (s *stay) touch() {
	s.lot.house.Touch(fmt.Sprintf("park:%d@%s", s.space, s.settings.context))
}

// tell publishes an event about the stay; retriever may be nil.
func (s *stay) tell(name string, retriever *channel.Channel) {
	bus := s.lot.house.Calls.Channels.Bus
	if !bus.Wants(event.KindGeneric) {
		return
	}
	e := &event.Generic{Name: name, Class: "call", Named: []event.Prefixed{{Prefix: "Parkee", Channel: s.leg().Snapshot()}}, Fields: s.fields()}
	if retriever != nil {
		e.Named = append(e.Named, event.Prefixed{Prefix: "Retriever", Channel: retriever.Snapshot()})
	}
	bus.Publish(e)
}

func (s *stay) fields() []event.Variable {
	spent := time.Since(s.began)
	return []event.Variable{{Name: "ParkerDialString", Value: s.parker}, {Name: "Parkinglot", Value: s.settings.name}, {Name: "ParkingSpace", Value: strconv.Itoa(s.space)},
		{Name: "ParkingTimeout", Value: seconds(max(s.limit-spent, 0), true)}, {Name: "ParkingDuration", Value: seconds(spent, false)}}
}

// seconds rounds what is left up, and what is past down, so that both make the whole.
func seconds(d time.Duration, up bool) string {
	n := int(d / time.Second)
	if up && d%time.Second > 0 {
		n++
	}
	return strconv.Itoa(n)
}

// keep has the leg stay in its space. It is the owner's, and returns when the leg has
// left, and the call into which it was fetched, if it was.
func (h *House) keep(ctx context.Context, s *stay) error {
	c := s.leg()
	s.tell("ParkedCall", nil)
	s.touch()
	in, err := s.bridge.Enter(c, bridge.JoinOptions{Quiet: s.ringing, Music: s.settings.music})
	if err != nil {
		s.die()
		s.end()
		return err
	}
	if by, _ := c.Variable("BLINDTRANSFER"); by != "" {
		c.SetVariable("BLINDTRANSFER", "")
	}
	if s.ringing {
		_ = c.Signal(media.Ringing)
	}
	s.arrive()
	s.lot.mu.Lock()
	if !s.over {
		s.timer = time.AfterFunc(time.Until(s.began.Add(s.limit)), func() { h.expire(s) })
	}
	s.lot.mu.Unlock()
	err = in(ctx)
	s.left(c)
	return err
}

// expiryRetry is when it is looked again whether a leg can be sent back.
const expiryRetry = 100 * time.Millisecond

// expire sends the leg back to who parked it.
func (h *House) expire(s *stay) {
	s.lot.mu.Lock()
	if s.passing != nil && !s.over { // the heir will be there in a moment
		s.timer.Reset(expiryRetry)
		s.lot.mu.Unlock()
		return
	}
	c, over := s.parkee, s.over
	s.over = true
	s.lot.mu.Unlock()
	if over {
		return
	}
	flat := strings.ReplaceAll(s.parker, "/", "_")
	to := h.comeback(s, flat)
	c.SetVariable("PARKING_SPACE", strconv.Itoa(s.space))
	c.SetVariable("PARKEDLOT", s.settings.name)
	c.SetVariable("PARKER", s.parker)
	c.SetVariable("PARKER_FLAT", flat)
	c.SetVariable("BRIDGE_FEATURES", "")
	c.SetLocation(to)
	s.tell("ParkedCallTimeOut", nil)
	s.end()
	s.touch()
	if err := c.Interrupt(channel.Interrupt{Location: &to}); err != nil {
		h.Logger.Debug("a parked call ended as its time was up", "channel", c.Name(), "error", err)
	}
}

// comeback is where the leg goes.
func (h *House) comeback(s *stay, flat string) channel.Location {
	if s.back != nil {
		return *s.back
	}
	if s.settings.toOrigin {
		return h.dialBack(s, flat)
	}
	to := channel.Location{Context: s.settings.comeback, Exten: flat, Priority: 1}
	if caller := s.leg().Caller().Number.Text; !h.Dialplan.Exists(to, caller) {
		to.Exten = "s"
		if !h.Dialplan.Exists(to, caller) {
			to.Context = "default"
		}
	}
	return to
}

// dialBack is the extension that calls who parked the leg.
func (h *House) dialBack(s *stay, flat string) channel.Location {
	to := channel.Location{Context: "park-dial", Exten: flat, Priority: 1}
	data := fmt.Sprintf("%s,%d,%s", s.parker, int(s.settings.dialTime/time.Second), s.settings.dialLetters())
	err := h.Dialplan.Make(nil, []Extension{{Context: to.Context, Exten: flat, Application: "Dial", Data: data, Registrar: registrar, Maker: registrar}})
	if err != nil {
		h.Logger.Error("a parked call can't go back", "channel", s.leg().Name(), "to", s.parker, "error", err)
	}
	return to
}

// dialLetters are the options of Dial that give both what they may ask for.
func (s *Settings) dialLetters() string {
	return s.letters("callee") + strings.ToUpper(s.letters("caller"))
}
