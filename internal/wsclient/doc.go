// Package wsclient is websocket_client.conf: the WebSockets that the exchange itself
// opens, by their names. The ARI server tells applications by them, and legs of the
// technology WebSocket carry media over them.
//
// A [Book] is the file as it is in force. All methods may be called concurrently.
package wsclient
