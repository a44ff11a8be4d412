package media

import "time"

// A Frame is what travels through a channel: a piece of media or a signal.
//
// Frames are immutable: whoever makes one gives Data away and nobody writes to
// it afterwards, so that a frame may be queued and shared without a copy.
type Frame struct {
	Kind FrameKind
	// Stream tells the streams of a call apart from which VideoFrame frames come.
	Stream uint8
	// Timed says that Timestamp is set: the sender's, in units of Format.Clock, for
	// who puts a Voice frame back to where it belongs.
	Timed     bool
	Timestamp uint32
	// Format is the codec of a Voice or VideoFrame frame.
	Format *Format
	// Data is the encoded media of a Voice or VideoFrame frame, the text of a TextFrame.
	Data []byte
	// Samples is the duration of a Voice frame in samples of Format.Rate.
	Samples int
	// Digit is the key of a DTMFBegin or DTMFEnd frame: 0-9 * # A-D, or 'f' for fax CNG.
	Digit byte
	// Duration is how long the key of a DTMFEnd frame was held.
	Duration time.Duration
	// Signal is the meaning of a Control frame.
	Signal Signal
	// Cause is the Q.850 cause that goes with Hangup, Busy or Congestion; 0 if unknown.
	Cause int
	// Value carries what else a Control frame brings: a new party for
	// ConnectedLine and Redirecting, the target for Transfer.
	Value any
}

// Whole is the Value of a DTMFEnd frame before which there was no DTMFBegin, as
// the key came in one message.
type Whole struct{}

// Relayed is the Value of DTMFBegin and DTMFEnd frames whose key goes to the
// other side by itself, with media that is relayed. They are for whoever listens;
// sent on they would be heard twice.
type Relayed struct{}

// FrameKind tells what a frame is.
type FrameKind uint8

// The kinds of frames.
const (
	Voice FrameKind = iota
	DTMFBegin
	DTMFEnd
	Control
	TextFrame
	VideoFrame // a packet of a stream beside the call's sound: pictures, text, more sound
	CNG        // comfort noise: silence, no media
)

// Signal is the meaning of a Control frame.
type Signal uint8

// The signals that a technology reports about a leg, or is asked to send.
const (
	NoSignal Signal = iota
	Ringing
	Progress
	Proceeding
	Answered
	Busy
	Congestion
	Incomplete
	Hold
	Unhold
	ConnectedLine
	Redirecting
	Transfer
	VideoUpdate
	SrcUpdate
	Flash
	HangupSignal
	StopTone // back to silence after the tones of Ringing, Busy or Congestion
	Forward  // the far end wants to be called elsewhere; Value is where, a string
	Charge   // what the call costs; Value is package channel's *Charge
	T38      // the call is to go on as fax, or no more; Value is a Fax
	Streams  // the far end has other streams now; Value tells a leg of the same technology which
	Playing  // somebody moves in what is played to the leg; Value is how, a string
)

var signalNames = [...]string{"None", "Ringing", "Progress", "Proceeding", "Answered", "Busy", "Congestion",
	"Incomplete", "Hold", "Unhold", "Connected Line", "Redirecting", "Transfer", "Video Update", "Source Update",
	"Flash", "Hangup", "Stop Tone", "Forward", "Advice of Charge", "T.38", "Streams", "Playing"}

// String returns the signal's name for logs.
func (s Signal) String() string { return signalNames[s] }

// StreamNumber is the Stream of frames that come by the stream of a kind in its place,
// from 0, among those of the call.
func StreamNumber(kind MediaKind, place int) uint8 {
	return uint8(kind)<<6 | uint8(place)&63
}

// StreamOf is the opposite of StreamNumber.
func StreamOf(number uint8) (kind MediaKind, place int) {
	return MediaKind(number >> 6), int(number & 63)
}
