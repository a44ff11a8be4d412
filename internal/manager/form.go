package manager

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"

	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/event"
)

// encoded is an event as AMI's clients read it, made once.
type encoded struct {
	class    command.Class
	bytes    []byte // lines and the empty one
	sequence uint64
	forms    [forms][]byte // those that somebody asked for
}

// An encoder writes events one after the other. What it needs for the next is kept: the
// space, and the lines of the channel that was told of last, which is most often the same
// one, in the same state, several times running.
type encoder struct {
	space []byte
	last  channelLines
	event encoded
}

// channelLines are how a snapshot of a channel reads, with no prefix.
type channelLines struct {
	of *event.Channel
	b  []byte
}

// encode writes an event; wants, which may be nil, tells whether it is worth
// the work when its name is known. What is not to be kept is good until the next.
func (k *encoder) encode(e event.Stamped, g *Settings, wants func(name string, class command.Class) bool, keep bool) (*encoded, bool) {
	w := writer{settings: g, time: e.Time, sequence: e.Seq, b: k.space[:0], wants: wants, last: &k.last}
	class := classes[e.Kind()]
	if !w.body(e.Event, &class) || class == 0 || w.skip {
		return nil, false
	}
	w.b = append(w.b, "\r\n"...)
	if cap(w.b) <= keptSpace {
		k.space = w.b
	}
	if keep {
		return &encoded{class: class, bytes: slices.Clone(w.b), sequence: e.Seq}, true
	}
	k.event = encoded{class: class, bytes: w.b, sequence: e.Seq}
	return &k.event, true
}

// keptSpace is the most that is kept for the next event; longer ones are rare.
const keptSpace = 16 << 10

// in returns the event in a form.
func (m *encoded) in(f form, epoch string) []byte {
	if f == 0 {
		return m.bytes
	}
	if m.forms[f] == nil {
		b := m.bytes
		if f&formSequence != 0 {
			b = appendField(b[:len(b)-2:len(b)-2], "Sequence", sequenceText(epoch, m.sequence))
			b = append(b, "\r\n"...)
		}
		if f&formJSON != 0 {
			b = appendJSON(nil, b)
		}
		m.forms[f] = b
	}
	return m.forms[f]
}

// newEpoch names a life of the program: sequence numbers of another mean nothing.
func newEpoch() string {
	var b [6]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

func sequenceText(epoch string, n uint64) string { return epoch + "-" + strconv.FormatUint(n, 10) }

// parseSequence reads what sequenceText wrote.
func parseSequence(text string) (epoch string, n uint64, ok bool) {
	epoch, number, ok := strings.Cut(strings.TrimSpace(text), "-")
	n, err := strconv.ParseUint(number, 10, 64)
	return epoch, n, ok && err == nil && epoch != ""
}

// appendJSON writes a message, lines and an empty one, as an object and a line feed.
// A key that comes again has a list of values; the first says where it stands.
func appendJSON(dst, lines []byte) []byte {
	var keys []string
	values := map[string][]string{}
	for line := range bytes.SplitSeq(lines, []byte("\r\n")) {
		if len(line) == 0 {
			continue
		}
		key, value, ok := bytes.Cut(line, []byte(":"))
		if !ok {
			key, value = nil, line // a client's own line
		}
		k := string(key)
		if _, again := values[k]; !again {
			keys = append(keys, k)
		}
		values[k] = append(values[k], string(bytes.TrimPrefix(value, []byte(" "))))
	}
	dst = append(dst, '{')
	for i, k := range keys {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(appendJSONText(dst, k), ':')
		list := values[k]
		if len(list) == 1 {
			dst = appendJSONText(dst, list[0])
			continue
		}
		dst = append(dst, '[')
		for j, v := range list {
			if j > 0 {
				dst = append(dst, ',')
			}
			dst = appendJSONText(dst, v)
		}
		dst = append(dst, ']')
	}
	return append(dst, "}\n"...)
}

// appendJSONText writes a string. Bytes that are no UTF-8 become U+FFFD.
func appendJSONText(dst []byte, text string) []byte {
	const hexDigits = "0123456789abcdef"
	dst = append(dst, '"')
	for _, r := range strings.ToValidUTF8(text, "\uFFFD") {
		switch {
		case r == '"' || r == '\\':
			dst = append(dst, '\\', byte(r))
		case r < ' ' || r == 0x7f || r == 0x2028 || r == 0x2029:
			dst = append(dst, '\\', 'u', hexDigits[r>>12&15], hexDigits[r>>8&15], hexDigits[r>>4&15], hexDigits[r&15])
		default:
			dst = append(dst, string(r)...)
		}
	}
	return append(dst, '"')
}
