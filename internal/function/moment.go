package function

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/command"
)

// times are the functions of dates.
func (h *House) times() []Function {
	return []Function{
		read("STRFTIME", "func_strings", "Time in a format", "[epoch[,timezone[,format]]]", strftime),
		read("STRPTIME", "func_strings", "Seconds since 1970 of a written time", "datetime,timezone,format", strptime),
	}
}

// zone returns a time zone by name; "" is the machine's, and one that nobody
// knows is UTC.
func zone(name string) *time.Location {
	if name == "" {
		return time.Local
	}
	if in, err := time.LoadLocation(name); err == nil {
		return in
	}
	return time.UTC
}

func strftime(args string) (string, error) {
	parts := strings.SplitN(args, ",", 3)
	t := time.Now()
	if s, err := number(parts[0]); err == nil { // what is no time is now
		t = time.UnixMicro(int64(math.Round(s * 1e6)))
	}
	format := "%c"
	if len(parts) == 3 {
		format = parts[2]
	}
	return Format(t.In(zone(command.Arg(parts, 1))), format), nil
}

// layouts are the conversions of strftime that Go's layouts can say.
var layouts = map[byte]string{
	'a': "Mon", 'A': "Monday", 'b': "Jan", 'h': "Jan", 'B': "January", 'c': "Mon Jan _2 15:04:05 2006", 'd': "02", 'D': "01/02/06",
	'e': "_2", 'F': "2006-01-02", 'H': "15", 'I': "03", 'm': "01", 'M': "04", 'p': "PM", 'P': "pm", 'r': "03:04:05 PM", 'R': "15:04",
	'S': "05", 'T': "15:04:05", 'x': "01/02/06", 'X': "15:04:05", 'y': "06", 'Y': "2006", 'z': "-0700", 'Z': "MST",
}

// Format writes a time as strftime(3) does in the C locale, with GNU's flags and
// with Asterisk's %q (and %1q to %6q) for fractions of a second.
func Format(t time.Time, format string) string {
	var b strings.Builder
	for i := 0; i < len(format); i++ {
		if format[i] != '%' || i+1 == len(format) {
			b.WriteByte(format[i])
			continue
		}
		i++
		digits := 3
		if format[i] >= '1' && format[i] <= '9' && i+1 < len(format) && format[i+1] == 'q' {
			digits = int(format[i] - '0')
			i++
		}
		flag := byte(0)
		if strings.IndexByte("-_0^", format[i]) >= 0 && i+1 < len(format) {
			flag = format[i]
			i++
		}
		b.WriteString(flagged(flag, conversion(t, format[i], digits)))
	}
	return b.String()
}

// flagged pads a conversion, or not, as a flag wants it.
func flagged(flag byte, text string) string {
	bare := strings.TrimLeft(text[:max(0, len(text)-1)], " 0") + text[max(0, len(text)-1):]
	switch flag {
	case '-':
		return bare
	case '_':
		return strings.Repeat(" ", len(text)-len(bare)) + bare
	case '0':
		return strings.Repeat("0", len(text)-len(bare)) + bare
	case '^':
		return strings.ToUpper(text)
	}
	return text
}

// conversion writes what %c asks for.
func conversion(t time.Time, c byte, digits int) string {
	if layout, ok := layouts[c]; ok {
		return t.Format(layout)
	}
	year, week := t.ISOWeek()
	switch c {
	case '%':
		return "%"
	case 'n':
		return "\n"
	case 't':
		return "\t"
	case 's':
		return strconv.FormatInt(t.Unix(), 10)
	case 'q':
		return fmt.Sprintf("%06d", t.Nanosecond()/1000)[:min(digits, 6)]
	case 'j':
		return fmt.Sprintf("%03d", t.YearDay())
	case 'u':
		return strconv.Itoa((int(t.Weekday())+6)%7 + 1)
	case 'w':
		return strconv.Itoa(int(t.Weekday()))
	case 'C':
		return fmt.Sprintf("%02d", t.Year()/100)
	case 'k':
		return fmt.Sprintf("%2d", t.Hour())
	case 'l':
		return fmt.Sprintf("%2d", (t.Hour()+11)%12+1)
	case 'G':
		return strconv.Itoa(year)
	case 'g':
		return fmt.Sprintf("%02d", year%100)
	case 'V':
		return fmt.Sprintf("%02d", week)
	case 'U':
		return fmt.Sprintf("%02d", (t.YearDay()+6-int(t.Weekday()))/7)
	case 'W':
		return fmt.Sprintf("%02d", (t.YearDay()+6-(int(t.Weekday())+6)%7)/7)
	}
	return "%" + string(c)
}
