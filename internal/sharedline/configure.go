package sharedline

import "slices"

// Configure puts sla.conf in force. Calls that are on a line go on, and what the file says of it now
// holds for them, too.
func (h *House) Configure(g *Settings) {
	h.mu.Lock()
	h.callerID = g.callerID
	before := h.stations
	for _, s := range before {
		if s.ring != nil {
			s.ring.stop()
		}
	}
	h.lay(g.trunks)
	h.stations = nil
	for _, s := range g.stations {
		h.stations = append(h.stations, h.place(s, before))
	}
	list := h.extensions()
	h.mu.Unlock()
	if err := h.Dialplan.Make(list); err != nil {
		h.Logger.Error("shared lines have no extensions", "error", err)
	}
	h.review()
}

// lay makes the trunks, of which those stay that are in use. h.mu is held.
func (h *House) lay(list []*trunkSettings) {
	old := h.trunks
	h.trunks = nil
	for _, s := range list {
		t := &trunk{name: s.name}
		if i := slices.IndexFunc(old, func(o *trunk) bool { return o.name == s.name && o.used() }); i >= 0 {
			t = old[i]
		}
		t.trunkSettings = s
		h.trunks = append(h.trunks, t)
	}
}

// used reports whether anybody is on the line, or on the way to it. h.mu is held.
func (t *trunk) used() bool { return t.leg != nil || t.dialled || t.talking > 0 }

// place makes a station. Of its keys those stay whose trunks have stayed. h.mu is held.
func (h *House) place(g *stationSettings, before []*station) *station {
	s := &station{stationSettings: g}
	for _, settings := range g.keys {
		t := h.trunk(settings.trunk)
		if t == nil {
			h.Logger.Warn("a station has a trunk that there is not", "station", g.name, "trunk", settings.trunk)
			continue
		}
		k := keyOn(before, g.name, t)
		if k == nil {
			k = &key{trunk: t, state: t.state()}
		}
		k.keySettings, k.station = settings, s
		s.keys = append(s.keys, k)
	}
	return s
}

// keyOn finds the key of a trunk on a station by its name, or nil.
func keyOn(stations []*station, name string, t *trunk) *key {
	for _, s := range stations {
		if s.name != name {
			continue
		}
		if i := slices.IndexFunc(s.keys, func(k *key) bool { return k.trunk == t }); i >= 0 {
			return s.keys[i]
		}
	}
	return nil
}

// extensions are those that trunks and stations want to have. h.mu is held.
func (h *House) extensions() (list []Extension) {
	for _, t := range h.trunks {
		if t.context != "" {
			list = append(list, Extension{Context: t.context, Exten: "s", Application: "SLATrunk", Data: t.name})
		}
	}
	for _, s := range h.stations {
		if s.context == "" {
			continue
		}
		list = append(list, Extension{Context: s.context, Exten: s.name, Application: "SLAStation", Data: s.name})
		for _, k := range s.keys {
			name := s.name + "_" + k.trunk.name
			list = append(list, Extension{Context: s.context, Exten: name, Application: "SLA:" + name, Hint: true},
				Extension{Context: s.context, Exten: name, Application: "SLAStation", Data: name})
		}
	}
	return list
}
