package phone

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/media"
)

// codecNames are the names that allow= and disallow= take, in the order in
// which allow=all brings them.
var codecNames = strings.Fields(`amr amrwb codec2 g723 ulaw alaw gsm g726 g726aal2 adpcm slin slin12 slin16 slin24 slin32
	slin44 slin48 slin96 slin192 lpc10 g729 speex speex16 speex32 ilbc g722 siren7 siren14 g719 opus jpeg png h261 h263
	h263p h264 h265 mpeg4 vp8 vp9 red t140 t38 silk8 silk12 silk16 silk24`)

// knownFormat returns the format of a codec's name that this exchange can carry, or nil.
func knownFormat(name string) *media.Format {
	if f, ok := media.FormatByName(name); ok && f.Name == name {
		return f
	}
	return nil
}

// allowCodecs applies an allow= (or disallow=) to a list of codec names: words
// with commas, "all", and "!" for the opposite. A framing (":20") is left out.
func allowCodecs(have []string, value string, allow bool) ([]string, error) {
	have = slices.Clone(have)
	value = strings.TrimSpace(value)
	if inner, ok := strings.CutPrefix(value, "("); ok && strings.HasSuffix(inner, ")") { // as the tables print it
		value = strings.ReplaceAll(inner[:len(inner)-1], "|", ",")
	}
	for _, word := range splitList(value) {
		bare, not := strings.CutPrefix(word, "!")
		bare, _, _ = strings.Cut(bare, ":")
		bare = strings.ToLower(strings.TrimSpace(bare))
		yes := allow != not
		switch {
		case bare == "all" && yes:
			have = slices.Clone(codecNames)
		case bare == "all":
			have = nil
		case !slices.Contains(codecNames, bare):
			return have, fmt.Errorf("there is no codec %q", bare)
		case !yes:
			have = slices.DeleteFunc(have, func(n string) bool { return n == bare })
		case !slices.Contains(have, bare):
			have = append(have, bare)
		}
	}
	return have, nil
}

// setCodecs sets both lists of an endpoint.
func (e *Endpoint) setCodecs(names []string) {
	e.Codecs, e.Formats = names, nil
	for _, name := range names {
		if f := knownFormat(name); f != nil {
			e.Formats = append(e.Formats, f)
		}
	}
}

// codecList prints codecs as the tables do: (ulaw|alaw), (nothing).
func codecList(names []string) string {
	if len(names) == 0 {
		return "(nothing)"
	}
	return "(" + strings.Join(names, "|") + ")"
}

// parseCallerID reads `"Name" <number>`, `Name <number>`, `number` and `Name`.
func parseCallerID(text string) event.Party {
	var p event.Party
	text = strings.TrimSpace(text)
	name, number := text, ""
	if open := strings.LastIndexByte(text, '<'); open >= 0 && strings.HasSuffix(text, ">") {
		name, number = text[:open], text[open+1:len(text)-1]
	} else if isNumber(text) {
		name, number = "", text
	}
	name = strings.TrimSpace(name)
	if len(name) >= 2 && name[0] == '"' && name[len(name)-1] == '"' {
		name = name[1 : len(name)-1]
	}
	if number = strings.TrimSpace(number); number != "" {
		p.Number = event.Number{Valid: true, Text: number}
	}
	if name != "" {
		p.Name = event.Name{Valid: true, Text: name}
	}
	return p
}

// isNumber reports whether a bare caller ID is a number rather than a name.
func isNumber(text string) bool {
	if text == "" {
		return false
	}
	for _, c := range []byte(text) {
		if !strings.ContainsRune("0123456789*#+-.() ", rune(c)) {
			return false
		}
	}
	return true
}

// formatCallerID is the inverse of parseCallerID.
func formatCallerID(p event.Party) string {
	name, number := p.Name.Text, p.Number.Text
	switch {
	case name != "" && number != "":
		return fmt.Sprintf("%q <%s>", name, number)
	case name != "":
		return name
	case number != "":
		return number
	}
	return "<unknown>"
}

// parseGroups reads "1,3-5" as bits; groups go from 0 to 63.
func parseGroups(text string) (uint64, error) {
	var bits uint64
	for _, word := range splitList(text) {
		from, to, ranged := strings.Cut(word, "-")
		a, err := strconv.Atoi(strings.TrimSpace(from))
		b := a
		if ranged && err == nil {
			b, err = strconv.Atoi(strings.TrimSpace(to))
		}
		if err != nil || a < 0 || b > 63 || a > b {
			return bits, fmt.Errorf("%q is no group from 0 to 63", word)
		}
		for ; a <= b; a++ {
			bits |= 1 << a
		}
	}
	return bits, nil
}

// formatGroups prints groups as the tables do: "1, 3, 4".
func formatGroups(bits uint64) string {
	var list []string
	for i := range 64 {
		if bits&(1<<i) != 0 {
			list = append(list, strconv.Itoa(i))
		}
	}
	return strings.Join(list, ", ")
}

// tosNames are the DSCP names (RFC 2474, RFC 2597, RFC 3246) that tos= takes, as the whole octet.
var tosNames = map[string]int{"cs0": 0, "cs1": 0x20, "cs2": 0x40, "cs3": 0x60, "cs4": 0x80, "cs5": 0xa0, "cs6": 0xc0, "cs7": 0xe0,
	"af11": 0x28, "af12": 0x30, "af13": 0x38, "af21": 0x48, "af22": 0x50, "af23": 0x58, "af31": 0x68, "af32": 0x70, "af33": 0x78,
	"af41": 0x88, "af42": 0x90, "af43": 0x98, "ef": 0xb8}

func parseTOS(text string) (int, error) {
	text = strings.ToLower(strings.TrimSpace(text))
	if n, ok := tosNames[text]; ok {
		return n, nil
	}
	if isFalse(text) {
		return 0, nil
	}
	n, err := strconv.ParseInt(text, 0, 16)
	if err != nil || n < 0 || n > 255 {
		return 0, fmt.Errorf("%q is no type of service", text)
	}
	return int(n), nil
}
