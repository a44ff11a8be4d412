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
// A session has two: one reads the RTP socket and, when relaying, writes to the
// peer's; the other reads the RTCP socket and is the session's clock. While keys
// are sent there is a third. Close ends them all, Wait waits for them. Callbacks
// run on these goroutines with no lock held; they must not block and must not
// call Wait. All methods may be called concurrently.
//
// Left out on purpose: jitter buffers, and RTP profiles with feedback. Keys of
// SRTP come from the driver, see [Cipher]. DTLS and ICE are not built yet.
package rtp
