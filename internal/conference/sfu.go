package conference

import (
	"context"
	"slices"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/media"
)

// With video_mode=sfu every user sees the pictures of all others, each in a stream of its
// own, which its far end is asked for when somebody comes, and which it is told to be over
// when that one leaves.

// A wall is what pictures a user sees beside its own. It is under the room's mutex but for
// own, which does not change.
type wall struct {
	own     []*media.Format // the streams that the user's call came with
	places  []*user         // whose picture is in each further stream; nil is nobody's
	hanging bool            // a goroutine asks the far end
	again   bool            // and is to ask once more
}

// hangs reports whether the room shows all pictures to all.
func (r *room) hangs() bool { return r.profile.video == "sfu" }

// rehang gives each user who is in the bridge the pictures of the others.
func (r *room) rehang() {
	if !r.hangs() {
		return
	}
	r.mu.Lock()
	var asked []*user
	for _, u := range r.users {
		if _, ok := u.c.Leg().(channel.Gallery); !ok || !u.inside || u.leaving {
			continue
		}
		changed := false
		for i, seen := range u.wall.places {
			if seen != nil && (!slices.Contains(r.users, seen) || !seen.inside) {
				u.wall.places[i], changed = nil, true
			}
		}
		for _, other := range r.users {
			if other == u || !other.inside || len(other.wall.own) == 0 || slices.Contains(u.wall.places, other) {
				continue
			}
			if i := slices.Index(u.wall.places, nil); i >= 0 {
				u.wall.places[i] = other
			} else {
				u.wall.places = append(u.wall.places, other)
			}
			changed = true
		}
		if !changed {
			continue
		}
		if u.wall.again = true; !u.wall.hanging {
			u.wall.hanging = true
			asked = append(asked, u)
		}
	}
	r.mu.Unlock()
	for _, u := range asked {
		r.house.Channels.Go(u.c.Name(), func() { u.hang(u.c.LegContext()) })
	}
}

// hang asks the far end for the streams, until they are as they are to be.
func (u *user) hang(ctx context.Context) {
	r := u.room
	leg, _ := u.c.Leg().(channel.Gallery) // see rehang
	for {
		r.mu.Lock()
		if !u.wall.again || leg == nil {
			u.wall.hanging = false
			r.mu.Unlock()
			return
		}
		u.wall.again = false
		formats := make([]*media.Format, len(u.wall.places))
		for i, seen := range u.wall.places {
			if seen != nil {
				formats[i] = seen.wall.own[0]
			}
		}
		r.mu.Unlock()
		if err := leg.AddPictures(ctx, formats); err != nil && ctx.Err() == nil {
			r.house.Logger.Warn("a user of a conference does not see all others", "channel", u.c.Name(), "error", err)
		}
	}
}

// sends puts a picture of the user's into the stream in which another sees it.
func (u *user) sends(to *channel.Channel, f media.Frame) (media.Frame, bool) {
	if kind, place := media.StreamOf(f.Stream); kind != media.Video || place > 0 {
		return f, false
	}
	r := u.room
	r.mu.Lock()
	place := -1
	for _, other := range r.users {
		if other.c == to {
			place = slices.Index(other.wall.places, u)
		}
	}
	r.mu.Unlock()
	leg, ok := to.Leg().(channel.Gallery)
	if place < 0 || !ok {
		return f, false
	}
	f.Stream, ok = leg.PictureNumber(place)
	return f, ok
}
