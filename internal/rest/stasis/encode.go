package stasis

import (
	"encoding/json"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/octothorpe/octothorpe/internal/event"
)

// The encoding of ARI's models. Each function appends an object or the members of
// one; a member is preceded by a comma unless it is the first.

// TimeForm is how ARI writes a moment: in milliseconds, with the zone as a number.
const TimeForm = "2006-01-02T15:04:05.000-0700"

// plain are the bytes that stand for themselves in a JSON string.
var plain = func() (t [256]bool) {
	for c := byte(' '); c < utf8.RuneSelf; c++ {
		t[c] = c != '"' && c != '\\'
	}
	return t
}()

// AppendText appends a JSON string.
func AppendText(b []byte, s string) []byte {
	b = append(b, '"')
	i := 0
	for i < len(s) && plain[s[i]] {
		i++
	}
	if i == len(s) { // as nearly all are
		return append(append(b, s...), '"')
	}
	return appendEscaped(b, s, i)
}

// appendEscaped goes on with a string of which nothing before i needs to be escaped.
func appendEscaped(b []byte, s string, i int) []byte {
	start := 0
	for i < len(s) {
		c := s[i]
		if c < utf8.RuneSelf {
			if c >= ' ' && c != '"' && c != '\\' {
				i++
				continue
			}
			b = append(b, s[start:i]...)
			switch c {
			case '"', '\\':
				b = append(b, '\\', c)
			case '\n':
				b = append(b, `\n`...)
			case '\r':
				b = append(b, `\r`...)
			case '\t':
				b = append(b, `\t`...)
			default:
				const digits = "0123456789abcdef"
				b = append(b, `\u00`...)
				b = append(b, digits[c>>4], digits[c&15])
			}
			i++
			start = i
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && size == 1 {
			b = append(append(b, s[start:i]...), `\ufffd`...)
			i++
			start = i
			continue
		}
		i += size
	}
	return append(append(b, s[start:]...), '"')
}

// member appends ,"name":"text".
func member(b []byte, name, text string) []byte { return AppendText(key(b, name), text) }

// number appends ,"name":n.
func number(b []byte, name string, n int) []byte {
	return strconv.AppendInt(key(b, name), int64(n), 10)
}

// key appends ,"name": and no comma after a brace.
func key(b []byte, name string) []byte {
	if n := len(b); n > 0 && b[n-1] != '{' {
		b = append(b, ',')
	}
	return append(append(append(b, '"'), name...), `":`...)
}

// appendTime appends a time as TimeForm has it. RFC 3339 is what package time writes
// fastest, and a list of channels is times for a tenth: what differs is put in its place.
func appendTime(b []byte, at time.Time) []byte {
	at = at.UTC()
	b = at.AppendFormat(append(b, '"'), time.RFC3339)
	milli := at.Nanosecond() / 1e6
	return append(b[:len(b)-len("Z")], '.', byte('0'+milli/100), byte('0'+milli/10%10), byte('0'+milli%10), '+', '0', '0', '0', '0', '"')
}

// AppendTexts appends a list of strings.
func AppendTexts(b []byte, list []string) []byte {
	b = append(b, '[')
	for i, s := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = AppendText(b, s)
	}
	return append(b, ']')
}

func appendParty(b []byte, p event.Party) []byte {
	name, num := p.Name.Text, p.Number.Text
	if !p.Name.Valid {
		name = ""
	}
	if !p.Number.Valid {
		num = ""
	}
	return append(member(member(append(b, '{'), "name", name), "number", num), '}')
}

// AppendChannel appends a Channel.
func AppendChannel(b []byte, c *event.Channel) []byte {
	b = append(b, '{')
	b = member(b, "id", c.UniqueID)
	b = member(b, "name", c.Name)
	b = member(b, "state", c.State.String())
	b = member(b, "protocol_id", c.Protocol)
	b = appendParty(key(b, "caller"), c.Caller)
	b = appendParty(key(b, "connected"), c.Connected)
	b = member(b, "accountcode", c.AccountCode)
	b = key(b, "dialplan")
	b = append(b, '{')
	b = member(b, "context", c.Context)
	b = member(b, "exten", c.Exten)
	b = number(b, "priority", c.Priority)
	b = member(b, "app_name", c.Application)
	b = member(b, "app_data", c.Data)
	b = append(b, '}')
	b = appendTime(key(b, "creationtime"), c.Created)
	b = member(b, "language", c.Language)
	if c.Redirect.From.Number.Valid && c.Redirect.From.Number.Text != "" {
		b = member(b, "caller_rdnis", c.Redirect.From.Number.Text)
	}
	if c.TenantID != "" {
		b = member(b, "tenantid", c.TenantID)
	}
	if len(c.Reported) > 0 {
		b = append(key(b, "channelvars"), '{')
		for _, v := range c.Reported {
			b = AppendText(append(AppendText(comma(b), v.Name), ':'), v.Text())
		}
		b = append(b, '}')
	}
	return append(b, '}')
}

// comma appends one, unless a brace or bracket has just been opened.
func comma(b []byte) []byte {
	if n := len(b); n > 0 && b[n-1] != '{' && b[n-1] != '[' {
		return append(b, ',')
	}
	return b
}

// AppendBridge appends a Bridge.
func AppendBridge(b []byte, s *event.Bridge) []byte {
	b = append(b, '{')
	b = member(b, "id", s.ID)
	b = member(b, "technology", s.Technology)
	kind := "mixing"
	if s.Technology == holding {
		kind = "holding"
	}
	b = member(b, "bridge_type", kind)
	b = member(b, "bridge_class", s.Type)
	b = member(b, "creator", s.Creator)
	b = member(b, "name", s.Name)
	b = AppendTexts(key(b, "channels"), s.Channels)
	b = appendTime(key(b, "creationtime"), s.Created)
	b = member(b, "video_mode", s.VideoMode)
	if s.VideoID != "" {
		b = member(b, "video_source_id", s.VideoID)
	}
	if len(s.Reported) > 0 {
		b = append(key(b, "bridgevars"), '{')
		for _, v := range s.Reported {
			b = AppendText(append(AppendText(comma(b), v.Name), ':'), v.Value)
		}
		b = append(b, '}')
	}
	return append(b, '}')
}

// holding is the technology of bridges where legs only wait.
const holding = "holding_bridge"

// begin appends the beginning of an event: what all of them have but the application.
func (h *Hub) begin(b []byte, kind string, at time.Time) []byte {
	b = append(b, '{')
	b = member(b, "type", kind)
	b = appendTime(key(b, "timestamp"), at)
	return member(b, "asterisk_id", h.Entity)
}

// Begin appends the beginning of an event that others make, as of now.
func (h *Hub) Begin(b []byte, kind string) []byte { return h.begin(b, kind, now()) }

// Finish appends the application and the end of an event.
func Finish(b []byte, application string) []byte { return finish(b, application) }

// finish appends the application and the end of an event.
func finish(b []byte, application string) []byte {
	return append(member(b, "application", application), '}')
}

// appendValue appends any value that came as JSON.
func appendValue(b []byte, v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		return append(b, "null"...)
	}
	return append(b, text...)
}
