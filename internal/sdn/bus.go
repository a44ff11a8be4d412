package sdn

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"

	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/sdn/control"
)

// busQueue is how many events of the network wait for the bus, which waits for no
// client: there are that many only when the machine stands still, and then the
// oldest are dropped and counted.
const busQueue = 4096

// toBus has the exchange's bus tell what happens in the network, until the events
// end; done is closed then.
func toBus(events *control.Events, bus *event.Bus) (done <-chan struct{}) {
	s, ended := events.Subscribe(busQueue), make(chan struct{})
	go func() {
		defer close(ended)
		for e := range s.C {
			if bus.Wants(event.KindNetwork) {
				bus.Publish(&event.Network{ID: e.ID, DatapathID: e.DP, Datapath: e.Name, What: e.Kind, Fields: fields(e), JSON: e.JSON})
			}
		}
	}()
	return ended
}

// fields are what an event tells, sorted by name: what lies within another has the
// names of both, a.b; what is null is left out; a list is written as JSON.
func fields(e control.Event) []event.Variable {
	var line map[string]json.RawMessage
	if json.Unmarshal(e.JSON, &line) != nil {
		return nil // it was made by us
	}
	return flatten(nil, "", line[e.Kind], 3)
}

func flatten(list []event.Variable, name string, raw json.RawMessage, depth int) []event.Variable {
	raw = bytes.TrimSpace(raw)
	var inner map[string]json.RawMessage
	var text string
	switch {
	case len(raw) == 0 || string(raw) == "null":
		return list
	case raw[0] == '{' && depth > 0 && json.Unmarshal(raw, &inner) == nil:
		for _, key := range slices.Sorted(maps.Keys(inner)) {
			path := key
			if name != "" {
				path = name + "." + key
			}
			list = flatten(list, path, inner[key], depth-1)
		}
		return list
	case raw[0] == '"' && json.Unmarshal(raw, &text) == nil:
		return append(list, event.Variable{Name: name, Value: text})
	}
	return append(list, event.Variable{Name: name, Value: string(raw)})
}
