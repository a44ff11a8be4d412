package conference

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/octothorpe/octothorpe/internal/channel"
)

// dynamicKey is where a leg keeps the profiles that CONFBRIDGE() has made for it.
type dynamicKey struct{}

// dynamic are those profiles; nil is none.
type dynamic struct {
	user   *userProfile
	bridge *bridgeProfile
	menu   *menuProfile
}

// wanted are the profiles of a leg that enters.
type wanted struct {
	user   *userProfile
	bridge *bridgeProfile
	menu   *menuProfile
}

// profiles finds those that are named; without a name a leg has its own, or the default ones.
func (h *House) profiles(c *channel.Channel, bridgeName, userName, menuName string) (w wanted, err error) {
	g := h.Settings()
	own, _ := c.Value(dynamicKey{}).(dynamic)
	var ok bool
	switch {
	case bridgeName == "" && own.bridge != nil:
		w.bridge = own.bridge
	default:
		if bridgeName == "" {
			bridgeName = defaultBridge
		}
		if w.bridge, ok = g.bridges[bridgeName]; !ok {
			return w, fmt.Errorf("bridge profile %s does not exist", bridgeName)
		}
	}
	switch {
	case userName == "" && own.user != nil:
		w.user = own.user
	default:
		if userName == "" {
			userName = defaultUser
		}
		if w.user, ok = g.users[userName]; !ok {
			return w, fmt.Errorf("user profile %s does not exist", userName)
		}
	}
	switch {
	case menuName == "" && own.menu != nil:
		w.menu = own.menu
	default:
		if menuName == "" {
			menuName = defaultMenu
		}
		if w.menu, ok = g.menus[menuName]; !ok {
			return w, fmt.Errorf("menu profile %s does not exist", menuName)
		}
	}
	return w, nil
}

// writeDynamic is Set(CONFBRIDGE(type,option)=value).
func (h *House) writeDynamic(_ context.Context, c *channel.Channel, args, value string) error {
	if c == nil {
		return errors.New("CONFBRIDGE needs a channel")
	}
	kind, option, _ := strings.Cut(args, ",")
	kind, option = strings.ToLower(strings.TrimSpace(kind)), strings.TrimSpace(option)
	own, _ := c.Value(dynamicKey{}).(dynamic)
	if strings.EqualFold(kind, "clear") || option == "" {
		if !strings.EqualFold(kind, "clear") {
			return fmt.Errorf("CONFBRIDGE: %q names no option", args)
		}
		c.SetValue(dynamicKey{}, nil)
		return nil
	}
	if err := own.set(h.Settings(), kind, option, value); err != nil {
		return fmt.Errorf("CONFBRIDGE(%s): %w", args, err)
	}
	c.SetValue(dynamicKey{}, own)
	return nil
}

// set changes a copy of a profile. The option template begins with a named one.
func (d *dynamic) set(g *Settings, kind, option, value string) error {
	template, clear := strings.EqualFold(option, "template"), strings.EqualFold(option, "clear")
	switch kind {
	case "user":
		if clear {
			d.user = nil
			return nil
		}
		next := *g.users[defaultUser]
		if from, ok := g.users[value]; template && ok {
			next = *from
		} else if template {
			return fmt.Errorf("there is no user profile %q", value)
		} else if d.user != nil {
			next = *d.user
		}
		d.user = &next
		if !template {
			return next.set(option, value)
		}
	case "bridge":
		if clear {
			d.bridge = nil
			return nil
		}
		next := *g.bridges[defaultBridge]
		if from, ok := g.bridges[value]; template && ok {
			next = *from
		} else if template {
			return fmt.Errorf("there is no bridge profile %q", value)
		} else if d.bridge != nil {
			next = *d.bridge
		}
		sounds := map[string]string{}
		for k, v := range next.sounds {
			sounds[k] = v
		}
		next.sounds = sounds
		d.bridge = &next
		if !template {
			return next.set(option, value)
		}
	case "menu":
		if clear {
			d.menu = nil
			return nil
		}
		next := &menuProfile{name: defaultMenu}
		if from, ok := g.menus[value]; template && ok {
			next = from.clone()
		} else if template {
			return fmt.Errorf("there is no menu %q", value)
		} else if d.menu != nil {
			next = d.menu.clone()
		}
		d.menu = next
		if !template {
			return next.set(option, value)
		}
	default:
		return fmt.Errorf("%q is none of bridge, user and menu", kind)
	}
	return nil
}
