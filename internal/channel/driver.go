package channel

import (
	"context"
	"errors"
	"fmt"

	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/media"
)

// A Driver turns a technology into legs.
type Driver interface {
	// Technology is the name before the slash: "PJSIP", "Local".
	Technology() string
	// Request makes a leg towards a destination, in state Down, and does not
	// call it yet. The caller owns the channel and must End it. A *RequestError
	// tells the cause of a refusal.
	Request(ctx context.Context, r Request) (*Channel, error)
	// DeviceState tells the state of a destination in AMI's words: "NOT_INUSE",
	// "INUSE", "BUSY", "INVALID", "UNAVAILABLE", "RINGING", "RINGINUSE", "ONHOLD", "UNKNOWN".
	DeviceState(destination string) string
}

// A Request describes the leg that is wanted.
type Request struct {
	// Destination is what follows "TECH/" in a dial string.
	Destination string
	// Formats that the requestor can use, best first; empty leaves it to the driver.
	Formats []*media.Format
	// Requestor is the leg on whose behalf this is done, or nil.
	Requestor *Channel
	// UniqueID and OtherUniqueID are the IDs that a client chose for the leg
	// and for the second half of a Local channel; empty is to choose.
	UniqueID, OtherUniqueID string
	// LinkedID of the call to which the leg will belong, where there is no requestor.
	LinkedID string
}

// A RequestError says why a driver made no leg.
type RequestError struct {
	Cause int // Q.850, for DIALSTATUS and HANGUPCAUSE
	Why   string
}

func (e *RequestError) Error() string { return e.Why }

// A Leg is the technology's side of a channel. The core calls it from any
// goroutine and holds no lock while it does. Methods return quickly: they send,
// they do not wait for the other side.
type Leg interface {
	// Call starts to call the destination that was requested. What becomes of
	// it arrives as Control frames: Ringing, Progress, Answered, Busy …
	Call(ctx context.Context) error
	// Answer accepts a leg that came to us.
	Answer() error
	// Indicate tells the other side a signal. ErrNotIndicated asks the core to
	// make itself heard instead: a tone for Ringing and Busy, music for Hold.
	Indicate(f media.Frame) error
	// Write sends media. Voice comes in WriteFormat.
	Write(f media.Frame) error
	// WriteFormat is the audio format that the leg sends now; it may change in a call.
	WriteFormat() *media.Format
	// Hangup ends the leg with a Q.850 cause. It is the last call, and is made once.
	Hangup(cause int)
}

// Beginner is a Leg that can say when it is called and its far end has not begun yet: what is told of the call then
// comes before whatever the far end does, which may be at once.
type Beginner interface {
	// CallAfter is Call that runs begun once the call can't fail any more, and before the far end begins.
	CallAfter(ctx context.Context, begun func()) error
}

// Call calls the destination that was requested for c. begun gets c as it is when the far end has done nothing yet. It does
// not run where the call fails, and otherwise before Call returns; of a leg that is no [Beginner] the far end may
// have begun by then.
func (c *Channel) Call(ctx context.Context, begun func(c *event.Channel)) error {
	leg := c.Leg()
	if l, ok := leg.(Beginner); ok {
		return l.CallAfter(ctx, func() { begun(c.Snapshot()) })
	}
	before := c.Snapshot()
	if err := leg.Call(ctx); err != nil {
		return err
	}
	begun(before)
	return nil
}

// ErrNotIndicated is returned by Leg.Indicate where the technology has no way
// to tell the signal.
var ErrNotIndicated = errors.New("signal can't be told by the technology")

// DigitSender is a Leg that can send keys. Without it keys are sent as tones.
type DigitSender interface {
	// BeginDigit and EndDigit send a key's down and up. ErrNotIndicated asks for tones.
	BeginDigit(digit byte) error
	EndDigit(digit byte, ms int) error
}

// TextSender is a Leg that can send a text message.
type TextSender interface{ SendText(text string) error }

// A Text is a message with more to say about it than its body. What is empty is as
// the call has it.
type Text struct{ Body, ContentType, FromName, ToName string }

// Messenger is a Leg that can send such a message.
type Messenger interface{ SendMessage(t Text) error }

// Transferrer is a Leg whose far end can be sent elsewhere (SIP REFER or 302).
type Transferrer interface {
	Transfer(ctx context.Context, destination string) error
}

// A TransferError is the status with which a far end refused to be sent elsewhere, or
// in which its attempt came to its end.
type TransferError struct{ Status int }

func (e *TransferError) Error() string {
	return fmt.Sprintf("the transfer came to an end with %d", e.Status)
}

// Relayer is a Leg whose media can go to another leg of the same kind without
// passing through the core.
type Relayer interface {
	// RelayTo joins the media of both legs, if that is possible now, and
	// returns what separates them again. The legs still report keys.
	RelayTo(peer Leg) (stop func(), ok bool)
}

// Bilingual is a Leg that takes another format where WriteFormat is one that cannot be
// made here, as Opus: its far end has agreed to both.
type Bilingual interface {
	// OtherFormat is the format to send for sound in a format: that one, or the best
	// that can be made. It is WriteFormat where there is no other.
	OtherFormat(of *media.Format) *media.Format
}

// Polyglot is a Leg that may send and receive several audio formats at once.
type Polyglot interface {
	// NativeFormats are those formats, best first; none where it is but WriteFormat.
	NativeFormats() []*media.Format
}

// Streamer is a Leg that can have several streams of a kind of media.
type Streamer interface {
	// SetStreams asks the far end for as many streams of a kind as wanted, and returns
	// how many there are when it has answered.
	SetStreams(ctx context.Context, kind media.MediaKind, wanted int) (int, error)
}

// Informer is a Leg that knows more about itself: CHANNEL(item).
type Informer interface {
	Item(item string) (value string, ok bool)
}

// Tuner is a Leg with settings of its own: Set(CHANNEL(item)=value).
type Tuner interface {
	SetItem(item, value string) (ok bool, err error)
}

// Secret is a Leg that knows before it is called whether its far end will be reached by secret
// signalling and media. Of a leg that is none, nobody asks it.
type Secret interface {
	Secret() (signalling, media bool)
}

// Twin is a Leg that is one of two halves: what is set by CHANNEL(item) on the
// one holds for the other, too.
type Twin interface {
	// Twin returns the other half's channel, or nil if it has ended.
	Twin() *Channel
}

// Stepping is a Leg that wants to be asked before it leaves or enters a bridge,
// as Local channels do to take themselves out of a call.
type Stepping interface {
	Bridged(in bool)
}

// PartyOf is what a ConnectedLine or Redirecting frame carries as Value.
type PartyOf struct {
	Party    event.Party
	Redirect event.Redirection
}

// ForwardedBy is the key under which a leg that wants to be called elsewhere keeps
// an event.Redirection, where its far end said that another than it sends the call on.
type ForwardedBy struct{}
