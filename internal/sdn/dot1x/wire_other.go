//go:build !linux

package dot1x

import "errors"

// A Wire carries frames between the switch and us.
type Wire interface {
	Read(b []byte) (int, error)
	Write(b []byte) (int, error)
	Close() error // Read ends
}

// Open is the wire of a network interface: on Linux only.
func Open(string) (Wire, error) { return nil, errors.New("802.1X needs Linux") }
