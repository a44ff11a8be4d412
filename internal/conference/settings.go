package conference

import (
	"errors"
	"slices"
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
			fill(r, s, u.set, u.names(), nil)
			u.check(r, s)
			g.users[s.Name] = u
		case kind == "bridge":
			b := newBridgeProfile(s.Name)
			fill(r, s, b.set, b.names(), bridgeUnhonoured)
			g.bridges[s.Name] = b
		case kind == "menu":
			m := &menuProfile{name: s.Name}
			fill(r, s, m.set, nil, nil)
			g.menus[s.Name] = m
		default:
			for _, e := range s.Lines() {
				r.Report(config.Warning, e, "add type = user, bridge or menu", "section %s has no type: nobody can name it", s.Name)
				break
			}
		}
	}
	return g, r.Diagnostics()
}

// fill sets the options of a section, of which known are those that have names.
func fill(r *config.Reader, s *config.Section, set func(name, value string) error, known []string, unhonoured map[string]string) {
	for _, e := range s.Lines() {
		if strings.EqualFold(e.Key, "template") { // Asterisk does not load the file then
			r.Report(config.Error, e, "write ["+s.Name+"](section) with a section above", "template is for CONFBRIDGE() in the dialplan: %s has nothing of %s", s.Name, e.Value)
			continue
		}
		err := set(e.Key, e.Value)
		switch {
		case errors.Is(err, errUnknownOption) && known == nil:
			r.Report(config.Warning, e, "keys of a menu are made of 0 to 9, *, # and A to D", "unknown option %s", e.Key)
		case errors.Is(err, errUnknownOption):
			r.Report(config.Warning, e, config.Suggest(e.Key, slices.Values(known)), "unknown option %s", e.Key)
		case strings.EqualFold(e.Key, "echo_events") && config.True(e.Value):
			r.Report(config.Note, e, "leave it out", "option %s has no effect, in Asterisk 22 neither", e.Key)
		case unhonoured[strings.ToLower(e.Key)] != "" && !config.False(e.Value):
			r.NotHonoured(e, unhonoured[strings.ToLower(e.Key)])
		case errors.Is(err, errNoArgument):
			r.Report(config.Warning, e, "write an argument", "%s: %s", e.Key, err.Error())
		case err != nil: // Asterisk takes nothing of the file then
			r.Report(config.Error, e, "", "%s: %s", e.Key, err.Error())
		case slices.Contains(truths, strings.ToLower(e.Key)) && !config.True(e.Value) && !config.False(e.Value):
			r.Report(config.Warning, e, "write yes or no", "%s = %s is neither yes nor no: it counts as no", e.Key, e.Value)
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
