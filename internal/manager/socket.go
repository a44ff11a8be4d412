package manager

import "net"

// socket is the WebSocket of a browser as a connection: each line is a message.
type socket struct{ net.Conn }
