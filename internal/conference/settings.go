package conference

import (
	"errors"
	"sort"
	"strings"

	"github.com/octothorpe/octothorpe/internal/config"
)

// The profiles that hold where none is named.
const (
	defaultUser   = "default_user"
	defaultBridge = "default_bridge"
	defaultMenu   = "default_menu"
)

var errUnknownOption = errors.New("there is no such option")

// Settings are those of confbridge.conf. They are immutable.
type Settings struct {
	users   map[string]*userProfile
	bridges map[string]*bridgeProfile
	menus   map[string]*menuProfile
}

// Defaults are the settings without a file.
func Defaults() *Settings {
	return &Settings{
		users:   map[string]*userProfile{defaultUser: newUserProfile(defaultUser)},
		bridges: map[string]*bridgeProfile{defaultBridge: newBridgeProfile(defaultBridge)},
		menus:   map[string]*menuProfile{defaultMenu: {name: defaultMenu}},
	}
}

// Read reads confbridge.conf, which may be nil.
func Read(f *config.File) (*Settings, []config.Diagnostic) {
	g := Defaults()
	r := config.NewReader(nil)
	if f == nil {
		return g, nil
	}
	for _, s := range f.Sections() {
		kind := strings.ToLower(s.Get("type"))
		switch {
		case s.Template || s.Name == "general":
		case kind == "user":
			u := newUserProfile(s.Name)
			fill(r, s, u.set, userUnhonoured)
			g.users[s.Name] = u
		case kind == "bridge":
			b := newBridgeProfile(s.Name)
			fill(r, s, b.set, bridgeUnhonoured)
			g.bridges[s.Name] = b
		case kind == "menu":
			m := &menuProfile{name: s.Name}
			fill(r, s, m.set, nil)
			g.menus[s.Name] = m
		default:
			for _, e := range s.Lines() {
				r.Report(config.Warning, e, "", "section %s has no type of user, bridge or menu", s.Name)
				break
			}
		}
	}
	return g, r.Diagnostics()
}

// fill sets the options of a section.
func fill(r *config.Reader, s *config.Section, set func(name, value string) error, unhonoured map[string]bool) {
	for _, e := range s.Lines() {
		err := set(e.Key, e.Value)
		switch {
		case err != nil:
			r.Report(config.Warning, e, "", "%s: %s", e.Key, err.Error())
		case unhonoured[strings.ToLower(e.Key)] && !config.False(e.Value):
			r.NotHonoured(e)
		}
	}
}

func names[T any](m map[string]T) []string {
	list := make([]string, 0, len(m))
	for name := range m {
		list = append(list, name)
	}
	sort.Strings(list)
	return list
}
