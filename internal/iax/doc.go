// Package iax is the channel driver of IAX2, the Inter-Asterisk eXchange of RFC 5456:
// IAX2/… channels and the users and peers of iax.conf. Signals and media of all calls
// share one UDP port.
//
// There are calls in both directions with their signals, keys, texts and audio;
// authentication by MD5 and by plain text; call tokens (draft-guy-iaxext, which Asterisk
// asks for), access lists; and answers to POKE, PING and LAGRQ.
//
// Left out, and refused in the protocol's own way: registration, so that peers have a
// fixed address; native transfer (TXREQ: media goes on through the exchange); trunked
// frames; encryption and RSA; provisioning, firmware and remote dialplans; video.
//
// A goroutine reads the port and does what comes, in its order; what a call starts runs
// on goroutines of its channel. All methods may be called concurrently.
package iax
