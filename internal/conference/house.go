package conference

import (
	"context"
	"log/slog"
	"sort"
	"sync"
	"sync/atomic"

	"github.com/octothorpe/octothorpe/internal/bridge"
	"github.com/octothorpe/octothorpe/internal/channel"
)

// A Dialplan is what conferences need of the executor.
type Dialplan interface {
	// Aside runs context,exten,priority on c until it has no next step, and puts c where it was. The error
	// says how it ended.
	Aside(ctx context.Context, c *channel.Channel, place string) error
	// AddExtension and RemoveExtension make an extension of a context that does nothing, and take it away.
	AddExtension(in, exten string) error
	RemoveExtension(in, exten string)
}

// A Voice plays to legs. Those of its methods that have a leg are its owner's.
type Voice interface {
	// Prompt plays a sound until its end or one of the keys, which it returns.
	Prompt(ctx context.Context, c *channel.Channel, name, keys string) (byte, error)
	// Digits plays a prompt and reads keys until # or as many as there may be.
	Digits(ctx context.Context, c *channel.Channel, prompt string, most int) (string, error)
	// RecordName records a name to a file, whose path without extension is returned.
	RecordName(ctx context.Context, c *channel.Channel, path string) error
	// Open returns the sound of a name in a language.
	Open(name, language string, c *channel.Channel) (channel.Source, error)
	// NumberPrompts returns the prompts of a number.
	NumberPrompts(n int, language string) []string
	// Music returns the music of a class.
	Music(class string, c *channel.Channel) (channel.Source, error)
	// Tell tells that a prompt begins to play to a leg.
	Tell(c *channel.Channel, name, language string, src channel.Source)
}

// A Recorder records what a leg is sent and says.
type Recorder interface {
	// Record begins to record to a file, with the options of MixMonitor; stop ends it.
	Record(c *channel.Channel, file, options, command string) (stop func(), err error)
}

// A House has the conferences of one exchange.
type House struct {
	Channels *channel.Registry
	Bridges  *bridge.Registry
	Dialplan Dialplan
	Voice    Voice
	Recorder Recorder // may be nil
	// Denoise takes steady noise out of what a leg says, or does so no more; may be nil.
	Denoise func(c *channel.Channel, on bool)
	Logger  *slog.Logger
	// Spool is where recordings and names are kept.
	Spool string
	// NextNumber numbers the legs of the exchange's own; they share it with Local channels.
	NextNumber func() uint32
	// Touch tells that the state of a device may have changed. It must not wait.
	Touch func(device string)

	settings  atomic.Pointer[Settings]
	recorders atomic.Uint32
	entries   atomic.Uint64

	mu    sync.Mutex // a leaf
	rooms map[string]*room
	known map[string]bool // conferences that there were
}

// Configure puts settings in force, for those who enter from now on.
func (h *House) Configure(g *Settings) { h.settings.Store(g) }

// Settings returns those in force.
func (h *House) Settings() *Settings {
	if g := h.settings.Load(); g != nil {
		return g
	}
	return Defaults()
}

// find returns a room by its name, or nil.
func (h *House) find(name string) *room {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.rooms[name]
}

// all returns the rooms by name.
func (h *House) all() []*room {
	h.mu.Lock()
	defer h.mu.Unlock()
	list := make([]*room, 0, len(h.rooms))
	for _, r := range h.rooms {
		list = append(list, r)
	}
	sort.Slice(list, func(i, j int) bool { return list[i].name < list[j].name })
	return list
}

// DeviceState is that of confbridge:name.
func (h *House) DeviceState(name string) string {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.rooms[name] != nil:
		return "INUSE"
	case h.known[name]:
		return "NOT_INUSE"
	}
	return "INVALID"
}
