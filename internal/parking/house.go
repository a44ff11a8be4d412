package parking

import (
	"cmp"
	"context"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/octothorpe/octothorpe/internal/bridge"
	"github.com/octothorpe/octothorpe/internal/call"
	"github.com/octothorpe/octothorpe/internal/channel"
)

// A Dialplan is what parking needs of the executor.
type Dialplan interface {
	Exists(l channel.Location, caller string) bool
	// Resolve reads [[context,]exten,]priority relative to where c is.
	Resolve(c *channel.Channel, place string) (channel.Location, error)
	// Step tells the application and data of a place.
	Step(l channel.Location) (application, data string)
	// Make replaces the extensions that were made under the registrars before.
	Make(replaced []string, list []Extension) error
}

// An Extension is a step at the priority 1, or a hint, that a lot brings along.
type Extension struct {
	Context, Exten, Application, Data string
	Hint                              bool
	Registrar                         string
	Maker                             string // of the context, where there is none yet
}

// A Voice plays to legs that their owner reads.
type Voice interface {
	Prompt(ctx context.Context, c *channel.Channel, name, keys string) (byte, error)
	// Aside plays a sound to a leg of a bridge, apart from the others.
	Aside(b *bridge.Bridge, c *channel.Channel, name string)
}

// Features makes what legs can ask for by keys: package feature.
type Features interface {
	Of(c *channel.Channel, letters string) *bridge.Features
}

// A House has the lots of one exchange. Its fields are set before the first call.
type House struct {
	Calls    *call.Calls
	Dialplan Dialplan
	Voice    Voice
	Features Features // may be nil
	Logger   *slog.Logger
	Touch    func(device string) // the state of a device may have changed

	mu   sync.Mutex
	lots []*Lot // by name
	// dynamic says that lots may be made while a call is parked.
	dynamic bool
}

// A Lot is a place for parked calls.
type Lot struct {
	house *House

	mu       sync.Mutex // taken after the house's
	settings *Settings
	spaces   map[int]*stay
	after    int // the space that was used last
	bridge   *bridge.Bridge
}

// Configure puts the settings of lots in force. Who is parked stays, and so do lots that
// were made for somebody. A lot that is in use and no longer in the file has no extensions, takes
// nobody else, and is gone when the last one has left it.
func (h *House) Configure(list []*Settings, dynamic bool) {
	list, replaced := h.configure(list, dynamic)
	// The plan's hints ask for the states of spaces: nothing is locked.
	if err := h.Dialplan.Make(replaced, extensions(list)); err != nil {
		h.Logger.Error("the extensions of parking were not made", "error", err)
	}
}

// configure returns the settings of all lots, and the registrars of those that were there before.
func (h *House) configure(list []*Settings, dynamic bool) (all []*Settings, replaced []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.dynamic = dynamic
	known := map[string]*Lot{}
	replaced = []string{registrar}
	for _, l := range h.lots {
		name := l.settings.name
		known[name] = l
		replaced = append(replaced, registrar+"/"+name)
		if !slices.ContainsFunc(list, func(s *Settings) bool { return s.name == name }) {
			if kept := l.outlive(); kept != nil {
				list = append(list, kept)
			}
		}
	}
	slices.SortStableFunc(list, byName)
	h.lots = nil
	for _, s := range list {
		l := known[s.name]
		if l == nil {
			l = &Lot{house: h, spaces: map[int]*stay{}}
		}
		l.mu.Lock()
		l.settings = s
		l.mu.Unlock()
		h.lots = append(h.lots, l)
	}
	return list, replaced
}

// outlive returns the settings with which a lot stays that is in no file: nil if it ends. The house's
// mu is held.
func (l *Lot) outlive() *Settings {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.settings.dynamic:
		return l.settings
	case len(l.spaces) > 0:
		kept := *l.settings
		kept.closing = true
		return &kept
	}
	l.vacate()
	return nil
}

// vacate ends the bridge of a lot that is gone, unless who was fetched has not left it yet. mu is held.
func (l *Lot) vacate() {
	if l.bridge != nil && len(l.bridge.Channels()) == 0 {
		l.bridge.Destroy()
		l.bridge = nil
	}
}

// leave follows when somebody has left a lot: that is gone if it was to be closed and is empty.
func (h *House) leave(l *Lot) {
	h.mu.Lock()
	defer h.mu.Unlock()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.settings.closing && len(l.spaces) == 0 {
		h.lots = slices.DeleteFunc(h.lots, func(other *Lot) bool { return other == l })
		l.vacate()
	}
}

const registrar = "res_parking"

// extensions are those of all lots.
func extensions(list []*Settings) (out []Extension) {
	for _, s := range list {
		if s.closing {
			continue
		}
		own := registrar + "/" + s.name
		maker := own
		if s.dynamic {
			maker = registrar
		}
		if s.exten != "" {
			e := Extension{Context: s.context, Exten: s.exten, Application: "Park", Registrar: registrar, Maker: maker}
			if s.exclusive {
				e.Data, e.Registrar = s.name, own
			}
			out = append(out, e)
		}
		for n := s.first; s.exten != "" && n <= s.last; n++ {
			space := strconv.Itoa(n)
			if s.hints {
				out = append(out, Extension{Context: s.context, Exten: space, Application: "park:" + space + "@" + s.context, Hint: true, Registrar: own, Maker: maker})
			}
			out = append(out, Extension{Context: s.context, Exten: space, Application: "ParkedCall", Data: s.name + "," + space, Registrar: own, Maker: maker})
		}
	}
	return out
}

// All returns the lots.
func (h *House) All() []*Lot {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.lots)
}

// Find returns the lot of a name, or nil.
func (h *House) Find(name string) *Lot {
	for _, l := range h.All() {
		if l.get().name == name {
			return l
		}
	}
	return nil
}

// nameFor is the name of the lot that a leg parks in where none is named.
func nameFor(c *channel.Channel) string {
	name, _ := c.Variable("PARKINGLOT")
	return cmp.Or(name, c.Snapshot().ParkingLot, "default")
}

// of returns the lot that a leg parks in where none is named, or nil.
func (h *House) of(c *channel.Channel) *Lot { return h.Find(nameFor(c)) }

func (l *Lot) get() *Settings {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.settings
}

// parked returns who is in the lot, by space.
func (l *Lot) parked() []*stay {
	l.mu.Lock()
	defer l.mu.Unlock()
	list := make([]*stay, 0, len(l.spaces))
	for _, n := range slices.Sorted(maps.Keys(l.spaces)) {
		list = append(list, l.spaces[n])
	}
	return list
}

// Device is the state of a device park:SPACE@CONTEXT.
func (h *House) Device(name string) string {
	space, in, _ := strings.Cut(name, "@")
	n, err := strconv.Atoi(space)
	if err != nil {
		return "INVALID"
	}
	for _, l := range h.All() {
		s := l.get()
		if s.context != in || n < s.first || n > s.last {
			continue
		}
		l.mu.Lock()
		_, taken := l.spaces[n]
		l.mu.Unlock()
		if taken {
			return "INUSE"
		}
		return "NOT_INUSE"
	}
	return "INVALID"
}
