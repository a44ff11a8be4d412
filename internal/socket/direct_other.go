//go:build !linux

package socket

import "net"

// A Direct writes what a connection takes at once; here none can be.
type Direct struct{}

// NewDirect returns nil: the connection is written in another way.
func NewDirect(net.Conn) *Direct { return nil }

// Write returns what the connection did not take.
func (*Direct) Write(list [][]byte) ([][]byte, error) { return list, nil }
