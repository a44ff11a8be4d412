package channel

import (
	"fmt"
	"sync/atomic"

	"github.com/octothorpe/octothorpe/internal/logging"
	"github.com/octothorpe/octothorpe/internal/media"
)

// watching is whether what is no sound is written to the log as it arrives: "core set
// debug channel".
type watching struct{ on atomic.Bool }

// Watch begins or ends to write to the log what arrives on the leg, but for media. It
// reports whether that is new.
func (c *Channel) Watch(on bool) (changed bool) { return c.watched.on.Swap(on) != on }

// WatchNew is Watch for the channels that are made from now on.
func (r *Registry) WatchNew(on bool) { r.watched.on.Store(on) }

// frameNumbers and signalNumbers are those of Asterisk's IAX2 (RFC 5456 §8.1 to §8.3), by
// which logs tell frames.
var (
	frameNumbers = map[media.FrameKind]struct {
		name   string
		number int
	}{media.DTMFEnd: {"DTMF End", 1}, media.Control: {"Control", 4}, media.TextFrame: {"Text", 7}, media.DTMFBegin: {"DTMF Begin", 12}}
	signalNumbers = map[media.Signal]int{media.Ringing: 3, media.Answered: 4, media.Busy: 5, media.Congestion: 8, media.Flash: 9, media.Progress: 14,
		media.Proceeding: 15, media.Hold: 16, media.Unhold: 17, media.VideoUpdate: 18, media.SrcUpdate: 20, media.Transfer: 21, media.ConnectedLine: 22,
		media.Redirecting: 23, media.T38: 24}
)

// watch writes a frame to the log, in the words of the reference.
func (c *Channel) watch(f media.Frame) {
	kind, ok := frameNumbers[f.Kind]
	if !ok || !c.watched.on.Load() {
		return
	}
	sub, number := "N/A", 0
	switch f.Kind {
	case media.DTMFBegin, media.DTMFEnd:
		sub, number = string(rune(f.Digit)), int(f.Digit)
	case media.Control:
		if sub, number = f.Signal.String(), signalNumbers[f.Signal]; f.Signal == media.Answered {
			sub = "Answer"
		}
	}
	c.tellWatched(fmt.Sprintf("TYPE: %s (%d) SUBCLASS: %s (%d)", kind.name, kind.number, sub, number))
}

func (c *Channel) tellWatched(what string) {
	logging.CallVerbosef(c.registry.Logger, c.CallNumber(), 0, "<< [ %s ] [%s]", what, c.Name())
}
