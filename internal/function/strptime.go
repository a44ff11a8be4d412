package function

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// strptime is STRPTIME(datetime,timezone,format): the seconds since 1970 of a
// written time. What the text does not say is zero, so that a time of day alone
// is one of the day before 1900, whose seconds are those of 32 bits.
func strptime(args string) (string, error) {
	parts := strings.SplitN(args, ",", 3)
	if len(parts) < 3 {
		return "", fmt.Errorf("%w: STRPTIME(datetime,timezone,format)", errArgs)
	}
	m := moment{year: 1900, zone: zone(parts[1])}
	if _, ok := m.read(parts[0], parts[2]); !ok {
		return "", fmt.Errorf("%q is no time in the format %q", parts[0], parts[2])
	}
	seconds := m.unix()
	if seconds < -1<<31 {
		seconds += 1 << 32
	}
	return strconv.FormatInt(seconds, 10), nil
}

// A moment is what of a time has been read.
type moment struct {
	year, month, day     int // the month counts from 1; 0 was not read
	yearDay              int
	hour, minute, second int
	afternoon            int // 0 was not read, 1 a.m., 2 p.m.
	epoch                int64
	known                bool // epoch was read, and says all
	zone                 *time.Location
}

func (m *moment) unix() int64 {
	if m.known {
		return m.epoch
	}
	month, day := max(1, m.month), m.day
	if m.month == 0 && m.day == 0 && m.yearDay > 0 {
		day = m.yearDay
	}
	hour := m.hour
	if m.afternoon > 0 {
		hour = hour%12 + 12*(m.afternoon-1)
	}
	return time.Date(m.year, time.Month(month), day, hour, m.minute, m.second, 0, m.zone).Unix()
}

// composed are the conversions that stand for several.
var composed = map[byte]string{'D': "%m/%d/%y", 'x': "%m/%d/%y", 'F': "%Y-%m-%d", 'T': "%H:%M:%S", 'X': "%H:%M:%S",
	'R': "%H:%M", 'r': "%I:%M:%S %p", 'c': "%a %b %e %H:%M:%S %Y"}

// read reads a text in a format of strptime(3) and returns what is left of it.
func (m *moment) read(text, format string) (rest string, ok bool) {
	for i := 0; i < len(format); i++ {
		switch c := format[i]; {
		case c == ' ' || c >= '\t' && c <= '\r':
			text = strings.TrimLeft(text, " \t\n\v\f\r")
		case c == '%' && i+1 < len(format):
			i++
			if text, ok = m.convert(text, format[i]); !ok {
				return text, false
			}
		case text == "" || text[0] != c:
			return text, false
		default:
			text = text[1:]
		}
	}
	return text, true
}

// convert reads one conversion.
func (m *moment) convert(text string, c byte) (rest string, ok bool) {
	if format, ok := composed[c]; ok {
		return m.read(text, format)
	}
	switch c {
	case '%':
		rest, ok = strings.CutPrefix(text, "%")
		return rest, ok
	case 'n', 't':
		return strings.TrimLeft(text, " \t\n\v\f\r"), true
	case 'a', 'A':
		_, rest, ok = named(text, func(n int) string { return time.Weekday(n - 1).String() }, 7)
		return rest, ok
	case 'b', 'B', 'h':
		m.month, rest, ok = named(text, func(n int) string { return time.Month(n).String() }, 12)
		return rest, ok
	case 'p', 'P':
		m.afternoon, rest, ok = named(text, func(n int) string { return [...]string{"AM", "PM"}[n-1] }, 2)
		return rest, ok
	case 's':
		return m.seconds(text)
	case 'z', 'Z':
		text = strings.TrimLeft(text, " ")
		end := strings.IndexByte(text+" ", ' ')
		return text[end:], end > 0 // the zone is the one that was asked for
	}
	return m.digits(text, c)
}

func (m *moment) seconds(text string) (rest string, ok bool) {
	n, rest, ok := leadingInteger(text)
	m.epoch, m.known = int64(n), ok
	return rest, ok
}

// digits reads a conversion that is a number.
func (m *moment) digits(text string, c byte) (rest string, ok bool) {
	var unused int
	field := func(to *int, least, most, width int) (string, bool) {
		text = strings.TrimLeft(text, " ")
		end := 0
		for end < width && end < len(text) && text[end] >= '0' && text[end] <= '9' {
			end++
		}
		n, err := strconv.Atoi(text[:end])
		*to = n
		return text[end:], err == nil && n >= least && n <= most
	}
	switch c {
	case 'd', 'e':
		return field(&m.day, 1, 31, 2)
	case 'H', 'k':
		return field(&m.hour, 0, 23, 2)
	case 'I', 'l':
		return field(&m.hour, 1, 12, 2)
	case 'j':
		return field(&m.yearDay, 1, 366, 3)
	case 'm':
		return field(&m.month, 1, 12, 2)
	case 'M':
		return field(&m.minute, 0, 59, 2)
	case 'S':
		return field(&m.second, 0, 61, 2)
	case 'Y':
		return field(&m.year, 0, 9999, 4)
	case 'y':
		rest, ok = field(&m.year, 0, 99, 2)
		m.year += 1900
		if m.year < 1969 {
			m.year += 100
		}
		return rest, ok
	case 'u', 'w', 'U', 'W', 'V', 'g', 'G', 'C': // do not say which day it is
		return field(&unused, 0, 9999, 4)
	}
	return text, false
}

// named reads one of count names, in full or its first three letters, in any case.
func named(text string, name func(n int) string, count int) (n int, rest string, ok bool) {
	text = strings.TrimLeft(text, " ")
	for n = 1; n <= count; n++ {
		full := name(n)
		for _, length := range []int{len(full), min(3, len(full))} {
			if len(text) >= length && strings.EqualFold(text[:length], full[:length]) {
				return n, text[length:], true
			}
		}
	}
	return 0, text, false
}
