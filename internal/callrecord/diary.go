package callrecord

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/event"
)

// eventNames are the channel events, in the order in which the console lists them.
var eventNames = []string{"CHAN_START", "CHAN_END", "HANGUP", "ANSWER", "APP_START", "APP_END", "BRIDGE_ENTER", "BRIDGE_EXIT", "PARK_START",
	"PARK_END", "BLINDTRANSFER", "ATTENDEDTRANSFER", "USER_DEFINED", "LINKEDID_END", "PICKUP", "FORWARD", "LOCAL_OPTIMIZE",
	"LOCAL_OPTIMIZE_BEGIN", "STREAM_BEGIN", "STREAM_END", "DTMF"}

// DiarySettings are the options of cel.conf.
type DiarySettings struct {
	Enabled         bool
	All             bool
	Events          map[string]bool
	Apps            []string // in lower case
	DateFormat      string   // of strftime(3); "" is the default
	Manager         bool     // AMI is told
	ShowUserDefined bool     // as USER_DEFINED with its own name beside it
	Subscribers     []string // as the console names them

	format func(time.Time, string) string // strftime(3)
}

// LoadCEL reads cel.conf; nil is a missing one.
func LoadCEL(f *config.File) (*DiarySettings, []config.Diagnostic) {
	g := &DiarySettings{Events: map[string]bool{}, format: func(t time.Time, _ string) string { return t.Format(stamp) }}
	if f == nil {
		return g, nil
	}
	r := config.NewReader(f)
	if section := f.Merged("general"); section != nil {
		s := r.Section(section)
		g.Enabled = s.Bool("enable", false)
		g.DateFormat = s.String("dateformat", "")
		for _, list := range s.All("apps") {
			g.Apps = append(g.Apps, words(strings.ToLower(list))...)
		}
		for _, list := range s.All("events") {
			for _, name := range words(strings.ToUpper(list)) {
				switch {
				case name == "ALL":
					g.All = true
				case slices.Contains(eventNames, name):
					g.Events[name] = true
				default:
					e, _ := section.Entry("events")
					r.Report(config.Warning, e, config.Suggest(name, slices.Values(eventNames)), "there is no channel event %s", name)
				}
			}
		}
		s.Done()
	}
	if section := f.Merged("manager"); section != nil {
		s := r.Section(section)
		g.Manager = s.Bool("enabled", false)
		g.ShowUserDefined = s.Bool("show_user_defined", false)
		s.Done()
	}
	return g, r.Diagnostics()
}

func words(list string) []string {
	var out []string
	for _, w := range strings.Split(list, ",") {
		if w = strings.TrimSpace(w); w != "" {
			out = append(out, w)
		}
	}
	return out
}

func (g *DiarySettings) wants(name string) bool { return g.All || g.Events[name] }

// An Event is a step in the life of a channel. It is immutable.
type Event struct {
	Name    string
	Own     string // the name of one that is USER_DEFINED
	Time    time.Time
	Channel *event.Channel
	Peer    string // names of the others in its bridge
	Extra   string // JSON
}

// A Diary notes channel events.
type Diary struct {
	bus    *event.Bus
	writer *Writer

	mu       sync.Mutex
	settings *DiarySettings
	cancel   func()
	legs     map[string]*noted // by unique ID
	calls    map[string]int    // channels by linked ID
	out      []*Event
}

// noted is what a diary knows of a channel.
type noted struct {
	now    *event.Channel
	linked string
	up     bool
	app    *event.Channel // as it was when an application that is noted began, or nil
}

// NewDiary returns a diary that hears nothing yet.
func NewDiary(bus *event.Bus, w *Writer) *Diary {
	return &Diary{bus: bus, writer: w, settings: &DiarySettings{}, legs: map[string]*noted{}, calls: map[string]int{}}
}

