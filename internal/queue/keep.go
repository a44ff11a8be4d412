package queue

import "github.com/octothorpe/octothorpe/internal/event"

// A Change is what is to be written where a member lies: in the row ID of a database,
// or if that is "" in the one of its queue and interface. Values are by column.
type Change struct {
	Queue, Interface, ID string
	Values               []event.Variable
}

// keep has a change of a member be written where the member lies, if that is a database.
// What is read there before it is written does not count.
func (m *Member) keep(values ...event.Variable) {
	h := m.q.house
	m.q.mu.Lock()
	if !m.line.mapped || h.Keep == nil {
		m.q.mu.Unlock()
		return
	}
	m.keeping++
	id := m.line.id
	m.q.mu.Unlock()
	h.Keep(Change{Queue: m.q.name, Interface: m.iface, ID: id, Values: values}, func() {
		m.q.mu.Lock()
		m.keeping--
		m.q.mu.Unlock()
	})
}
