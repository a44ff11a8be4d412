package feature

import (
	"github.com/octothorpe/octothorpe/internal/bridge"
	"github.com/octothorpe/octothorpe/internal/call"
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/media"
)

// others are those who are transferred.
func (n *consultation) others() []*channel.Channel {
	var list []*channel.Channel
	for _, c := range n.main.Channels() {
		if c != n.by && c != n.target {
			list = append(list, c)
		}
	}
	return list
}

// complete puts the target to those who are transferred. through says that it
// has answered.
func (n *consultation) complete(through bool) {
	told := n.success("Bridge")
	n.tellMerge()
	for _, c := range n.others() {
		_ = c.Signal(media.Unhold)
	}
	n.side.MoveWith(n.target, n.main, bridge.Moving{Left: n.reporter(targetLeft), Lost: n.main.Tighten, Entered: func() {
		n.main.Fix(false)
		n.main.Tighten()
		n.publish(told)
		for _, c := range n.others() {
			call.Connect(n.target, c)
			call.Connect(c, n.target)
		}
		if through {
			n.target.Registry().Go(n.target.Name(), func() { n.house.aside(n.main, n.target, n.settings.general["xfersound"]) })
		}
	}})
}

// threeway puts all into one bridge.
func (n *consultation) threeway() {
	told := n.success("Threeway")
	n.tellMerge()
	for _, c := range n.others() {
		_ = c.Signal(media.Unhold)
	}
	n.by.StopSource()
	if n.swapped {
		n.main.Allow(n.by, n.features())
		n.side.MoveWith(n.target, n.main, bridge.Moving{Entered: func() { n.all(told) }, Lost: n.main.Tighten})
		return
	}
	by := bridge.Moving{Features: n.features(), Entered: func() { n.all(told) }, Lost: n.main.Tighten}
	n.side.MoveWith(n.target, n.main, bridge.Moving{Entered: func() { n.side.MoveWith(n.by, n.main, by) }, Lost: n.main.Tighten})
}

// all follows when all are in one bridge.
func (n *consultation) all(told *event.AttendedTransfer) {
	n.main.Fix(false)
	n.main.Tighten()
	n.publish(told)
	for _, c := range []*channel.Channel{n.by, n.target} {
		c.Registry().Go(c.Name(), func() { n.house.aside(n.main, c, n.settings.general["xfersound"]) })
	}
}

// ring lets those who are transferred hear that the target rings, until it
// answers or is gone.
func (n *consultation) ring() {
	for _, c := range n.others() {
		_ = c.Signal(media.Ringing)
	}
	for {
		select {
		case what := <-n.news:
			if what == answer {
				n.through()
				return
			}
			if what == targetLeft {
				return
			}
		case <-n.main.Over():
			return
		}
	}
}

// through follows when a target that was transferred to has answered.
func (n *consultation) through() {
	n.answered = true
	n.tellAnswer()
	for _, c := range n.others() {
		c.StopSource()
	}
}

// success is the event of a transfer that comes to a good end, or nil where nobody
// wants it.
func (n *consultation) success(kind string) *event.AttendedTransfer {
	if !n.by.Registry().Bus.Wants(event.KindAttendedTransfer) {
		return nil
	}
	s := n.by.Snapshot()
	e := &event.AttendedTransfer{Result: "Success", OrigTransferer: s, OrigBridge: n.main.Snapshot(),
		SecondTransferer: s, SecondBridge: n.side.Snapshot(), Target: n.target.Snapshot(), DestType: kind}
	if list := n.others(); len(list) > 0 {
		e.Transferee = list[0].Snapshot()
	}
	e.DestBridge = n.main.ID()
	return e
}

func (n *consultation) publish(e *event.AttendedTransfer) {
	if e != nil {
		n.by.Registry().Bus.Publish(e)
	}
}

func (n *consultation) tellMerge() {
	if bus := n.by.Registry().Bus; bus.Wants(event.KindBridgeMerge) {
		bus.Publish(&event.BridgeMerge{To: n.main.Snapshot(), From: n.side.Snapshot()})
	}
}

func (n *consultation) tellAnswer() {
	if bus := n.by.Registry().Bus; bus.Wants(event.KindDialEnd) {
		bus.Publish(&event.DialEnd{Peer: n.target.Snapshot(), Status: "ANSWER"})
	}
}

func (n *consultation) tellState(status string) {
	if bus := n.by.Registry().Bus; bus.Wants(event.KindDialState) {
		bus.Publish(&event.DialState{Peer: n.target.Snapshot(), Status: status})
	}
}
