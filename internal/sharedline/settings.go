package sharedline

import (
	"strconv"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/config"
)

// File is the name of the configuration.
const File = "sla.conf"

// Settings are sla.conf.
type Settings struct {
	callerID bool // stations are told who calls
	trunks   []*trunkSettings
	stations []*stationSettings
}

type trunkSettings struct {
	name, device, context string
	ring                  time.Duration // how long a call may ring; 0 is for ever
	barge, private        bool          // others may join; who holds it has it to itself
}

type stationSettings struct {
	name, device, context string
	ring, delay           time.Duration
	private               bool
	keys                  []keySettings
}

// keySettings are a trunk of a station; times that are 0 are the station's.
type keySettings struct {
	trunk       string
	ring, delay time.Duration
}

// mostSeconds bounds what rings and waits.
const mostSeconds = 1 << 30

// Read reads sla.conf, which may be nil.
func Read(f *config.File) (*Settings, []config.Diagnostic) {
	g := &Settings{}
	if f == nil {
		return g, nil
	}
	r := config.NewReader(f)
	if section := f.Merged("general"); section != nil {
		s := r.Section(section)
		g.callerID = s.Bool("attemptcallerid", false)
		s.Done()
	}
	for _, section := range f.Sections() {
		if !section.Template && !strings.EqualFold(section.Name, "general") {
			g.read(r, section)
		}
	}
	return g, r.Diagnostics()
}

// read reads a trunk or a station.
func (g *Settings) read(r *config.Reader, section *config.Section) {
	s := r.Section(section)
	defer s.Done()
	e, typed := section.Entry("type")
	if !typed { // it is neither; all of its options are unknown
		return
	}
	kind := s.String("type", "")
	span := func(name string) time.Duration { return time.Duration(s.Int(name, 0, 0, mostSeconds)) * time.Second }
	private := s.Word("hold", "open", "open", "private") == "private"
	switch strings.ToLower(kind) {
	case "trunk":
		g.trunks = append(g.trunks, &trunkSettings{name: section.Name, device: s.String("device", ""), context: s.String("autocontext", ""),
			ring: span("ringtimeout"), barge: s.Bool("barge", true), private: private})
	case "station":
		one := &stationSettings{name: section.Name, device: s.String("device", ""), context: s.String("autocontext", ""),
			ring: span("ringtimeout"), delay: span("ringdelay"), private: private}
		s.All("trunk")
		for _, line := range section.Lines() {
			if strings.EqualFold(line.Key, "trunk") {
				one.keys = append(one.keys, readKey(r, line))
			}
		}
		g.stations = append(g.stations, one)
	default:
		r.Report(config.Warning, e, "", "%s is neither a trunk nor a station", section.Name)
	}
}

// readKey reads TRUNK[,ringtimeout=N][,ringdelay=N].
func readKey(r *config.Reader, e config.Entry) keySettings {
	parts := strings.Split(e.Value, ",")
	k := keySettings{trunk: strings.TrimSpace(parts[0])}
	for _, part := range parts[1:] {
		name, value, _ := strings.Cut(part, "=")
		n, err := strconv.Atoi(strings.TrimSpace(value))
		if err != nil || n < 0 || n > mostSeconds {
			r.Report(config.Error, e, "give a whole number of seconds", "%s of the trunk %s is no time", strings.TrimSpace(part), k.trunk)
			continue
		}
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "ringtimeout":
			k.ring = time.Duration(n) * time.Second
		case "ringdelay":
			k.delay = time.Duration(n) * time.Second
		default:
			r.Report(config.Warning, e, "known are ringtimeout, ringdelay", "unknown option %s of the trunk %s", strings.TrimSpace(name), k.trunk)
		}
	}
	return k
}
