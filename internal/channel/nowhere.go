package channel

import (
	"context"

	"github.com/octothorpe/octothorpe/internal/media"
)

// Nowhere is a leg without a far end, of a channel on which something is only evaluated or run. Whatever
// it is asked for succeeds.
type Nowhere struct {
	Format *media.Format // of the voice that it is sent; nil is any
}

// Call implements Leg.
func (Nowhere) Call(context.Context) error { return nil }

// Answer implements Leg.
func (Nowhere) Answer() error { return nil }

// Indicate implements Leg.
func (Nowhere) Indicate(media.Frame) error { return nil }

// Write implements Leg.
func (Nowhere) Write(media.Frame) error { return nil }

// WriteFormat implements Leg.
func (n Nowhere) WriteFormat() *media.Format { return n.Format }

// Hangup implements Leg.
func (Nowhere) Hangup(int) {}
