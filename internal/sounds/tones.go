package sounds

import (
	"fmt"
	"sort"
	"strconv"
	"strings"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/media"
)

// zones are the countries whose tones are known.
type zones struct {
	byCountry map[string]*media.Zone
	fallback  *media.Zone
}

func builtinZones() *zones {
	z := &zones{byCountry: map[string]*media.Zone{}}
	for i, zone := range media.DefaultZones() {
		if i == 0 {
			z.fallback = zone
		}
		z.byCountry[zone.Country] = zone
	}
	return z
}

// SetTones takes the countries of indications.conf; a nil file leaves those that
// are built in. What is wrong is returned; the rest is in force.
func (l *Library) SetTones(f *config.File) []config.Diagnostic {
	z, problems := readZones(f)
	l.editing.Lock()
	defer l.editing.Unlock()
	l.zones.Store(z)
	return problems
}

// CheckTones tells what is wrong with indications.conf.
func CheckTones(f *config.File) []config.Diagnostic {
	_, problems := readZones(f)
	return problems
}

func readZones(f *config.File) (*zones, []config.Diagnostic) {
	z := builtinZones()
	r := config.NewReader(nil)
	for _, s := range f.Sections() {
		if s.Template || strings.EqualFold(s.Name, "general") {
			continue
		}
		zone := readZone(s, r)
		if alias := s.Get("alias"); alias != "" && len(zone.Tones) == 0 {
			if other := z.byCountry[strings.ToLower(alias)]; other != nil {
				zone = other
			}
		}
		z.byCountry[strings.ToLower(s.Name)] = zone
	}
	if e, ok := f.Section("general").Entry("country"); ok && e.Value != "" {
		if zone := z.byCountry[strings.ToLower(e.Value)]; zone != nil {
			z.fallback = zone
		} else {
			r.Report(config.Error, e, "write a section ["+e.Value+"], or name a country that has one", "there are no tones of a country %s", e.Value)
		}
	}
	return z, r.Diagnostics()
}

func readZone(s *config.Section, r *config.Reader) *media.Zone {
	zone := &media.Zone{Country: s.Name, Description: s.Get("description"), Tones: map[string]string{}}
	for _, e := range s.Entries {
		switch strings.ToLower(e.Key) {
		case "description", "alias":
		case "ringcadence":
			for _, part := range strings.Split(e.Value, ",") {
				ms, err := strconv.Atoi(strings.TrimSpace(part))
				if err != nil {
					r.Report(config.Error, e, "write milliseconds with commas", "ringcadence = %s: %q is no number", e.Value, part)
					continue
				}
				zone.Cadence = append(zone.Cadence, ms)
			}
		default:
			if _, err := media.ParseTone(e.Value); err != nil {
				r.Report(config.Error, e, "write it as 440+480/2000,0/4000", "tone %s can't be read: %v", e.Key, err)
				continue
			}
			zone.Tones[strings.ToLower(e.Key)] = e.Value
		}
	}
	return zone
}

// Zone returns the tones of a country, or nil; "" is the default country.
func (l *Library) Zone(country string) *media.Zone {
	z := l.zones.Load()
	if country == "" {
		return z.fallback
	}
	return z.byCountry[strings.ToLower(country)]
}

// Zones returns all countries, by name.
func (l *Library) Zones() []*media.Zone {
	z := l.zones.Load()
	list := make([]*media.Zone, 0, len(z.byCountry))
	for _, zone := range z.byCountry {
		list = append(list, zone)
	}
	sort.Slice(list, func(i, j int) bool { return list[i].Country < list[j].Country })
	return list
}

// toneZone is the key under which a leg keeps its own country: CHANNEL(tonezone).
type toneZone struct{}

// SetZone gives a leg the tones of a country of its own.
func (l *Library) SetZone(c *channel.Channel, country string) error {
	if l.Zone(country) == nil {
		return fmt.Errorf("no tones of a country %q", country)
	}
	c.SetValue(toneZone{}, country)
	return nil
}

// ZoneOf returns the country whose tones a leg hears.
func (l *Library) ZoneOf(c *channel.Channel) *media.Zone {
	if c != nil {
		if country, ok := c.Value(toneZone{}).(string); ok {
			if zone := l.Zone(country); zone != nil {
				return zone
			}
		}
	}
	return l.Zone("")
}

// Tone returns a tone of the leg's country by its name ("busy", or "busy/es" for
// another country's), or of the script itself. c may be nil.
func (l *Library) Tone(name string, c *channel.Channel) (channel.Source, error) {
	zone := l.ZoneOf(c)
	if plain, country, ok := strings.Cut(name, "/"); ok {
		if other := l.Zone(country); other != nil && other.Tones[strings.ToLower(plain)] != "" {
			name, zone = plain, other
		}
	}
	script := zone.Tones[strings.ToLower(name)]
	if script == "" && strings.EqualFold(name, "ringing") {
		script = zone.Tones["ring"]
	}
	if script == "" {
		script = name
	}
	t, err := media.ParseTone(script)
	if err != nil {
		return nil, err
	}
	return t.Play(), nil
}
