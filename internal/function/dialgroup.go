package function

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/octothorpe/octothorpe/internal/channel"
)

// dialGroupFamily is where groups are kept in the database, over restarts.
const dialGroupFamily = "dialgroup"

// dialGroups orders changes of groups, so that none is lost.
type dialGroups struct{ mu sync.Mutex }

func (h *House) dialGroups() []Function {
	return []Function{
		full("DIALGROUP", "func_dialgroup", "Devices of a group, to be dialled", "group[,op]", h.dialGroupRead, h.dialGroupWrite),
		full("BLACKLIST", "func_blacklist", "Whether the caller's number or name is in the database's family blacklist", "", h.blacklist, nil),
	}
}

func (h *House) groupMembers(group string) []string {
	text, _ := h.Database.Get(dialGroupFamily, group)
	return strings.FieldsFunc(text, func(r rune) bool { return r == '&' })
}

func (h *House) dialGroupRead(_ context.Context, _ *channel.Channel, group string) (string, error) {
	return strings.Join(h.groupMembers(group), "&"), nil
}

func (h *House) dialGroupWrite(_ context.Context, _ *channel.Channel, args, value string) error {
	group, op, _ := strings.Cut(args, ",")
	if group == "" {
		return fmt.Errorf("%w: DIALGROUP(group[,op])", errArgs)
	}
	h.dialed.mu.Lock()
	defer h.dialed.mu.Unlock()
	members := h.groupMembers(group)
	var missing error
	switch strings.ToLower(op) {
	case "add":
		if !slices.Contains(members, value) {
			members = append(members, value)
		}
	case "del":
		at := slices.Index(members, value)
		if at < 0 {
			return fmt.Errorf("DIALGROUP: %s is not in group %s", value, group)
		}
		members = slices.Delete(members, at, at+1)
	case "":
		members = nil
		for _, device := range strings.Split(value, "&") {
			if device != "" && !slices.Contains(members, device) {
				members = append(members, device)
			}
		}
	default:
		return fmt.Errorf("DIALGROUP: unknown operation %q", op)
	}
	if len(members) == 0 {
		_, missing = h.Database.Del(dialGroupFamily, group)
		return missing
	}
	return h.Database.Put(dialGroupFamily, group, strings.Join(members, "&"))
}

var errNoCaller = errors.New("BLACKLIST needs a channel")

func (h *House) blacklist(_ context.Context, c *channel.Channel, _ string) (string, error) {
	if c == nil {
		return "0", errNoCaller
	}
	caller := c.Caller()
	for _, key := range []string{caller.Number.Text, caller.Name.Text} {
		if key == "" {
			continue
		}
		if _, ok := h.Database.Get("blacklist", key); ok {
			return "1", nil
		}
	}
	return "0", nil
}
