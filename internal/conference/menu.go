package conference

import (
	"errors"
	"fmt"
	"strings"
)

// A menuProfile is a section of type menu: what keys do.
type menuProfile struct {
	name    string
	entries []menuEntry // in the order of the file
}

// menuEntry is what a sequence of keys does.
type menuEntry struct {
	keys, text string
	actions    []menuAction
}

// menuAction is one step of it.
type menuAction struct {
	name string
	args string
}

// menuActions are the actions that there are; those with true have an argument.
var menuActions = map[string]bool{
	"toggle_mute": false, "toggle_binaural": false, "no_op": false, "increase_listening_volume": false, "decrease_listening_volume": false,
	"increase_talking_volume": false, "reset_listening_volume": false, "reset_talking_volume": false, "decrease_talking_volume": false,
	"admin_toggle_conference_lock": false, "admin_kick_last": false, "leave_conference": false, "set_as_single_video_src": false,
	"release_as_single_video_src": false, "admin_toggle_mute_participants": false, "participant_count": false,
	"playback": true, "playback_and_continue": true, "dialplan_exec": true,
}

var errNoArgument = errors.New("has no argument between parentheses: the keys do nothing")

// set changes what a sequence of keys does.
func (m *menuProfile) set(keys, text string) error {
	if strings.EqualFold(keys, "type") {
		return nil
	}
	if keys == "" || strings.Trim(keys, "0123456789ABCD*#") != "" {
		return errUnknownOption
	}
	actions, err := parseActions(text)
	if err != nil {
		return err
	}
	one := menuEntry{keys, text, actions}
	for i := range m.entries {
		if m.entries[i].keys == keys {
			m.entries[i] = one
			return nil
		}
	}
	m.entries = append(m.entries, one)
	return nil
}

// clone is a menu that can be changed.
func (m *menuProfile) clone() *menuProfile {
	return &menuProfile{m.name, append([]menuEntry(nil), m.entries...)}
}

// parseActions reads actions parted by commas, with arguments in parentheses.
func parseActions(text string) ([]menuAction, error) {
	var list []menuAction
	for _, part := range splitOutside(text) {
		name, args, has := strings.Cut(strings.TrimSpace(part), "(")
		name = strings.TrimSpace(name)
		wants, known := menuActions[name]
		switch {
		case !known:
			return nil, fmt.Errorf("%q is no action of a menu", name)
		case wants != has:
			return nil, fmt.Errorf("%q: is there an argument in parentheses?", part)
		}
		args, closed := strings.CutSuffix(strings.TrimSpace(args), ")")
		if has && (!closed || strings.TrimSpace(args) == "") {
			return nil, fmt.Errorf("%q %w", part, errNoArgument)
		}
		list = append(list, menuAction{name, args})
	}
	return list, nil
}

// splitOutside parts a text at the commas outside parentheses.
func splitOutside(text string) []string {
	var list []string
	depth, from := 0, 0
	for i := range len(text) {
		switch text[i] {
		case '(':
			depth++
		case ')':
			depth--
		case ',':
			if depth <= 0 {
				list, from = append(list, text[from:i]), i+1
			}
		}
	}
	return append(list, text[from:])
}
