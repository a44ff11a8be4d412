package feature

import (
	"context"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/bridge"
	"github.com/octothorpe/octothorpe/internal/call"
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/media"
)

// recall follows when who transfers has hung up before the target answered. If it
// does not answer in time, who transferred is called back, and then both in turn.
func (n *consultation) recall() {
	told := n.success("Bridge")
	n.tellMerge()
	for _, c := range n.others() {
		_ = c.Signal(media.Unhold)
		_ = c.Signal(media.Ringing)
	}
	n.side.MoveWith(n.target, n.main, bridge.Moving{Left: n.reporter(targetLeft), Lost: n.reporter(targetLeft)})
	patience := n.settings.seconds("atxfernoanswertimeout")
	for try := 0; ; try++ {
		if n.waitTarget(patience) {
			n.publish(told)
			n.main.Fix(false)
			n.main.Tighten()
			return
		}
		if n.over() || n.callBack(patience) {
			return
		}
		if try >= n.settings.number("atxfercallbackretries") {
			n.main.Tighten() // nobody is there for them
			n.main.Destroy()
			return
		}
		if !n.pause(n.settings.seconds("atxferloopdelay")) {
			return
		}
		if !n.call(context.Background(), n.main) {
			n.report(targetLeft)
		}
	}
}

// over reports whether nobody is left to be transferred.
func (n *consultation) over() bool {
	select {
	case <-n.main.Over():
		return true
	default:
		return false
	}
}

// waitTarget waits until the target answers, and ends it where it does not.
func (n *consultation) waitTarget(patience time.Duration) bool {
	timer := time.NewTimer(patience)
	defer timer.Stop()
	for {
		select {
		case what := <-n.news:
			switch what {
			case answer:
				n.through()
				for _, c := range n.others() {
					call.Connect(n.target, c)
					call.Connect(c, n.target)
				}
				return true
			case targetLeft:
				return false
			}
		case <-timer.C:
			n.end(n.target)
			timer.Reset(time.Hour) // it is about to leave
		case <-n.main.Over():
			n.end(n.target)
			return false
		}
	}
}

// callBack calls who transferred, and reports whether it is there again.
func (n *consultation) callBack(patience time.Duration) bool {
	name := n.by.Name()
	technology, rest, _ := strings.Cut(name, "/")
	if i := strings.LastIndexByte(rest, '-'); i > 0 {
		rest = rest[:i]
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	d := n.house.Calls.NewDialer(nil)
	linked := n.by.LinkedID()
	back, err := d.Add(ctx, technology, channel.Request{Destination: rest, LinkedID: linked}, func(c *channel.Channel) error {
		c.Step(c.Location(), "AppDial2", "(Outgoing Line)")
		if list := n.others(); len(list) > 0 {
			p := list[0].Caller()
			c.Change(func(s *event.Channel) { s.Connected = p })
		}
		return nil
	})
	if err != nil {
		n.house.Logger.Warn("who transferred can't be called back", "channel", name, "error", err)
		return false
	}
	n.by.Registry().Go(name, func() { // ends with ctx
		select {
		case <-n.main.Over():
			cancel()
		case <-ctx.Done():
		}
	})
	winner := d.Wait(ctx, patience, call.Listener{})
	if winner == nil {
		d.GiveUp("NOANSWER", 0)
		return false
	}
	d.TellAnswer(winner)
	for _, c := range n.others() {
		c.StopSource()
	}
	n.house.Calls.Impart(n.main, back.Release(), bridge.JoinOptions{Features: n.features()})
	n.main.Fix(false)
	n.main.Tighten()
	return true
}

// pause waits, and reports false where nobody is left meanwhile.
func (n *consultation) pause(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-n.main.Over():
		return false
	}
}
