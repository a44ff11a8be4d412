package conference

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
)

// A Function is a row of this package's table.
type Function = command.Function[*channel.Channel]

// Functions returns the dialplan functions.
func (h *House) Functions() []Function {
	row := func(name, synopsis, args string) command.Row {
		return command.Row{Name: name, Module: "app_confbridge", Synopsis: synopsis, Syntax: name + "(" + args + ")"}
	}
	return []Function{
		{Row: row("CONFBRIDGE", "An option of the leg's own profiles", "type,option"), Write: h.writeDynamic},
		{Row: row("CONFBRIDGE_INFO", "A number about a conference", "type,conf"), Read: h.info},
		{Row: row("CONFBRIDGE_CHANNELS", "The legs in a conference", "type,conf"), Read: h.channels},
	}
}

// of parts the arguments of a function: a word, and a conference.
func (h *House) of(args string) (word string, r *room) {
	word, name, _ := strings.Cut(args, ",")
	return strings.ToLower(strings.TrimSpace(word)), h.find(strings.TrimSpace(name))
}

// chosen are the users that a word means, of those who do not wait.
func (r *room) chosen(word string) (list []*user, ok bool) {
	all := r.list()
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, u := range all {
		switch word {
		case "parties":
		case "admins":
			if !u.profile.admin {
				continue
			}
		case "marked":
			if !u.profile.marked {
				continue
			}
		case "waiting":
			if !u.waiting {
				continue
			}
		case "active":
			if u.waiting {
				continue
			}
		default:
			return nil, false
		}
		list = append(list, u)
	}
	return list, true
}

func (h *House) info(_ context.Context, _ *channel.Channel, args string) (string, error) {
	word, r := h.of(args)
	if r == nil {
		return "0", nil
	}
	switch word {
	case "locked":
		return bit(r.isLocked()), nil
	case "muted":
		r.mu.Lock()
		defer r.mu.Unlock()
		return bit(r.quiet), nil
	case "parties", "admins", "marked":
		list, _ := r.chosen(word)
		return strconv.Itoa(len(list)), nil
	}
	h.Logger.Error("Invalid keyword '" + word + "' passed to CONFBRIDGE_INFO.")
	return "0", nil
}

func bit(b bool) string {
	if b {
		return "1"
	}
	return "0"
}

func (h *House) channels(_ context.Context, _ *channel.Channel, args string) (string, error) {
	word, r := h.of(args)
	if r == nil {
		return "", nil
	}
	list, ok := r.chosen(word)
	if !ok {
		return "", fmt.Errorf("CONFBRIDGE_CHANNELS knows no %q", word)
	}
	names := make([]string, len(list))
	for i, u := range list {
		names[i] = u.c.Name()
	}
	return strings.Join(names, ","), nil
}
