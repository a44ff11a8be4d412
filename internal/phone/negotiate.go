package phone

import (
	"net/netip"
	"slices"
	"time"

	"github.com/octothorpe/octothorpe/internal/media"
	"github.com/octothorpe/octothorpe/internal/rtp"
)

// agreed is what an offer and its answer settle about the audio of a call.
type agreed struct {
	formats  []*media.Format       // usable both ways, best first; the first is sent
	payloads map[*media.Format]int // numbers that the other side understands
	keys     int                   // payload type of keys beside the first format, or -1
	events   []payload             // the payload types of keys, one a clock rate
	also     []payload             // those that may arrive, too
	noise    bool                  // they know comfort noise (RFC 3389)
	remote   netip.AddrPort        // where media goes; invalid if nowhere yet
	ptime    time.Duration
	held     bool // the other side wants no media
	theirs   direction
	kind     string // "audio", "video", "text"
	index    int    // of the stream among the description's, -1 of a call without sound
	place    int    // among the streams of its kind
	rtcpMux  bool
	bundled  bool                     // its way is that of the first of its bundle
	profile  profile                  // of the stream, as an answer has it
	link     link                     // their ICE and DTLS
	crypto   *rtp.Crypto              // their key, nil where they have none that we use
	fmtp     map[*media.Format]string // what they said of formats
	more     []agreed                 // the streams beside the first sound
}

// keysPayload is the payload type of telephone-event in our offers, as in
// Asterisk's, at the clock rate of the first format; other rates follow it.
const keysPayload = 101

// offerAudio makes the stream that offers formats, best first; fmtp is what is known
// of them.
func offerAudio(formats []*media.Format, fmtp map[*media.Format]string, port int, keys bool, d direction) stream {
	s := offerStream("audio", ofKind(formats, "audio"), fmtp, port, d)
	var rates []int
	for _, p := range s.payloads {
		if !slices.Contains(rates, p.clock) {
			rates = append(rates, p.clock)
		}
	}
	if !keys {
		return s
	}
	if !slices.Contains(rates, 8000) {
		rates = append(rates, 8000)
	}
	next := keysPayload
	for _, clock := range rates {
		for slices.ContainsFunc(s.payloads, func(p payload) bool { return p.number == next }) {
			next++
		}
		s.payloads = append(s.payloads, payload{number: next, encoding: telephoneEvent, clock: clock, fmtp: "0-16"})
	}
	return s
}

func contains(list []*media.Format, f *media.Format) bool {
	for _, other := range list {
		if other == f {
			return true
		}
	}
	return false
}

func inOrder(order, set []*media.Format) []*media.Format {
	var list []*media.Format
	for _, f := range order {
		if contains(set, f) {
			list = append(list, f)
		}
	}
	return list
}
