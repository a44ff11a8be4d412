package exchange

import (
	"strings"

	"github.com/octothorpe/octothorpe/internal/app"
	"github.com/octothorpe/octothorpe/internal/sounds"
)

// aCause is why Hangup ends a call.
type aCause struct{}

func (aCause) wrong(_ *checker, value string) (problem, hint string) {
	if _, ok := app.CauseOf(value); ok || strings.Contains(value, "$") {
		return "", ""
	}
	return value + " is no cause to hang up for", "write a number of Q.850, or a name such as BUSY"
}

// someKeys are those that SendDTMF presses, with pauses.
type someKeys struct{}

func (someKeys) wrong(_ *checker, value string) (problem, hint string) {
	if strings.Contains(value, "$") {
		return "", ""
	}
	if other := strings.Trim(value, "0123456789*#abcdABCDfFwW"); other != "" {
		return "there is no key " + other, "known are 0-9, *, #, A-D, and w and W for pauses"
	}
	return "", ""
}

// aTone is one of a country, or a list of frequencies and times.
type aTone struct{}

func (aTone) wrong(c *checker, value string) (problem, hint string) {
	if strings.Contains(value, "$") {
		return "", ""
	}
	if _, err := c.tones().Tone(strings.ReplaceAll(value, `\,`, ","), nil); err != nil {
		return err.Error(), "write a name such as busy, or frequencies and times such as 425/500,0/500"
	}
	return "", ""
}

// aCountry is one whose tones are known.
type aCountry struct{}

func (aCountry) wrong(c *checker, value string) (problem, hint string) {
	if c.tones().Zone(value) != nil {
		return "", ""
	}
	return "indications.conf has no country " + value, "give it a section, or correct the name"
}

// tones are the sounds, with those of indications.conf.
func (c *checker) tones() *sounds.Library {
	if c.toned {
		return c.library
	}
	c.toned = true
	if f := c.look("indications.conf"); f != nil {
		c.library.SetTones(f)
	}
	return c.library
}
