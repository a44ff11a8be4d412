package speech

import (
	"strings"
	"sync"
)

// Engines are those of an exchange, by name. The zero value has none.
type Engines struct {
	mu      sync.Mutex // a leaf
	list    map[string]Engine
	clients []*Client
}

// Configure puts the clients of aeap.conf in the place of all engines that there were. Objects of these go on.
func (e *Engines) Configure(clients []*Client) {
	var engines []Engine
	for _, c := range clients {
		if c.protocol == protocol {
			engines = append(engines, c)
		}
	}
	e.Set(engines)
	e.mu.Lock()
	defer e.mu.Unlock()
	e.clients = clients
}

// Clients are those of aeap.conf, by name, also those that are no engines.
func (e *Engines) Clients() []*Client {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.clients
}

// Set puts engines in the place of those that there were. Objects of these go on.
func (e *Engines) Set(engines []Engine) {
	list := map[string]Engine{}
	for _, one := range engines {
		list[strings.ToLower(one.Name())] = one
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.list = list
}

// Find returns the engine of a name.
func (e *Engines) Find(name string) (Engine, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if found := e.list[strings.ToLower(name)]; found != nil {
		return found, nil
	}
	return nil, ErrNoEngine
}
