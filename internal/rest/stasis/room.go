package stasis

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"

	"github.com/octothorpe/octothorpe/internal/bridge"
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/event"
)

// rooms are what ARI knows of bridges beyond what package bridge does.
type rooms struct {
	mu  sync.Mutex // a leaf
	all map[string]*room

	playing sync.Mutex // held while music begins or changes; above mu and what makes channels
}

// A room is the bridge of clients.
type room struct {
	music     *channel.Channel // the near half of the announcer that plays it; nil is none
	heard     *channel.Channel // its far half, which is in the bridge
	variables map[string]string
	reported  map[string]bool // those that events show
}

// room returns what is known of a bridge, and makes it where there is nothing yet.
func (r *rooms) of(id string) *room {
	if r.all[id] == nil {
		r.all[id] = &room{variables: map[string]string{}, reported: map[string]bool{}}
	}
	return r.all[id]
}

// SetBridgeVariable sets a variable of a bridge, and says whether events show it.
func (h *Hub) SetBridgeVariable(b *bridge.Bridge, name, value string, reported bool) {
	h.rooms.mu.Lock()
	defer h.rooms.mu.Unlock()
	r := h.rooms.of(b.ID())
	r.variables[name] = value
	if reported {
		r.reported[name] = true
	} else {
		delete(r.reported, name)
	}
	var list []event.Variable
	for _, name := range slices.Sorted(maps.Keys(r.reported)) {
		list = append(list, event.Variable{Name: name, Value: r.variables[name]})
	}
	b.SetReported(list)
}

// BridgeVariable returns one.
func (h *Hub) BridgeVariable(id, name string) (value string, ok bool) {
	h.rooms.mu.Lock()
	defer h.rooms.mu.Unlock()
	value, ok = h.rooms.of(id).variables[name]
	return value, ok
}

// followRoom has an application hear of the bridge that its leg enters: until the leg enters
// another one, also after it has left.
func (h *Hub) followRoom(l *Leg, name, source string) {
	l.mu.Lock()
	old := l.heard
	l.heard = [2]string{name, source}
	l.mu.Unlock()
	if old == [2]string{name, source} {
		return
	}
	if old[1] != "" {
		h.leave(old[0], old[1])
	}
	h.follow(name, source)
	h.mu.Lock()
	defer h.mu.Unlock()
	if a := h.apps[name]; a != nil {
		a.concern(source, ofChannels+l.Channel.UniqueID())
	}
}

// Destroy ends a bridge and waits until its legs have left it. Who had legs in it hears
// of its end.
func (h *Hub) Destroy(ctx context.Context, b *bridge.Bridge) error {
	var inside []*Leg
	for _, c := range b.Channels() {
		if l := h.Leg(c.UniqueID()); l != nil {
			inside = append(inside, l)
		}
	}
	b.Destroy()
	h.rooms.mu.Lock()
	delete(h.rooms.all, b.ID())
	h.rooms.mu.Unlock()
	for _, l := range inside {
		l.callBack() // what it hears might never end
		if err := l.outside(ctx, b); err != nil {
			return err
		}
	}
	return nil
}

// callBack ends what the leg hears apart from its bridge.
func (l *Leg) callBack() {
	l.mu.Lock()
	recall := l.recall
	l.mu.Unlock()
	if recall != nil {
		recall()
	}
}

