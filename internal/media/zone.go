package media

import "fmt"

// A Zone is a country's tones, a section of indications.conf.
type Zone struct {
	Country     string // the section's name: "es"
	Description string
	Cadence     []int             // of a ringing bell: on and off in ms
	Tones       map[string]string // scripts by name: dial, busy, ring, congestion …
}

// Tone parses one of the zone's tones. A script of its own may be given instead
// of a name.
func (z *Zone) Tone(name string) (*Tone, error) {
	if script, ok := z.Tones[name]; ok {
		return ParseTone(script)
	}
	t, err := ParseTone(name)
	if err != nil {
		return nil, fmt.Errorf("country %s has no tone %q: %w", z.Country, name, err)
	}
	return t, nil
}

// DefaultZones are the countries that are known without an indications.conf, the
// default first. Frequencies and cadences are those of ITU-T E.180 Supplement 2.
func DefaultZones() []*Zone {
	return []*Zone{
		{Country: "us", Description: "United States / North America", Cadence: []int{2000, 4000}, Tones: map[string]string{
			"dial": "350+440", "busy": "480+620/500,0/500", "ring": "440+480/2000,0/4000", "congestion": "480+620/250,0/250",
			"callwaiting": "440/300,0/10000", "dialrecall": stutter("350+440", 3), "record": "1400/500,0/15000",
			"info": "!950/330,!1400/330,!1800/330,0", "stutter": stutter("350+440", 6)}},
		{Country: "es", Description: "Spain", Cadence: []int{1500, 3000}, Tones: map[string]string{
			"dial": "425", "busy": "425/200,0/200", "ring": "425/1500,0/3000", "congestion": "425/200,0/200,425/200,0/200,425/200,0/600",
			"callwaiting": "425/175,0/175,425/175,0/3500", "dialrecall": "!425/200,!0/200,!425/200,!0/200,!425/200,!0/200,425",
			"record": "1400/500,0/15000", "info": "950/330,0/1000", "dialout": "500", "stutter": stutter("425", 6)}},
	}
}

// stutter is a dial tone that stutters at first.
func stutter(pitch string, times int) string {
	script := ""
	for range times {
		script += "!" + pitch + "/100,!0/100,"
	}
	return script + pitch
}
