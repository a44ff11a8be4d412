package voicemail

import (
	"fmt"
	"strings"
	"time"
)

// zoneOf returns where a mailbox's moments are, and the format in which they are said.
func (h *House) zoneOf(m *Mailbox) (*time.Location, string) {
	for _, z := range h.settings().zones {
		if z.name != m.options.zone {
			continue
		}
		if where, err := time.LoadLocation(z.location); err == nil {
			return where, z.format
		}
		h.Logger.Warn("a zone of voicemail.conf is nowhere", "zone", z.name, "location", z.location)
		return time.Local, z.format
	}
	return time.Local, "'vm-received' q 'digits/at' IMp"
}

// strftime is a moment by the letters of C's strftime.
func strftime(t time.Time, format string) string {
	layouts := map[byte]string{'A': "Monday", 'a': "Mon", 'B': "January", 'b': "Jan", 'h': "Jan", 'd': "02", 'e': "_2", 'H': "15", 'I': "03", 'm': "01",
		'M': "04", 'p': "PM", 'P': "pm", 'S': "05", 'Y': "2006", 'y': "06", 'Z': "MST", 'z': "-0700", 'r': "03:04:05 PM", 'R': "15:04",
		'T': "15:04:05", 'D': "01/02/06", 'F': "2006-01-02", 'c': "Mon Jan _2 15:04:05 2006", 'x': "01/02/06", 'X': "15:04:05"}
	var b strings.Builder
	for i := 0; i < len(format); i++ {
		if format[i] != '%' || i+1 == len(format) {
			b.WriteByte(format[i])
			continue
		}
		i++
		switch letter := format[i]; {
		case layouts[letter] != "":
			b.WriteString(t.Format(layouts[letter]))
		case letter == 'k':
			fmt.Fprintf(&b, "%2d", t.Hour())
		case letter == 'l':
			fmt.Fprintf(&b, "%2d", (t.Hour()+11)%12+1)
		case letter == 'j':
			fmt.Fprintf(&b, "%03d", t.YearDay())
		case letter == 's':
			fmt.Fprintf(&b, "%d", t.Unix())
		case letter == 'n':
			b.WriteByte('\n')
		case letter == 't':
			b.WriteByte('\t')
		case letter == '%':
			b.WriteByte('%')
		default:
			b.WriteString("%" + string(rune(letter)))
		}
	}
	return b.String()
}
