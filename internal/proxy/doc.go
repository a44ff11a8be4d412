// Package proxy stands between one or many managers (Asterisk's or our own) and
// thousands of clients: `octothorpe proxy -c proxy.yaml`.
//
// It has one connection to each [Upstream], kept by package ami with reconnects and
// resynchronisation, and users of its own with classes, filters and address lists.
// Each event gets the key Server, is written once for all sessions that want the
// same (package fanout), and goes to who may see it. An action goes to the server
// that its key Server names, and what answers it to who asked.
//
// The observer of an upstream runs on its connection's goroutine and waits for
// nobody; each session has a goroutine that reads. All methods of a [Proxy] may be
// called concurrently.
//
// What a user may do is decided twice: by the classes here, and by those of the user
// as whom the proxy logged in there. Left out: users of manager.conf, AMI over HTTP
// but for the WebSocket, and keeping events for clients that were away.
package proxy