var watched = event.Kinds(event.KindNewchannel, event.KindNewstate, event.KindNewexten, event.KindNewCallerid, event.KindNewAccountCode,
	event.KindRename, event.KindHangup, event.KindBridgeEnter, event.KindBridgeLeave, event.KindBlindTransfer, event.KindAttendedTransfer,
	event.KindPickup, event.KindDialEnd, event.KindLocalOptimizationBegin, event.KindLocalOptimizationEnd, event.KindDTMFEnd, event.KindGeneric,
	event.KindStreamBegin, event.KindStreamEnd)

// Configure puts settings in force.
func (d *Diary) Configure(g *DiarySettings) {
	d.mu.Lock()
	d.settings = g
	cancel := d.cancel
	if !g.Enabled {
		d.cancel = nil
		clear(d.legs)
		clear(d.calls)
	}
	d.mu.Unlock()
	switch {
	case g.Enabled && cancel == nil:
		stop := d.bus.Subscribe(watched, d.take)
		d.mu.Lock()
		d.cancel = stop
		d.mu.Unlock()
	case !g.Enabled && cancel != nil:
		cancel()
	}
}

// Close ends listening.
func (d *Diary) Close() {
	d.mu.Lock()
	cancel := d.cancel
	d.cancel = nil
	d.mu.Unlock()
	if cancel != nil {
		cancel()
	}
}

// take is the encoder.
func (d *Diary) take(s event.Stamped) {
	list, g := d.noted(s)
	d.tell(g, list, d.bus.Follow)
}

// noted returns what an event means.
func (d *Diary) noted(s event.Stamped) ([]*Event, *DiarySettings) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.out = nil
	d.look(s)
	return d.out, d.settings
}

// tell hands events to clients and to the writer.
func (d *Diary) tell(g *DiarySettings, list []*Event, publish func(event.Event)) {
	for _, e := range list {
		if g.Manager && d.bus.Wants(event.KindCEL) {
			publish(g.event(e))
		}
		d.writer.put(entry{event: e})
	}
}

// event returns an event as clients are told it.
func (g *DiarySettings) event(e *Event) *event.CEL {
	c := &event.CEL{Name: e.Name, Channel: e.Channel, Time: e.Time, When: g.when(e.Time, stampFormat), Peer: e.Peer, Extra: e.Extra,
		UserField: e.Channel.UserField}
	if e.Name == "USER_DEFINED" {
		if g.ShowUserDefined {
			c.UserDefined = e.Own
		} else {
			c.Name = e.Own
		}
	}
	return c
}

// note adds an event if it is wanted; d.mu is held.
func (d *Diary) note(name string, s *event.Channel, at time.Time, peer, extra string) {
	if s != nil && d.settings.wants(name) {
		d.out = append(d.out, &Event{Name: name, Time: at, Channel: s, Peer: peer, Extra: extra})
	}
}

// Generate notes an event of the administrator's own.
func (d *Diary) Generate(s *event.Channel, name, extra string) {
	d.mu.Lock()
	g := d.settings
	d.mu.Unlock()
	if g.Enabled && g.wants("USER_DEFINED") {
		e := &Event{Name: "USER_DEFINED", Own: name, Time: time.Now(), Channel: s, Extra: object("extra", extra)}
		d.tell(g, []*Event{e}, d.bus.Publish)
	}
}

func (d *Diary) showStatus(out io.Writer) {
	d.mu.Lock()
	g := d.settings
	d.mu.Unlock()
	fmt.Fprintf(out, "CEL Logging: %s\n", word(g.Enabled, "Enabled", "Disabled"))
	if !g.Enabled {
		return
	}
	if g.All {
		fmt.Fprintln(out, "CEL Tracking Event: ALL")
	}
	for _, name := range eventNames {
		if g.wants(name) {
			fmt.Fprintf(out, "CEL Tracking Event: %s\n", name)
		}
	}
	for _, app := range g.Apps {
		fmt.Fprintf(out, "CEL Tracking Application: %s\n", app)
	}
	for _, name := range g.Subscribers {
		fmt.Fprintf(out, "CEL Event Subscriber: %s\n", name)
	}
}
