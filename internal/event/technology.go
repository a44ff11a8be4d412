package event

import (
	"net/netip"
	"time"
)

// SIPTransaction: A SIP request of a leg has its final response, or will never
// have one. It may be told after the leg's Hangup: of the BYE, say.
type SIPTransaction struct {
	Channel *Channel
	Client  bool // we sent the request
	Method  string
	CallID  string
	Number  uint32 // of CSeq
	Status  int    // 0 if no final response came
	Reason  string // the reason phrase, or why no response came
	Network string // "udp", "tcp", "tls"
	Peer    netip.AddrPort
	Repeats int // retransmissions of the request
	Began   time.Time
	Ended   time.Time
}

// MediaStatistics: The media of a leg has ended; what is known of its way.
// Local is what we measured of the packets that came, Remote what the other side
// reported of ours.
type MediaStatistics struct {
	Channel                         *Channel
	Medium, Codec                   string // "audio", "ulaw"
	Local, Remote                   netip.AddrPort
	Began                           time.Time // when it was agreed upon first
	PacketsSent, OctetsSent         uint64
	PacketsReceived, OctetsReceived uint64
	Lost, RemoteLost                int
	Jitter, RemoteJitter            time.Duration
	RoundTrip                       time.Duration // 0 if no report told
}
