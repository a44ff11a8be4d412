package say

import (
	"strconv"
	"strings"
	"time"
)

// TimeFormat is how a language says a date and time unless told otherwise.
func TimeFormat(name string) string {
	format, _ := languageOf(name).format("datetime")
	return format
}

// Moment returns the prompts of a time by a format: letters for its parts, and prompts in quotes.
// at and now are in the zone in which they are said.
func Moment(at, now time.Time, name, format string) []string {
	c := &clock{speaker: speaker{language: languageOf(name)}, at: at, now: now}
	c.format(format, 0)
	return c.names
}

// A clock says parts of a time.
type clock struct {
	speaker
	at, now time.Time
}

func (c *clock) format(format string, depth int) {
	if depth > deepest {
		return
	}
	for i := 0; i < len(format); i++ {
		if format[i] != '\'' {
			c.part(format[i], depth)
			continue
		}
		name, _, closed := strings.Cut(format[i+1:], "'")
		c.names = append(c.names, name)
		if i += len(name) + 1; !closed {
			break
		}
	}
}

// alike are letters that mean the same, in languages that have no rules for the first one.
var alike = map[byte]byte{'a': 'A', 'b': 'B', 'h': 'B', 'e': 'd', 'l': 'I', 'P': 'p', 'q': 'Q'}

// part says what a letter of a format stands for.
func (c *clock) part(letter byte, depth int) {
	name := string(rune(letter))
	if same, ok := alike[letter]; ok && !c.language.has(name) {
		letter, name = same, string(rune(same))
	}
	if format, ok := c.language.format(name); ok {
		c.format(format, depth+1)
		return
	}
	switch letter {
	case 'Q', 'q':
		rules, _ := c.language.set(name)
		if r := find(rules, c.daysAway()); r != nil {
			c.format(r.format, depth+1)
		}
	default:
		if value, ok := c.value(letter); ok {
			c.say(c.language, name, value, 0)
		}
	}
}

// value is what a letter means.
func (c *clock) value(letter byte) (n int, ok bool) {
	switch letter {
	case 'A', 'a':
		return int(c.at.Weekday()), true
	case 'B', 'b', 'h':
		return int(c.at.Month()) - 1, true
	case 'm':
		return int(c.at.Month()), true
	case 'd', 'e':
		return c.at.Day(), true
	case 'Y':
		return c.at.Year() + c.calendar(), true
	case 'I', 'l', 'H', 'k', 'p', 'P':
		return c.at.Hour(), true
	case 'M', 'N':
		return c.at.Minute(), true
	case 'S':
		return c.at.Second(), true
	}
	return 0, false
}

// calendar is how many years a language counts more.
func (c *clock) calendar() int {
	text, _ := c.language.format("years")
	n, _ := strconv.Atoi(text)
	return n
}

// daysAway is how many days after the last midnight a moment is, less than 0 before it.
func (c *clock) daysAway() float64 {
	midnight := time.Date(c.now.Year(), c.now.Month(), c.now.Day(), 0, 0, 0, 0, c.now.Location())
	return c.at.Sub(midnight).Hours() / 24
}
