package iax

import (
	"bytes"
	"context"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/media"
)

// signals are the control words and what they mean.
var signals = map[uint64]media.Signal{controlRinging: media.Ringing, controlAnswer: media.Answered, controlBusy: media.Busy,
	controlCongestion: media.Congestion, controlFlash: media.Flash, controlProgress: media.Progress, controlProceeding: media.Proceeding,
	controlHold: media.Hold, controlUnhold: media.Unhold}

var controls = func() map[media.Signal]uint64 {
	words := map[media.Signal]uint64{media.StopTone: controlStopSounds}
	for word, signal := range signals {
		words[signal] = word
	}
	return words
}()

// deliver hands the channel what came, where there is one.
func (c *call) deliver(f media.Frame) {
	if ch := c.leg.Load(); ch != nil {
		ch.Deliver(f)
	}
}

// signal takes a control word.
func (c *call) signal(word uint64) {
	if word == controlHangup {
		c.ended(wordHangup, elements{})
		return
	}
	if s, ok := signals[word]; ok {
		c.deliver(media.Frame{Kind: media.Control, Signal: s})
	}
}

// spoke takes a full frame of sound: it says the format of those with the short header.
func (c *call) spoke(f frame) {
	format := formatOf(f.subclass)
	c.mu.Lock()
	c.heard = format
	c.mu.Unlock()
	c.sound(f.body)
}

// sound takes sound. It may come before the channel is there, and is lost then.
func (c *call) sound(data []byte) {
	c.mu.Lock()
	format := c.heard
	c.mu.Unlock()
	if format != nil && len(data) > 0 {
		c.deliver(media.Frame{Kind: media.Voice, Format: format, Data: data, Samples: samplesIn(format, data)})
	}
}

// keyLength is how long a key is held of which only the end is told.
const keyLength = 100 * time.Millisecond

// key takes a key.
func (c *call) key(f frame) {
	digit := byte(f.subclass) //nolint:gosec // 7 bits
	c.mu.Lock()
	down := c.down
	c.down = time.Time{}
	if f.kind == keyDown {
		c.down = time.Now()
	}
	c.mu.Unlock()
	switch {
	case f.kind == keyDown:
		c.deliver(media.Frame{Kind: media.DTMFBegin, Digit: digit})
	case down.IsZero():
		c.deliver(media.Frame{Kind: media.DTMFEnd, Digit: digit, Duration: keyLength, Value: media.Whole{}})
	default:
		c.deliver(media.Frame{Kind: media.DTMFEnd, Digit: digit, Duration: time.Since(down)})
	}
}

// read takes a text message, which may end with a zero.
func (c *call) read(body []byte) {
	c.deliver(media.Frame{Kind: media.TextFrame, Data: bytes.TrimRight(body, "\x00")})
}

// Call implements channel.Leg. Transfers that the far end asks for go to the context of who calls.
func (c *call) Call(ctx context.Context) error { return c.CallAfter(ctx, func() {}) }

// CallAfter implements channel.Beginner. The leg rings before anything is sent: what the far end says of its state stands.
func (c *call) CallAfter(_ context.Context, begun func()) error {
	ch := c.leg.Load()
	to := ch.Location()
	to.Context = "default"
	if c.requestor != nil {
		to.Context = c.requestor.Location().Context
	}
	ch.SetLocation(to)
	ch.SetState(event.Ringing)
	begun()
	c.ask("")
	return nil
}

// Answer implements channel.Leg.
func (c *call) Answer() error {
	c.tell(control, controlAnswer, nil)
	return nil
}

// Indicate implements channel.Leg. What has no word is of no interest to the far end.
func (c *call) Indicate(f media.Frame) error {
	if word, ok := controls[f.Signal]; ok {
		c.tell(control, word, nil)
	}
	return nil
}

// BeginDigit and EndDigit implement channel.DigitSender.
func (c *call) BeginDigit(digit byte) error {
	c.tell(keyDown, uint64(digit), nil)
	return nil
}

// EndDigit is the key's end.
func (c *call) EndDigit(digit byte, _ int) error {
	c.tell(keyUp, uint64(digit), nil)
	return nil
}

// SendText implements channel.TextSender.
func (c *call) SendText(message string) error {
	c.tell(text, 0, append([]byte(message), 0))
	return nil
}

// WriteFormat implements channel.Leg.
func (c *call) WriteFormat() *media.Format { return c.format.Load() }

// drift is how far the stamps of sound may be from the clock before they follow it.
const drift = 120

// Write implements channel.Leg. Sound of a full minute's stamp, or in another format than
// before, goes in a full frame, the rest with the short header.
func (c *call) Write(f media.Frame) error {
	if f.Kind != media.Voice || f.Format != c.format.Load() {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stage != accepted {
		return nil
	}
	now := uint32(time.Since(c.began) / time.Millisecond) //nolint:gosec // 49 days
	stamp := now
	if c.spoken != nil {
		next := c.lastVoice + uint32(f.Samples*1000/f.Format.Rate)       //nolint:gosec // a packet
		if ahead := int32(next - now); ahead > -drift && ahead < drift { //nolint:gosec // wraps as it should
			stamp = next
		}
	}
	if c.spoken == f.Format && stamp>>16 == c.lastVoice>>16 {
		c.driver.send(c.at, appendMini(nil, c.number, stamp, f.Data))
	} else {
		c.spoken = f.Format
		c.put(voice, uint64(bitOf(f.Format)), stamp, f.Data)
	}
	c.lastVoice = stamp
	return nil
}

// Hangup implements channel.Leg. Before the call is accepted it is a refusal. The reference tells of a request to
// end each leg of IAX2 as it ends, also of one whose far end has asked for that before.
func (c *call) Hangup(cause int) {
	if ch := c.leg.Load(); ch != nil {
		why := cause
		if why <= 0 {
			why = channel.CauseUntold
		}
		ch.TellEnd(why)
	}
	c.hangUp(cause)
}

// hangUp ends the far end's side of the call.
func (c *call) hangUp(cause int) {
	c.mu.Lock()
	before := c.stage
	c.stage = over
	if c.timer != nil {
		c.timer.Stop()
	}
	if before == over || c.out == 0 { // the far end knows, or never heard of it
		c.mu.Unlock()
		c.forget()
		return
	}
	w := &writer{}
	if cause > 0 && cause <= 127 { // or it is not told, as nobody has said one
		w.text(elementCause, channel.CauseText(cause)).number8(elementCauseCode, uint8(cause)) //nolint:gosec // checked
	}
	c.put(iaxWord, wordHangup, c.stamp(), w.body)
	c.mu.Unlock()
}
