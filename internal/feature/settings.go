package feature

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/config"
)

// The codes of [featuremap].
const (
	blindTransfer    = "blindxfer"
	attendedTransfer = "atxfer"
	disconnect       = "disconnect"
	park             = "parkcall"
	record           = "automixmon"
	recordPair       = "automon" // Asterisk has it up to 20
)

// Settings are those of features.conf. They are immutable; a leg that changes its
// own by FEATURE and FEATUREMAP has a copy.
type Settings struct {
	general map[string]string
	codes   map[string]string // of [featuremap]
	mapped  []mapped          // [applicationmap]
	groups  []group
}

// options are those of [general], in the order in which they are shown, with what
// holds where the file says nothing.
var options = []struct{ name, value, unit string }{
	{"pickupexten", "*8", ""},
	{"pickupsound", "", ""},
	{"pickupfailsound", "", ""},
	{"courtesytone", "", ""},
	{"recordingfailsound", "", ""},
	{"featuredigittimeout", "1000", "ms"},
	{"transferdigittimeout", "3", "s"},
	{"transferdialattempts", "3", "n"},
	{"transferannouncesound", "pbx-transfer", ""},
	{"transferretrysound", "pbx-invalid", ""},
	{"transferinvalidsound", "privacy-incorrect", ""},
	{"xfersound", "beep", ""},
	{"xferfailsound", "beeperr", ""},
	{"atxfernoanswertimeout", "15", "s"},
	{"atxferdropcall", "no", "bool"},
	{"atxferloopdelay", "10", "s"},
	{"atxfercallbackretries", "2", "n"},
	{"atxferabort", "*1", ""},
	{"atxfercomplete", "*2", ""},
	{"atxferthreeway", "*3", ""},
	{"atxferswap", "*4", ""},
}

// codeNames are those of [featuremap] in the order in which they are shown.
var codeNames = []struct{ name, code string }{
	{blindTransfer, "#"}, {attendedTransfer, ""}, {disconnect, "*"}, {park, ""}, {record, ""}, {recordPair, ""},
}

// Defaults are the settings without a file.
func Defaults() *Settings {
	g := &Settings{general: map[string]string{}, codes: map[string]string{}}
	for _, o := range options {
		g.general[o.name] = o.value
	}
	for _, c := range codeNames {
		g.codes[c.name] = c.code
	}
	return g
}

// Read reads features.conf, which may be nil.
func Read(f *config.File) (*Settings, []config.Diagnostic) {
	g := Defaults()
	r := config.NewReader(nil)
	s := r.Section(f.Section("general"))
	for _, o := range options {
		given, ok := f.Section("general").Entry(o.name)
		value := s.String(o.name, o.value)
		if !ok {
			continue
		}
		if err := g.set(o.name, value); err != nil {
			r.Report(config.Warning, given, "", "%s", err.Error())
		}
	}
	s.Done()
	codes := r.Section(f.Section("featuremap"))
	for _, c := range codeNames {
		g.codes[c.name] = codes.String(c.name, c.code)
	}
	codes.Done()
	if f == nil {
		return g, r.Diagnostics()
	}
	for _, s := range f.Sections() {
		switch {
		case s.Template, s.Name == "general", s.Name == "featuremap":
		case s.Name == "applicationmap":
			for _, e := range s.Lines() {
				one, err := parseMapped(e.Key, e.Value)
				if err != nil {
					r.Report(config.Warning, e, "", "%s", err.Error())
					continue
				}
				g.mapped = append(g.mapped, one)
			}
		default:
			one := group{name: s.Name}
			for _, e := range s.Lines() {
				one.members = append(one.members, groupMember{e.Key, e.Value})
			}
			slices.SortStableFunc(one.members, func(a, b groupMember) int { return byName(a.name, b.name) })
			g.groups = append(g.groups, one)
		}
	}
	slices.SortStableFunc(g.mapped, func(a, b mapped) int { return byName(a.name, b.name) })
	g.check(r, f)
	return g, r.Diagnostics()
}

// byName is the order in which features are listed and looked for.
func byName(a, b string) int { return strings.Compare(strings.ToLower(a), strings.ToLower(b)) }

// clone returns settings that can be changed.
func (g *Settings) clone() *Settings {
	n := *g
	n.general, n.codes = map[string]string{}, map[string]string{}
	for k, v := range g.general {
		n.general[k] = v
	}
	for k, v := range g.codes {
		n.codes[k] = v
	}
	return &n
}

// mostNumber bounds numbers, of which most are seconds.
const mostNumber = 1<<31 - 1

// set gives an option a value.
func (g *Settings) set(name, value string) error {
	for _, o := range options {
		if o.name != name {
			continue
		}
		switch o.unit {
		case "ms", "s", "n":
			n, err := strconv.Atoi(strings.TrimSpace(value))
			if err != nil || n < 0 || n > mostNumber {
				return fmt.Errorf("%s=%s is no number from 0 to %d", name, value, mostNumber)
			}
			value = strconv.Itoa(n)
		case "bool":
			value = map[bool]string{true: "yes", false: "no"}[config.True(value)]
		}
		g.general[name] = value
		return nil
	}
	return fmt.Errorf("there is no option %q", name)
}

// PickupExten is the extension that takes a call which rings elsewhere.
func (g *Settings) PickupExten() string { return g.general["pickupexten"] }

func (g *Settings) number(name string) int {
	n, _ := strconv.Atoi(g.general[name])
	return n
}

func (g *Settings) seconds(name string) time.Duration {
	return time.Duration(g.number(name)) * time.Second
}

func (g *Settings) digitTimeout() time.Duration {
	return time.Duration(g.number("featuredigittimeout")) * time.Millisecond
}
