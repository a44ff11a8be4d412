package monitor

import (
	"context"
	"log/slog"
	"path/filepath"
	"sync"
	"sync/atomic"

	"github.com/octothorpe/octothorpe/internal/bridge"
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
)

// A Dialplan is what is needed of the executor.
type Dialplan interface {
	// Expand substitutes variables, functions and expressions in a text.
	Expand(ctx context.Context, c *channel.Channel, text string) string
	// Assign sets a variable, or a function.
	Assign(ctx context.Context, c *channel.Channel, name, value string) error
	// Goto makes the dialplan go on at [[context,]exten,]priority.
	Goto(c *channel.Channel, place string) error
	// Exists tells whether a place exists for a call from caller.
	Exists(l channel.Location, caller string) bool
}

// A Voice plays to legs.
type Voice interface {
	// Prompt plays a sound until its end or one of the keys, which it returns. It is the
	// owner's of the leg.
	Prompt(ctx context.Context, c *channel.Channel, name, keys string) (byte, error)
	// Open returns the sound of a name in a language.
	Open(name, language string, c *channel.Channel) (channel.Source, error)
	// Has tells whether there is such a sound.
	Has(name, language string) bool
}

// A House records and listens for one exchange.
type House struct {
	Channels *channel.Registry
	Bridges  *bridge.Registry
	Dialplan Dialplan
	Voice    Voice
	Logger   *slog.Logger
	// Sound is a sound of features.conf by its name, as it holds for a leg; "" is none. nil has none.
	Sound func(c *channel.Channel, name string) string
	// Spool is the folder in which recordings without a path are put.
	Spool string
	// NameOf returns the path of the name that the owner of a mailbox has recorded, or "".
	// It is nil where there is no voicemail. Set before the first leg is listened to.
	NameOf func(mailbox, context string) string
	// Deposit makes a message of a recording; nil where there is no voicemail. Set before
	// the first recording.
	Deposit func(c *channel.Channel, d Deposit) error

	ids     atomic.Uint64
	mu      sync.Mutex                   // a leaf
	running map[*channel.Channel][]*tape // of a leg, the latest first
	pairs   map[*channel.Channel]*pair   // of Monitor
}

// An Application and a Function are rows of this package's tables.
type (
	Application = command.Application[*channel.Channel]
	Function    = command.Function[*channel.Channel]
)

func row(name, module, synopsis, syntax string) command.Row {
	return command.Row{Name: name, Module: module, Synopsis: synopsis, Syntax: syntax}
}

// path is where a recording is put.
func (h *House) path(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(h.Spool, name)
}
