package state

import (
	"maps"
	"slices"
	"sync"

	"github.com/octothorpe/octothorpe/internal/event"
)

// MailboxDevice begins the names of the devices that are mailboxes: one with new
// messages is in use.
const MailboxDevice = "MWI:"

// Counts are the messages of a mailbox.
type Counts struct{ New, Old int }

// Mailboxes knows how many messages wait where. Whoever has mailboxes says so by
// Set: voicemail, another exchange, a program by AMI. All methods may be called
// concurrently.
type Mailboxes struct {
	bus *event.Bus
	// Touched is told the device of a mailbox that changed; nil tells nobody.
	Touched func(device string)

	telling sync.Mutex // orders what is published; held before mu
	mu      sync.Mutex
	known   map[string]Counts
	remote  map[string]bool // another exchange told it
}

// NewMailboxes returns mailboxes of which nobody has told yet.
func NewMailboxes(bus *event.Bus) *Mailboxes {
	return &Mailboxes{bus: bus, known: map[string]Counts{}, remote: map[string]bool{}}
}

// Of returns the messages of a mailbox; known is false where nobody told of it.
func (m *Mailboxes) Of(name string) (c Counts, known bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	c, known = m.known[name]
	return c, known
}

// Names returns the mailboxes that are known, sorted.
func (m *Mailboxes) Names() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Sorted(maps.Keys(m.known))
}

// Restore is Set for what was kept: no news.
func (m *Mailboxes) Restore(name string, c Counts) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.known[name] = c
}

// Set says how many messages a mailbox has, and tells everybody.
func (m *Mailboxes) Set(name string, c Counts) {
	m.set(name, c, false, nil)
}

// SetBy is Set for what a leg has done: left a message, or heard one.
func (m *Mailboxes) SetBy(name string, c Counts, by *event.Channel) { m.set(name, c, false, by) }

// SetElsewhere is SetBy for a mailbox of which only the dialplan knows what it has.
func (m *Mailboxes) SetElsewhere(name string, c Counts, by *event.Channel) {
	m.put(name, c, false, &event.MessageWaiting{Mailbox: name, New: c.New, Old: c.Old, Elsewhere: true, Channel: by})
}

// SetRemote is Set for what another exchange tells.
func (m *Mailboxes) SetRemote(name string, c Counts) { m.set(name, c, true, nil) }

func (m *Mailboxes) set(name string, c Counts, remote bool, by *event.Channel) {
	m.put(name, c, remote, &event.MessageWaiting{Mailbox: name, New: c.New, Old: c.Old, Remote: remote, Channel: by})
}

func (m *Mailboxes) put(name string, c Counts, remote bool, news *event.MessageWaiting) {
	m.telling.Lock()
	defer m.telling.Unlock()
	m.mu.Lock()
	m.known[name], m.remote[name] = c, remote
	m.mu.Unlock()
	m.tell(news)
}

// Remote reports whether another exchange told what is known of a mailbox.
func (m *Mailboxes) Remote(name string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.remote[name]
}

// Forget says that a mailbox is gone: whoever watches it sees it empty. It reports
// whether it was there.
func (m *Mailboxes) Forget(name string) bool {
	m.telling.Lock()
	defer m.telling.Unlock()
	m.mu.Lock()
	_, known := m.known[name]
	delete(m.known, name)
	delete(m.remote, name)
	m.mu.Unlock()
	if known {
		m.tell(&event.MessageWaiting{Mailbox: name})
	}
	return known
}

func (m *Mailboxes) tell(news *event.MessageWaiting) {
	if m.bus.Wants(event.KindMessageWaiting) {
		m.bus.Publish(news)
	}
	if m.Touched != nil {
		m.Touched(MailboxDevice + news.Mailbox)
	}
}

// Device returns the state of the device of a mailbox.
func (m *Mailboxes) Device(name string) string {
	switch c, known := m.Of(name); {
	case !known:
		return Invalid
	case c.New > 0:
		return InUse
	}
	return NotInUse
}
