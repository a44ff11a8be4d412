package app

import (
	"fmt"
	"strings"
	"time"
)

// timeFormat is how a language says a date and time unless told otherwise.
func timeFormat(language string) string {
	if spanish(language) {
		return "'digits/es-el' Ad 'digits/es-de' B 'digits/es-de' Y 'digits/at' IMp"
	}
	return "ABdY 'digits/at' IMp"
}

// A clock says parts of a time in a language.
type clock struct {
	at, now  time.Time // in the zone in which they are said
	language string
	spanish  bool
}

// timePrompts are the prompts of a time by a format: letters for its parts, and
// prompts in quotes.
func timePrompts(at, now time.Time, language, format string) []string {
	k := &clock{at: at, now: now, language: language, spanish: spanish(language)}
	return k.append(nil, format)
}

func (k *clock) append(names []string, format string) []string {
	for i := 0; i < len(format); i++ {
		if format[i] != '\'' {
			names = k.appendPart(names, format[i])
			continue
		}
		name, _, ok := strings.Cut(format[i+1:], "'")
		names = append(names, name)
		if i += len(name) + 1; !ok {
			break
		}
	}
	return names
}

func (k *clock) number(names []string, n int) []string {
	return append(names, numberPrompts(n, k.language, "")...)
}

func (k *clock) appendPart(names []string, letter byte) []string {
	switch letter {
	case 'A', 'a':
		return append(names, fmt.Sprintf("digits/day-%d", int(k.at.Weekday())))
	case 'B', 'b', 'h':
		return append(names, fmt.Sprintf("digits/mon-%d", int(k.at.Month())-1))
	case 'm':
		return append(names, ordinalPrompts(int(k.at.Month()))...)
	case 'd', 'e':
		if k.spanish {
			return k.number(names, k.at.Day())
		}
		return append(names, ordinalPrompts(k.at.Day())...)
	case 'Y':
		return k.year(names)
	case 'I', 'l':
		return k.hour12(names)
	case 'H', 'k':
		return k.hour24(names, letter)
	case 'M':
		return k.minute(names)
	case 'S':
		return k.second(names)
	case 'P', 'p':
		return k.half(names)
	case 'Q', 'q':
		return k.day(names)
	case 'R':
		if k.spanish {
			return k.append(names, "H 'digits/y' M")
		}
		return k.append(names, "HM")
	case 'T':
		return k.append(names, "HMS")
	}
	return names
}

func (k *clock) year(names []string) []string {
	year := k.at.Year()
	switch {
	case k.spanish || year > 1999:
		return k.number(names, year)
	case year <= 1900:
		return names
	case year < 1910:
		return append(names, "digits/19", "digits/oh", digitsPrompt(year-1900))
	}
	return k.number(append(names, "digits/19"), year-1900)
}

func (k *clock) hour12(names []string) []string {
	hour := k.at.Hour() % 12
	if hour == 0 {
		hour = 12
	}
	if k.spanish {
		return append(names, numberPrompts(hour, k.language, "f")...)
	}
	return append(names, digitsPrompt(hour))
}

func (k *clock) hour24(names []string, letter byte) []string {
	hour := k.at.Hour()
	switch {
	case k.spanish:
		return k.number(names, hour)
	case hour == 0:
		return append(names, "digits/oh")
	case hour < 10 && letter == 'H':
		names = append(names, "digits/oh")
	}
	return k.number(names, hour)
}

func (k *clock) minute(names []string) []string {
	minute := k.at.Minute()
	switch {
	case k.spanish:
		return k.number(names, minute)
	case minute == 0:
		return append(names, "digits/oclock")
	case minute < 10:
		names = append(names, "digits/oh")
	}
	return k.number(names, minute)
}

func (k *clock) second(names []string) []string {
	second := k.at.Second()
	if second > 0 && second < 10 {
		names = append(names, "digits/oh")
	}
	return k.number(names, second)
}

// half says which half of the day it is, in Spanish which part.
func (k *clock) half(names []string) []string {
	hour := k.at.Hour()
	switch {
	case k.spanish && hour > 18, !k.spanish && hour > 11:
		return append(names, "digits/p-m")
	case k.spanish && hour > 12:
		return append(names, "digits/afternoon")
	case k.spanish && hour == 0:
		return names
	}
	return append(names, "digits/a-m")
}

// day says today, yesterday, tomorrow, the day of the week or the date, by how
// far it is.
func (k *clock) day(names []string) []string {
	if k.spanish {
		return k.spanishDay(names)
	}
	midnight := time.Date(k.now.Year(), k.now.Month(), k.now.Day(), 0, 0, 0, 0, k.now.Location())
	away := k.at.Sub(midnight)
	const whole = 24 * time.Hour
	switch {
	case away >= 0 && away < whole:
		return append(names, "digits/today")
	case away < 0 && away >= -whole:
		return append(names, "digits/yesterday")
	case away >= whole && away < 2*whole:
		return append(names, "digits/tomorrow")
	case away > -6*whole && away < 6*whole:
		return k.append(names, "A")
	case away > -month && away < month:
		return k.append(names, "ABd")
	case away > -6*month && away < 6*month:
		return k.append(names, "Bd")
	}
	return k.append(names, "BdY")
}

// month is a twelfth of a year.
const month = 2628000 * time.Second

// spanishDay knows today and yesterday. What is to come is said by its date,
// where the reference says today.
func (k *clock) spanishDay(names []string) []string {
	midnight := time.Date(k.now.Year(), k.now.Month(), k.now.Day(), 0, 0, 0, 0, k.now.Location())
	away := k.at.Sub(midnight)
	const whole = 24 * time.Hour
	switch {
	case away >= 0 && away < whole:
		return append(names, "digits/today")
	case away < 0 && away >= -whole:
		return append(names, "digits/yesterday")
	case away >= whole && away < 2*whole:
		return append(names, "digits/tomorrow")
	}
	return k.append(names, "'digits/es-el' Ad 'digits/es-de' B 'digits/es-de' Y")
}
