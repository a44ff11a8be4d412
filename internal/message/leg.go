package message

import (
	"context"
	"errors"

	"github.com/octothorpe/octothorpe/internal/media"
)

// nowhere is the leg of a channel that has no far end.
type nowhere struct{}

var errNowhere = errors.New("a message has no far end to call")

// Call implements channel.Leg.
func (nowhere) Call(context.Context) error { return errNowhere }

// Answer implements channel.Leg.
func (nowhere) Answer() error { return nil }

// Indicate implements channel.Leg.
func (nowhere) Indicate(media.Frame) error { return nil }

// Write implements channel.Leg.
func (nowhere) Write(media.Frame) error { return nil }

// WriteFormat implements channel.Leg.
func (nowhere) WriteFormat() *media.Format { return media.SLin }

// Hangup implements channel.Leg.
func (nowhere) Hangup(int) {}
