package conference

import (
	"time"

	"github.com/octothorpe/octothorpe/internal/jitter"
	"github.com/octothorpe/octothorpe/internal/media"
)

// Pictures are passed on as they are: all see one user's, which is chosen here. Only with
// sfu those of all go to all.

// shows returns what tells whether a user's picture is for the others; nil is always.
func (r *room) shows(u *user) func() bool {
	if r.profile.video == "sfu" {
		return nil
	}
	return func() bool { return r.picture.Load() == u }
}

// see has everybody see the picture of a user, or with nil that which the profile says.
func (r *room) see(u *user) {
	r.mu.Lock()
	r.video = ""
	if u != nil {
		r.video = u.c.UniqueID()
	}
	r.mu.Unlock()
	if u == nil {
		r.follow()
		return
	}
	r.show(u)
	r.bridge.SetVideo(u.c.UniqueID())
}

// show makes a user's picture that which all see, from a whole one on.
func (r *room) show(u *user) {
	if r.picture.Swap(u) != u {
		_ = u.c.Indicate(media.Frame{Signal: media.VideoUpdate}) // who sends none is asked in vain
	}
}

// overtaken reports whether a frame of a user asks for a whole picture too soon after another
// did so: who sends pictures was asked already.
func (r *room) overtaken(f media.Frame) bool {
	if f.Kind != media.Control || f.Signal != media.VideoUpdate {
		return false
	}
	now := time.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	if now.Sub(r.renewed) < time.Duration(r.profile.videoDiscard)*time.Millisecond {
		return true
	}
	r.renewed = now
	return false
}

// seen is the unique ID of the leg whose picture was chosen, "" for none.
func (r *room) seen() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.video
}

// follow chooses the picture by the profile, where nobody has chosen another.
func (r *room) follow() {
	if r.seen() != "" {
		return
	}
	now, mode := r.picture.Load(), r.profile.video
	var next *user
	for _, u := range r.list() {
		switch {
		case mode == "first_marked" && u.profile.marked && next == nil, mode == "last_marked" && u.profile.marked,
			mode == "follow_talker" && (u == now || next == nil):
			next = u
		}
	}
	switch {
	case next == now:
	case next == nil:
		r.picture.Store(nil)
	case mode == "follow_talker":
		r.talker(next)
	default:
		r.show(next)
		r.bridge.SetVideo(next.c.UniqueID())
	}
}

// talker has everybody see who talks.
func (r *room) talker(u *user) {
	r.show(u)
	r.bridge.ShowTalker(u.c.UniqueID())
}

// smooth gives a leg the jitter buffer that its profile asks for, and returns what takes it away.
func (u *user) smooth() (end func()) {
	if _, _, has := u.c.JitterBuffer(); !u.profile.jitterBuffer || has {
		return func() {}
	}
	g := jitter.Default(jitter.Adaptive)
	u.c.SetJitterBuffer(&g)
	return func() { u.c.SetJitterBuffer(nil) }
}
