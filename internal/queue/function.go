package queue

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/state"
)

// A Function is a row of this package's table.
type Function = command.Function[*channel.Channel]

// Functions returns the dialplan functions.
func (h *House) Functions() []Function {
	read := func(f func(c *channel.Channel, args []string) (string, error)) func(context.Context, *channel.Channel, string) (string, error) {
		return func(_ context.Context, c *channel.Channel, args string) (string, error) {
			return f(c, command.SplitArgs(args, 0))
		}
	}
	return []Function{
		{Row: row("QUEUE_EXISTS", "Tell whether there is a queue", "QUEUE_EXISTS(queue)"), Read: read(h.exists)},
		{Row: row("QUEUE_WAITING_COUNT", "Count the callers of a queue", "QUEUE_WAITING_COUNT(queue)"), Read: read(h.waitingCount)},
		{Row: row("QUEUE_MEMBER", "Tell of a queue's members, or change one", "QUEUE_MEMBER(queue,option[,interface])"), Read: read(h.readMember), Write: h.writeMember},
		{Row: row("QUEUE_MEMBER_COUNT", "Count the members of a queue who can answer", "QUEUE_MEMBER_COUNT(queue)"), Read: read(h.memberCount)},
		{Row: row("QUEUE_MEMBER_LIST", "List the interfaces of a queue's members", "QUEUE_MEMBER_LIST(queue)"), Read: read(h.memberList)},
		{Row: row("QUEUE_MEMBER_PENALTY", "Tell or set the penalty of a member", "QUEUE_MEMBER_PENALTY(queue,interface)"), Read: read(h.readPenalty), Write: h.writePenalty},
		{Row: row("QUEUE_VARIABLES", "Set variables that tell of a queue", "QUEUE_VARIABLES(queue)"), Read: read(h.readVariables)},
		{Row: row("QUEUE_GET_CHANNEL", "Tell which channel waits at a position", "QUEUE_GET_CHANNEL(queue[,position])"), Read: read(h.channelAt)},
	}
}

func (h *House) exists(_ *channel.Channel, args []string) (string, error) {
	return flag(h.lookUp(command.Arg(args, 0)) != nil), nil
}

