// Package httpd is the one HTTP server of the exchange: http.conf, TLS, static files,
// uploads, redirects, who may ask for what, and WebSockets (RFC 6455).
//
// A [Server] serves the pages that others register with it, each a [Page]: the
// metrics, the manager interface over HTTP, later ARI. Its answers where there is no
// page, or no permission, are those of Asterisk. A [Hub] is a page that turns requests
// into WebSockets and hands them to who speaks their subprotocol; SIP is the first
// ("sip", RFC 7118, at /ws). Its listeners stand for the sockets of a transport, so
// that the SIP stack serves WebSockets as it serves TCP.
//
// The exchange owns all of them. All methods may be called concurrently.
//
// Left out on purpose: the versions 7 and 8 of the WebSocket protocol that were
// drafts, and compression, which gains nothing for a message now and then; HTTP/2,
// which has no WebSockets for SIP; TLS before 1.2.
package httpd