// outside waits until the leg is not in a bridge any more.
func (l *Leg) outside(ctx context.Context, b *bridge.Bridge) error {
	l.mu.Lock()
	in, gone := l.bridge, l.entry
	l.mu.Unlock()
	if in != b {
		return nil
	}
	select {
	case <-gone:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// ErrNotInRoom is Part's error for a leg that is not in the bridge.
var ErrNotInRoom = errors.New("the leg is not in the bridge")

// Join puts the leg into a bridge, out of another if it is in one. It waits until it is in
// it. One that is in the bridge already leaves it and enters anew, as on the reference.
func (l *Leg) Join(ctx context.Context, b *bridge.Bridge, o bridge.JoinOptions) error {
	entered := make(chan error, 1)
	err := l.queue(order{parts: true, dropped: func() { entered <- ErrGone }, run: func(ctx context.Context) {
		l.join(ctx, b, o, entered)
	}})
	if err != nil {
		return err
	}
	select {
	case err := <-entered:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// join is Join on the goroutine of the leg's owner.
func (l *Leg) join(ctx context.Context, b *bridge.Bridge, o bridge.JoinOptions, entered chan<- error) {
	l.hub.followRoom(l, l.App(), ofBridges+b.ID()) // so that it hears of the entering
	stay, err := b.Enter(l.Channel, o)
	if err != nil {
		entered <- err
		return
	}
	l.inside(ctx, b, stay, entered)
}

// inside keeps the leg in a bridge, while orders are done beside.
func (l *Leg) inside(ctx context.Context, b *bridge.Bridge, stay func(context.Context) error, entered chan<- error) {
	gone := make(chan struct{})
	l.mu.Lock()
	l.bridge, l.entry = b, gone
	l.mu.Unlock()
	entered <- nil

	ended := make(chan struct{})
	var held []order // for which the leg leaves
	var minding sync.WaitGroup
	minding.Add(1)
	go func() {
		defer minding.Done()
		held = l.mind(ctx, b, ended)
	}()
	_ = stay(ctx)
	close(ended)
	minding.Wait()
	l.hub.deserted(ctx, b)

	l.mu.Lock()
	l.bridge = nil
	l.mu.Unlock()
	l.ignore()
	close(gone)
	for _, o := range held {
		if ctx.Err() != nil {
			if o.dropped != nil {
				o.dropped()
			}
			continue
		}
		o.run(ctx)
	}
}

// mind does what clients ask while the leg is in a bridge. It returns with the order for
// which the leg has to leave.
func (l *Leg) mind(ctx context.Context, b *bridge.Bridge, ended <-chan struct{}) (held []order) {
	for {
		select {
		case <-ended:
			return nil
		case o := <-l.orders:
			if !o.parts {
				l.hub.House.Channels.Contain(l.Channel.Name(), func() { o.run(ctx) })
				if m := l.moving(); m != nil {
					l.move(m)
				}
				continue
			}
			b.Kick(l.Channel)
			<-ended
			return []order{o}
		}
	}
}

// Part takes the leg out of a bridge, and waits until it has left.
func (l *Leg) Part(ctx context.Context, b *bridge.Bridge) error {
	if l.Bridge() != b {
		return ErrNotInRoom
	}
	b.Kick(l.Channel)
	return l.outside(ctx, b)
}

// aside has f run with the leg taken out of what it hears: of its bridge, if it is in one.
func (l *Leg) aside(ctx context.Context, f func(ctx context.Context)) {
	c := l.Channel
	b := l.Bridge()
	if b == nil {
		c.SetSink(nil)
		defer l.ignore()
		f(ctx)
		return
	}
	apart, back, ok := b.Away(c)
	if !ok {
		return
	}
	defer back()
	apart, end := context.WithCancel(apart)
	defer end()
	l.mu.Lock()
	l.recall = end
	l.mu.Unlock()
	f(apart)
	l.mu.Lock()
	l.recall = nil
	l.mu.Unlock()
}

// PlayMusic has everybody in a bridge hear music of a class, also those who enter later, until
// StopMusic, the last of them leaves or the bridge ends. Where there is music already it is another from now on.
func (h *Hub) PlayMusic(b *bridge.Bridge, class string) error {
	h.rooms.playing.Lock()
	defer h.rooms.playing.Unlock()
	h.rooms.mu.Lock()
	near := h.rooms.of(b.ID()).music
	h.rooms.mu.Unlock()
	fresh := near == nil
	var far *channel.Channel
	if fresh {
		var err error
		if near, far, err = h.announce(b, "Announcer", "ARI_MOH"); err != nil {
			return err
		}
	}
	src, err := h.House.Sounds.Music(class, near)
	if err != nil {
		if fresh {
			near.Hangup(channel.CauseNormalClearing)
			near.End()
		}
		return err
	}
	near.StartSource(src)
	if fresh {
		h.rooms.mu.Lock()
		r := h.rooms.of(b.ID())
		r.music, r.heard = near, far
		h.rooms.mu.Unlock()
		h.House.Channels.Go(near.Name(), func() { // ends with the music or the bridge
			defer near.End()
			<-near.Context().Done()
			h.musicOver(b.ID(), near)
			near.StopSource()
			near.Hangup(channel.CauseNormalClearing)
		})
	}
	return nil
}

// musicOver forgets an announcer that has ended.
func (h *Hub) musicOver(id string, near *channel.Channel) {
	h.rooms.mu.Lock()
	defer h.rooms.mu.Unlock()
	if r := h.rooms.all[id]; r != nil && r.music == near {
		r.music, r.heard = nil, nil
	}
}

// deserted ends the music of a bridge that has nobody in it any more, as on the reference, and waits for its end: who
// has taken a leg out may put it in again at once.
func (h *Hub) deserted(ctx context.Context, b *bridge.Bridge) {
	if slices.ContainsFunc(b.Channels(), func(c *channel.Channel) bool { return !c.Snapshot().Internal }) {
		return
	}
	if over, was := h.StopMusic(b); was {
		select {
		case <-over:
		case <-ctx.Done():
		}
	}
}

// StopMusic ends the music of a bridge, and reports whether there was any. What has played it is not in the bridge any more
// when over is closed: until then a leg that enters would have it for a peer.
func (h *Hub) StopMusic(b *bridge.Bridge) (over <-chan struct{}, was bool) {
	h.rooms.mu.Lock()
	var near, far *channel.Channel
	if r := h.rooms.all[b.ID()]; r != nil {
		near, far, r.music, r.heard = r.music, r.heard, nil, nil
	}
	h.rooms.mu.Unlock()
	if near == nil {
		return nil, false
	}
	near.Hangup(channel.CauseNormalClearing)
	return far.CallContext().Done(), true
}
