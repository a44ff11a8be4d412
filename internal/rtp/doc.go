// Package rtp carries the media of a call over UDP: ports, packets (RFC 3550),
// keys (RFC 4733), reports (RTCP), and the native relay that joins two sessions
// without passing through the core.
//
// A driver makes a [Session] for each media stream with [New], tells it where
// the other side is and which payload types mean what as SDP comes and goes
// (SetRemote, SetPayloads, SetDirection), writes frames to it, and gets frames
// by the Deliver callback. [Relay] joins two of them.
//
// # Goroutines
//
// On Linux a few goroutines, the pollers, read the sockets of all sessions on IPv4
// and, when relaying, write to the peer's; elsewhere and for IPv6 each socket has
// one. A timer is the session's clock. While keys are sent there is one more. Close
// ends what is the session's, Wait waits for it; pollers end with the last session
// that they read. Callbacks run on these goroutines with no lock held; they must not
// block, for other calls wait behind them, and must not call Wait. All methods may be
// called concurrently.
//
// Of RTCP feedback the request for a whole picture is understood and sent; limits of
// bandwidth and wishes for lost packets pass through relays. The rest is left out on
// purpose, and jitter buffers are package jitter. Keys of SRTP come from the driver, see
// [Cipher], or by DTLS.
//
// Sessions of a bundle share the sockets of one, see [Session.Bundle].
//
// # WebRTC
//
// ICE and DTLS share the socket with media (RFC 7983) and are pion's: what arrives for
// them is handed to their goroutines by bounded queues, and they have no part in the
// way of media, unless that leads through a TURN server. A path that ICE has found is
// where the session sends, from its own socket.
package rtp
