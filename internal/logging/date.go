package logging

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// usual is the form of times where dateformat is not set.
const usual = "%b %e %T"

// conversions of strftime(3) that Go's layouts have.
var layouts = map[byte]string{'a': "Mon", 'A': "Monday", 'b': "Jan", 'h': "Jan", 'B': "January", 'd': "02", 'e': "_2", 'H': "15", 'I': "03",
	'j': "002", 'm': "01", 'M': "04", 'p': "PM", 'S': "05", 'y': "06", 'Y': "2006", 'z': "-0700", 'Z': "MST", 'D': "01/02/06",
	'F': "2006-01-02", 'R': "15:04", 'T': "15:04:05", 'r': "03:04:05 PM", 'c': "Mon Jan _2 15:04:05 2006", 'x': "01/02/06", 'X': "15:04:05"}

// appendDate writes a time as strftime(3) does, with Asterisk's %q: three digits
// of the second's fraction, or as many as stand before the q, up to six. What is
// not known stays as it is written.
func appendDate(b []byte, t time.Time, format string) []byte {
	if format == usual {
		return t.AppendFormat(b, "Jan _2 15:04:05")
	}
	for i := 0; i < len(format); i++ {
		if format[i] != '%' || i+1 == len(format) {
			b = append(b, format[i])
			continue
		}
		i++
		c := format[i]
		switch layout, ok := layouts[c]; {
		case ok:
			b = t.AppendFormat(b, layout)
		case c == 'q':
			b = appendFraction(b, t, 3)
		case c >= '1' && c <= '6' && strings.HasPrefix(format[i+1:], "q"):
			b = appendFraction(b, t, int(c-'0'))
			i++
		case c == 's':
			b = strconv.AppendInt(b, t.Unix(), 10)
		case c == 'k':
			b = fmt.Appendf(b, "%2d", t.Hour())
		case c == 'l':
			b = fmt.Appendf(b, "%2d", (t.Hour()+11)%12+1)
		case c == 'u':
			b = strconv.AppendInt(b, int64((t.Weekday()+6)%7+1), 10)
		case c == 'w':
			b = strconv.AppendInt(b, int64(t.Weekday()), 10)
		case c == 'C':
			b = fmt.Appendf(b, "%02d", t.Year()/100)
		case c == 'U':
			b = fmt.Appendf(b, "%02d", (t.YearDay()+6-int(t.Weekday()))/7)
		case c == 'V':
			_, week := t.ISOWeek()
			b = fmt.Appendf(b, "%02d", week)
		case c == 'G':
			year, _ := t.ISOWeek()
			b = strconv.AppendInt(b, int64(year), 10)
		case c == 'n':
			b = append(b, '\n')
		case c == 't':
			b = append(b, '\t')
		case c == '%':
			b = append(b, '%')
		default:
			b = append(b, '%', c)
		}
	}
	return b
}

// appendFraction writes the first digits of the fraction of a second.
func appendFraction(b []byte, t time.Time, digits int) []byte {
	return append(b, fmt.Sprintf("%06d", t.Nanosecond()/1000)[:digits]...)
}
