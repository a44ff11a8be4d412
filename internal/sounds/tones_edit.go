package sounds

import (
	"errors"
	"maps"
	"strings"

	"github.com/octothorpe/octothorpe/internal/media"
)

// Errors of the changes to tones.
var (
	ErrNoCountry = errors.New("there is no such country")
	ErrNoTone    = errors.New("the country has no such tone")
)

// AddTone gives a country a tone, in the place of one of that name, until
// indications.conf is read again. It reports whether the country is new.
func (l *Library) AddTone(country, name, script string) (created bool, err error) {
	if _, err := media.ParseTone(script); err != nil {
		return false, err
	}
	l.editZones(func(z *zones) {
		zone := z.own(country)
		if created = zone == nil; created {
			zone = &media.Zone{Country: country, Tones: map[string]string{}}
			z.byCountry[strings.ToLower(country)] = zone
		}
		zone.Tones[strings.ToLower(name)] = script
	})
	return created, nil
}

// RemoveTone takes a tone from a country, until indications.conf is read again. The
// errors are ErrNoCountry and ErrNoTone.
func (l *Library) RemoveTone(country, name string) (err error) {
	l.editZones(func(z *zones) {
		zone := z.own(country)
		switch {
		case zone == nil:
			err = ErrNoCountry
		case zone.Tones[strings.ToLower(name)] == "":
			err = ErrNoTone
		default:
			delete(zone.Tones, strings.ToLower(name))
		}
	})
	return err
}

// RemoveZone takes a country away, until indications.conf is read again. Legs that hear
// its tones hear those of the default country; that one's stay for them. The error is
// ErrNoCountry.
func (l *Library) RemoveZone(country string) (err error) {
	l.editZones(func(z *zones) {
		if z.byCountry[strings.ToLower(country)] == nil {
			err = ErrNoCountry
		}
		delete(z.byCountry, strings.ToLower(country))
	})
	return err
}

// editZones changes a copy of the zones and puts it in force.
func (l *Library) editZones(edit func(*zones)) {
	l.editing.Lock()
	defer l.editing.Unlock()
	before := l.zones.Load()
	next := &zones{byCountry: maps.Clone(before.byCountry), fallback: before.fallback}
	edit(next)
	l.zones.Store(next)
}

// own is a country's zone, as one that may be changed; nil if there is none.
func (z *zones) own(country string) *media.Zone {
	before := z.byCountry[strings.ToLower(country)]
	if before == nil {
		return nil
	}
	zone := *before
	zone.Tones = maps.Clone(before.Tones)
	z.byCountry[strings.ToLower(country)] = &zone
	if z.fallback == before {
		z.fallback = &zone
	}
	return &zone
}
