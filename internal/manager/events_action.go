package manager

import (
	"context"
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/config"
)

// events is the action Events. Beyond the reference, `Sequence: yes` has each event
// tell its place, and `Since:` with a place of before asks for what came behind it.
// Where not all of that is known any more the answer is an error, and nothing changes.
func (s *Server) events(ctx context.Context, r *command.ActionRequest) error {
	h := r.Session.(*handle)
	c, since := h.session, r.Get("Since")
	if r.Get("EventMask") == "" {
		return command.Refusal("Invalid event mask")
	}
	mask := maskOf(r.Get("EventMask"))
	if len(r.All("Since")) > 0 && since == "" {
		return errSince
	}
	w := c.wish()
	w.mask = c.account.Load().Read & mask
	if config.True(r.Get("Sequence")) || since != "" {
		w.form |= formSequence
	} else if r.Get("Sequence") != "" {
		w.form &^= formSequence
	}
	state := "On"
	if mask == 0 {
		state = "Off"
	}
	fields := []command.Field{{Key: "Events", Value: state}}
	var missed []*encoded
	if w.form&formSequence != 0 {
		s.hub.remember()
	}
	if since != "" && c.web {
		return errSinceWeb // its answer would have to hold them all
	}
	if since != "" {
		var err error
		if missed, err = s.hub.resume(c, w, since); err != nil {
			return err
		}
		fields = append(fields, command.Field{Key: "Missed", Value: strconv.Itoa(len(missed))})
	}
	if w.form&formSequence != 0 {
		fields = append(fields, command.Field{Key: "Sequence", Value: s.hub.now()})
	}
	c.mask.Store(uint32(mask))
	c.form.Store(uint32(w.form))
	if since == "" {
		c.out.hold(true) // the new events are told behind the answer
		s.hub.join(c, w)
	}
	defer c.out.hold(false)
	if g := s.settings.Load(); !g.BrokenEvents || mask != everyClass || len(fields) > 1 {
		r.Reply("Success", "", fields...)
	}
	for _, m := range missed {
		c.out.share(ctx, m.in(w.form, s.hub.epoch))
	}
	return nil
}

// filter is the action Filter.
func (s *Server) filter(_ context.Context, r *command.ActionRequest) error {
	if !strings.EqualFold(r.Get("Operation"), "Add") {
		return command.Refusal("Unknown operation")
	}
	f, err := NewFilter(r.Get("MatchCriteria"), r.Get("Filter"))
	c := r.Session.(*handle).session
	switch {
	case errors.Is(err, errFilterPattern):
		return command.Refusal(errFilterPattern.Error())
	case err != nil:
		return command.Refusal(errFilterForm.Error())
	case len(c.filters()) >= mostFilters:
		return command.Refusal("Too many filters")
	}
	list := append(slices.Clip(c.filters()), f)
	c.chosen.Store(&list)
	c.join()
	r.Reply("Success", "Success")
	return nil
}

// filters returns what the session has beside its classes.
func (c *session) filters() []*Filter {
	if list := c.chosen.Load(); list != nil {
		return *list
	}
	return nil
}

// waitEvent is the action WaitEvent: events wait until it is called, and it until
// there is one, or the time is over, or the client sends something.
func (s *Server) waitEvent(ctx context.Context, r *command.ActionRequest) error {
	h := r.Session.(*handle)
	limit := time.Duration(math.MaxInt64)
	if n, err := strconv.Atoi(leadingNumber(r.Get("Timeout"))); err == nil && n >= 0 {
		limit = time.Duration(n) * time.Second
	}
	c := h.session
	c.out.hold(true)
	if c.web {
		c.awaitPulled(ctx, limit)
	} else {
		c.awaitEvent(limit)
	}
	r.Reply("Success", "Waiting for Event completed.")
	c.out.hold(false)
	if c.web {
		h.send(c.out.collect(nil))
	}
	r.Event("WaitEventComplete")
	return nil
}

// awaitEvent waits for an event, for something from the client, or for the time.
// What wakes the reader of a connection is its deadline.
func (c *session) awaitEvent(limit time.Duration) {
	if limit == 0 {
		return
	}
	if limit < math.MaxInt64 {
		c.waitUntil(time.Now().Add(limit))
	}
	if !c.out.notify(func() { _ = c.conn.SetReadDeadline(time.Unix(1, 0)) }) {
		_, _ = c.in.Peek(1)
	}
	c.out.notify(nil)
	c.waitUntil(time.Time{})
}
