package function

import (
	"context"
	"regexp"
	"strconv"
	"strings"

	"github.com/octothorpe/octothorpe/internal/channel"
)

// groups of a leg: category (may be empty) to group, kept on the channel.
type groupsKey struct{}

func (h *House) groupFunctions() []Function {
	return []Function{
		full("GROUP", "func_groupcount", "Group of the leg in a category", "[category]", h.groupRead, h.groupWrite),
		full("GROUP_COUNT", "func_groupcount", "Number of legs in a group", "[groupname][@category]", h.groupCount, nil),
		full("GROUP_MATCH_COUNT", "func_groupcount", "Number of legs in groups that match", "groupmatch[@category]", h.groupMatch, nil),
		full("GROUP_LIST", "func_groupcount", "Groups of the leg", "", h.groupList, nil),
	}
}

// GroupsOf returns the groups of a leg by category.
func GroupsOf(c *channel.Channel) map[string]string {
	g, _ := c.Value(groupsKey{}).(map[string]string)
	return g
}

func (h *House) groupRead(_ context.Context, c *channel.Channel, category string) (string, error) {
	if c == nil {
		return "", errNoChannel
	}
	return GroupsOf(c)[category], nil
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
	changed := map[string]string{}
	for k, v := range GroupsOf(c) {
		changed[k] = v
	}
	changed[category] = value
	if value == "" {
		delete(changed, category)
	}
	c.SetValue(groupsKey{}, changed) // readers have the old map: it is never changed
	return nil
}

func (h *House) count(c *channel.Channel, args string, matches func(group string) bool) string {
	_, category, _ := strings.Cut(args, "@")
	n := 0
	for _, other := range h.Channels.All() {
		if g, ok := GroupsOf(other)[category]; ok && matches(g) {
			n++
		}
	}
	return strconv.Itoa(n)
}

func (h *House) groupCount(_ context.Context, c *channel.Channel, args string) (string, error) {
	group, category, _ := strings.Cut(args, "@")
	if group == "" && c != nil {
		group = GroupsOf(c)[category]
	}
	return h.count(c, args, func(g string) bool { return strings.EqualFold(g, group) }), nil
}

func (h *House) groupMatch(_ context.Context, c *channel.Channel, args string) (string, error) {
	expression, _, _ := strings.Cut(args, "@")
	re, err := regexp.CompilePOSIX(expression)
	if err != nil {
		return "0", err
	}
	return h.count(c, args, re.MatchString), nil
}

func (h *House) groupList(_ context.Context, c *channel.Channel, _ string) (string, error) {
	if c == nil {
		return "", errNoChannel
	}
	var list []string
	for category, group := range GroupsOf(c) {
		if category != "" {
			group += "@" + category
		}
		list = append(list, group)
	}
	return strings.Join(list, " "), nil
}
