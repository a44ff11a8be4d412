package function

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// times are the functions of dates.
func (h *House) times() []Function {
	return []Function{
		read("STRFTIME", "func_strings", "Time in a format", "[epoch[,timezone[,format]]]", strftime),
		read("STRPTIME", "func_strings", "Seconds since 1970 of a written time", "datetime,timezone,format", strptime),
	}
}

func zone(name string) (*time.Location, error) {
	if name == "" {
		return time.Local, nil
	}
	return time.LoadLocation(name)
}

func strftime(args string) (string, error) {
	parts := strings.SplitN(args, ",", 3)
	for len(parts) < 3 {
		parts = append(parts, "")
	}
	t := time.Now()
	if parts[0] != "" {
		s, err := strconv.ParseFloat(strings.TrimSpace(parts[0]), 64)
		if err != nil {
			return "", fmt.Errorf("%q is no time", parts[0])
		}
		t = time.UnixMicro(int64(s * 1e6))
	}
	in, err := zone(parts[1])
	if err != nil {
		return "", err
	}
	if parts[2] == "" {
		parts[2] = "%c"
	}
	return Format(t.In(in), parts[2]), nil
}

// layouts are the conversions of strftime that Go's layouts can say.
var layouts = map[byte]string{
	'a': "Mon", 'A': "Monday", 'b': "Jan", 'h': "Jan", 'B': "January", 'c': "Mon Jan _2 15:04:05 2006", 'd': "02", 'D': "01/02/06",
	'e': "_2", 'F': "2006-01-02", 'H': "15", 'I': "03", 'm': "01", 'M': "04", 'p': "PM", 'P': "pm", 'r': "03:04:05 PM", 'R': "15:04",
	'S': "05", 'T': "15:04:05", 'x': "01/02/06", 'X': "15:04:05", 'y': "06", 'Y': "2006", 'z': "-0700", 'Z': "MST",
}

// Format writes a time as strftime(3) does in the C locale, with Asterisk's %q
// (and %1q to %6q) for fractions of a second.
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
		if layout, ok := layouts[format[i]]; ok {
			b.WriteString(t.Format(layout))
			continue
		}
		b.WriteString(conversion(t, format[i], digits))
	}
	return b.String()
}

func conversion(t time.Time, c byte, digits int) string {
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

// strptime reads a time in a format of strptime(3).
func strptime(args string) (string, error) {
	parts := strings.SplitN(args, ",", 3)
	if len(parts) < 3 {
		return "", fmt.Errorf("%w: STRPTIME(datetime,timezone,format)", errArgs)
	}
	in, err := zone(parts[1])
	if err != nil {
		return "", err
	}
	var layout strings.Builder
	for i := 0; i < len(parts[2]); i++ {
		if parts[2][i] != '%' || i+1 == len(parts[2]) {
			layout.WriteByte(parts[2][i])
			continue
		}
		i++
		l, ok := layouts[parts[2][i]]
		if !ok {
			return "", fmt.Errorf("STRPTIME does not know %%%c", parts[2][i])
		}
		layout.WriteString(l)
	}
	t, err := time.ParseInLocation(layout.String(), parts[0], in)
	if err != nil {
		return "", fmt.Errorf("%q is no time in the format %q", parts[0], parts[2])
	}
	return strconv.FormatInt(t.Unix(), 10), nil
}