func (h *House) waitingCount(_ *channel.Channel, args []string) (string, error) {
	q := h.lookUp(command.Arg(args, 0))
	if q == nil {
		h.Logger.Warn("queue " + command.Arg(args, 0) + " was not found")
		return "0", nil
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	return number(len(q.entries)), nil
}

// counted are the options of QUEUE_MEMBER that count members.
var counted = map[string]func(m *Member, now time.Time) bool{
	"logged": (*Member).logged,
	"free":   func(m *Member, _ time.Time) bool { return !m.paused && m.status == state.NotInUse },
	"ready": func(m *Member, now time.Time) bool {
		return !m.paused && m.status == state.NotInUse && m.wrapsUp(now) == 0
	},
	"count": func(*Member, time.Time) bool { return true },
}

// logged tells whether a member can be reached at all. q.mu is held.
func (m *Member) logged(time.Time) bool {
	return m.status != state.Invalid && m.status != state.Unavailable
}

func (h *House) readMember(_ *channel.Channel, args []string) (string, error) {
	q := h.lookUp(command.Arg(args, 0))
	if q == nil {
		h.Logger.Warn("queue " + command.Arg(args, 0) + " was not found")
		return "0", nil
	}
	option := strings.ToLower(command.Arg(args, 1))
	if of := counted[option]; of != nil {
		return number(q.countMembers(of)), nil
	}
	iface := command.Arg(args, 2)
	if iface == "" {
		h.Logger.Error("Unknown option", "function", "QUEUE_MEMBER", "option", option, "hint", "logged, free, ready, count, penalty, paused, ringinuse")
		return "0", nil
	}
	m := q.Member(iface)
	if m == nil {
		return "0", nil
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	switch option {
	case "penalty":
		return number(m.penalty), nil
	case "paused":
		return flag(m.paused), nil
	case "ringinuse", "ignorebusy":
		return flag(m.ringInUse), nil
	}
	h.Logger.Error("Unknown option", "function", "QUEUE_MEMBER", "option", option)
	return "0", nil
}

func (q *Queue) countMembers(of func(m *Member, now time.Time) bool) int {
	q.mu.Lock()
	defer q.mu.Unlock()
	n, now := 0, time.Now()
	for _, m := range q.members {
		if of(m, now) {
			n++
		}
	}
	return n
}

func (h *House) writeMember(_ context.Context, _ *channel.Channel, text, value string) error {
	args := command.SplitArgs(text, 3)
	queue, option, iface := command.Arg(args, 0), strings.ToLower(command.Arg(args, 1)), command.Arg(args, 2)
	if iface == "" {
		return fmt.Errorf("QUEUE_MEMBER needs an interface to change %q", option)
	}
	n, err := strconv.Atoi(strings.TrimSpace(value))
	done := false
	switch option {
	case "penalty":
		if err != nil {
			return fmt.Errorf("QUEUE_MEMBER: penalty %q is no number", value)
		}
		done = h.setPenalty(queue, iface, n)
	case "paused":
		done = h.pauseSome(queue, iface, "", n > 0)
	case "ringinuse", "ignorebusy":
		done = h.setRingInUse(queue, iface, n > 0 || config.True(value))
	default:
		return fmt.Errorf("QUEUE_MEMBER: %s can't be set", option)
	}
	if !done {
		return fmt.Errorf("QUEUE_MEMBER: invalid interface, queue or %s", option)
	}
	return nil
}

// memberCount counts those who can be reached.
func (h *House) memberCount(_ *channel.Channel, args []string) (string, error) {
	q := h.lookUp(command.Arg(args, 0))
	if q == nil {
		h.Logger.Warn("queue " + command.Arg(args, 0) + " was not found")
		return "0", nil
	}
	return number(q.countMembers((*Member).logged)), nil
}

func (h *House) memberList(_ *channel.Channel, args []string) (string, error) {
	q := h.lookUp(command.Arg(args, 0))
	if q == nil {
		h.Logger.Warn("queue " + command.Arg(args, 0) + " was not found")
		return "", nil
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	var list []string
	for _, m := range q.members {
		list = append(list, m.iface)
	}
	return strings.Join(list, ","), nil
}

func (h *House) readPenalty(_ *channel.Channel, args []string) (string, error) {
	if q := h.lookUp(command.Arg(args, 0)); q != nil {
		if m := q.Member(command.Arg(args, 1)); m != nil {
			q.mu.Lock()
			defer q.mu.Unlock()
			return number(m.penalty), nil
		}
	}
	return "-1", nil
}

func (h *House) writePenalty(_ context.Context, _ *channel.Channel, text, value string) error {
	args := command.SplitArgs(text, 2)
	n, err := strconv.Atoi(strings.TrimSpace(value))
	if err != nil || !h.setPenalty(command.Arg(args, 0), command.Arg(args, 1), n) {
		return fmt.Errorf("QUEUE_MEMBER_PENALTY: invalid interface, queue or penalty")
	}
	return nil
}

func (h *House) readVariables(c *channel.Channel, args []string) (string, error) {
	q := h.lookUp(command.Arg(args, 0))
	if q == nil || c == nil {
		return "-1", nil
	}
	q.mu.Lock()
	set := q.settings.setQueue
	q.mu.Unlock()
	if !set {
		return "-1", nil
	}
	q.setVariables(c)
	return "0", nil
}

func (h *House) channelAt(_ *channel.Channel, args []string) (string, error) {
	position := 1
	if text := command.Arg(args, 1); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			return "", nil
		}
		position = max(n, 1)
	}
	if q := h.lookUp(command.Arg(args, 0)); q != nil {
		q.mu.Lock()
		defer q.mu.Unlock()
		if position <= len(q.entries) {
			return q.entries[position-1].c.Name(), nil
		}
	}
	return "", nil
}
