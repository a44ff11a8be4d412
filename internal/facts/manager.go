package facts

import "strings"

// An Action is what a manager client may ask for.
type Action struct {
	Name      string
	Privilege []string // the classes of which one is needed; none: everybody may
	Keys      []Key
	Legacy    bool
}

// A Key is a line of an action.
type Key struct {
	Name     string
	Required bool
	Default  string
}

// Actions returns the manager actions, sorted by name.
func Actions() []Action {
	var all []Action
	for _, r := range rows("ami-actions") {
		action := Action{Name: r.cell(0), Legacy: r.legacy}
		if r.cell(1) != "" {
			action.Privilege = strings.Split(r.cell(1), ",")
		}
		for _, field := range strings.Fields(r.cell(2)) {
			action.Keys = append(action.Keys, parseKey(field))
		}
		all = append(all, action)
	}
	return all
}

// parseKey reads Name, Name* (required) and Name(default).
func parseKey(field string) Key {
	name, required := strings.CutSuffix(field, "*")
	name, fallback, _ := strings.Cut(name, "(")
	return Key{name, required, strings.TrimSuffix(fallback, ")")}
}

// An Event is what the manager interface tells.
type Event struct {
	Name   string
	Class  string
	Keys   []string // in order; "<channel snapshot>" stands for the keys of a channel
	Legacy bool
}

// Events returns the manager events, sorted by name.
func Events() []Event {
	var all []Event
	for _, r := range rows("ami-events") {
		all = append(all, Event{r.cell(0), r.cell(1), eventKeys(r.cell(2)), r.legacy})
	}
	return all
}

// eventKeys splits at spaces, but not inside <…>.
func eventKeys(text string) []string {
	var keys []string
	for text = strings.TrimSpace(text); text != ""; text = strings.TrimSpace(text) {
		end := strings.IndexByte(text, ' ')
		if closing := strings.IndexByte(text, '>'); text[0] == '<' && closing >= 0 {
			end = closing + 1
		}
		if end < 0 || end >= len(text) {
			return append(keys, text)
		}
		keys = append(keys, text[:end])
		text = text[end:]
	}
	return keys
}
