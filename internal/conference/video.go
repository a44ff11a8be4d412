package conference

import (
	"time"

	"github.com/octothorpe/octothorpe/internal/jitter"
	"github.com/octothorpe/octothorpe/internal/media"
)

// Pictures are passed on as they are: the bridge shows all users one user's, which is chosen
// here or by who talks. Only with sfu those of all go to all.

// The values of video_mode that the bridge cares for.
const (
	followTalker = "follow_talker"
	allSeeAll    = "sfu"
)

// videos are the bridge's modes for them.
var videos = map[string]string{followTalker: "talker", allSeeAll: "sfu"}

// see has everybody see the picture of a user, or with nil that which the profile says.
func (r *room) see(u *user) {
	r.mu.Lock()
	r.video = ""
	if u != nil {
		r.video = u.c.UniqueID()
	}
	r.mu.Unlock()
	switch {
	case u != nil:
		r.bridge.SetVideo(u.c.UniqueID())
	case r.profile.video == followTalker:
		r.bridge.SetVideo("")
	default:
		r.bridge.NoVideo()
		r.follow()
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

// follow chooses the picture by the marks of users, where the profile says so and nobody has chosen another.
func (r *room) follow() {
	mode := r.profile.video
	if r.seen() != "" || mode != "first_marked" && mode != "last_marked" {
		return
	}
	var next *user
	for _, u := range r.list() {
		if u.profile.marked && (next == nil || mode == "last_marked") {
			next = u
		}
	}
	if next == nil {
		r.bridge.NoVideo()
		return
	}
	r.bridge.SetVideo(next.c.UniqueID())
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
