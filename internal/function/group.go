package function

import (
	"context"
	"strconv"
	"strings"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/dialplan"
)

// A membership is a group of a leg in a category, which may be empty.
type membership struct{ category, group string }

// groupsKey is the key under which a leg keeps its []membership, the oldest
// first. The list is never changed: readers may hold it.
type groupsKey struct{}

func (h *House) groupFunctions() []Function {
	return []Function{
		full("GROUP", "func_groupcount", "Group of the leg in a category", "[category]", h.groupRead, h.groupWrite),
		full("GROUP_COUNT", "func_groupcount", "Number of legs in a group", "[groupname][@category]", h.groupCount, nil),
		full("GROUP_MATCH_COUNT", "func_groupcount", "Number of legs in groups that match", "groupmatch[@category]", h.groupMatch, nil),
		full("LOG_GROUP", "", "Group of the call by which the log is filtered", "[group]", nil, h.logGroupWrite),
		full("GROUP_LIST", "func_groupcount", "Groups of the leg", "", h.groupList, nil),
	}
}

func memberships(c *channel.Channel) []membership {
	list, _ := c.Value(groupsKey{}).([]membership)
	return list
}

// groupIn returns the group of a leg in a category; of none it is the oldest.
func groupIn(c *channel.Channel, category string) string {
	for _, m := range memberships(c) {
		if category == "" || strings.EqualFold(m.category, category) {
			return m.group
		}
	}
	return ""
}

func (h *House) groupRead(_ context.Context, c *channel.Channel, category string) (string, error) {
	if c == nil {
		return "", errNoChannel
	}
	return groupIn(c, category), nil
}

func (h *House) groupWrite(_ context.Context, c *channel.Channel, category, value string) error {
	if c == nil {
		return errNoChannel
	}
	if group, in, ok := strings.Cut(value, "@"); ok {
		value, category = group, in
	}
	h.groups.Lock()
	defer h.groups.Unlock()
	var list []membership
	for _, m := range memberships(c) {
		if !strings.EqualFold(m.category, category) {
			list = append(list, m)
		}
	}
	if value != "" {
		list = append(list, membership{category, value})
	}
	c.SetValue(groupsKey{}, list)
	return nil
}

func (h *House) logGroupWrite(_ context.Context, c *channel.Channel, _, value string) error {
	if c == nil {
		return errNoChannel
	}
	h.SetLogGroup(c, value)
	return nil
}

// count counts the memberships of all legs that match.
func (h *House) count(matches func(membership) bool) string {
	n := 0
	for _, c := range h.Channels.All() {
		for _, m := range memberships(c) {
			if matches(m) {
				n++
			}
		}
	}
	return strconv.Itoa(n)
}

func (h *House) groupCount(_ context.Context, c *channel.Channel, args string) (string, error) {
	group, category, _ := strings.Cut(args, "@")
	if group == "" && c != nil {
		group = groupIn(c, category)
	}
	return h.count(func(m membership) bool {
		return strings.EqualFold(m.group, group) && (category == "" || strings.EqualFold(m.category, category))
	}), nil
}

func (h *House) groupMatch(_ context.Context, _ *channel.Channel, args string) (string, error) {
	group, category, _ := strings.Cut(args, "@")
	if group == "" {
		return "", errArgs
	}
	groups, err := dialplan.CompileRegular(group, false)
	if err != nil {
		return "0", err
	}
	categories, err := dialplan.CompileRegular(category, false)
	if err != nil {
		return "0", err
	}
	return h.count(func(m membership) bool { return groups.MatchString(m.group) && categories.MatchString(m.category) }), nil
}

func (h *House) groupList(_ context.Context, c *channel.Channel, _ string) (string, error) {
	if c == nil {
		return "", errNoChannel
	}
	var list []string
	for _, m := range memberships(c) {
		if m.category != "" {
			m.group += "@" + m.category
		}
		list = append(list, m.group)
	}
	return strings.Join(list, " "), nil
}
