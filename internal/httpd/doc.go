// Package httpd is what the one HTTP server does beside serving pages: it turns
// requests into WebSockets (RFC 6455) and hands them to who speaks their
// subprotocol. SIP is the first ("sip", RFC 7118, at /ws).
//
// A [Hub] is an http.Handler; its listeners stand for the sockets of a transport,
// so that the SIP stack serves WebSockets as it serves TCP. The exchange owns both
// and reads http.conf. All methods may be called concurrently.
//
// Left out on purpose: the versions 7 and 8 of the protocol that were drafts, and
// compression, which gains nothing for a message now and then.
package httpd
