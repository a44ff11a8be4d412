package feature

import "github.com/octothorpe/octothorpe/internal/channel"

// Keys are those that begin a feature in a call of a leg: of [featuremap], or of a
// dynamic feature that the leg has by DYNAMIC_FEATURES. They are empty where there is none.
func (h *House) Keys(c *channel.Channel, name string) string {
	g := h.of(c)
	if code := g.codes[name]; code != "" {
		return code
	}
	names, _ := c.Variable("DYNAMIC_FEATURES")
	for _, m := range g.dynamic(names) {
		if m.name == name {
			return m.code
		}
	}
	return ""
}
