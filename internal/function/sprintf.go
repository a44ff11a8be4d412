package function

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/octothorpe/octothorpe/internal/command"
)

// verb is a conversion of printf(3).
var verb = regexp.MustCompile(`%([-+ #0]*)([0-9]*)(\.[0-9]*)?(hh|h|ll|l|L|q|j|z|t)?([a-zA-Z%])?`)

// sprintf formats numbers and texts as C does. One argument that is no number
// where there should be one spoils the whole.
func sprintf(args string) (string, error) {
	parts := command.SplitArgs(args, 0)
	if len(parts) == 0 {
		return "", errArgs
	}
	next := 1
	var problem error
	out := verb.ReplaceAllStringFunc(parts[0], func(v string) string {
		m := verb.FindStringSubmatch(v)
		if m[5] == "%" || m[5] == "" {
			return m[5]
		}
		if next >= len(parts) {
			problem = fmt.Errorf("SPRINTF has no argument for %s", v)
			return ""
		}
		next++
		text, err := convert(m[1]+m[2]+m[3], m[4], m[5][0], parts[next-1])
		if err != nil {
			problem = err
		}
		return text
	})
	if problem != nil {
		return "", problem
	}
	return out, nil
}

// convert writes one argument. layout is flags, width and precision; size is C's.
func convert(layout, size string, verb byte, arg string) (string, error) {
	switch verb {
	case 's':
		return fmt.Sprintf("%"+layout+"s", arg), nil
	case 'd', 'i', 'u', 'x', 'X', 'o', 'c':
		n, err := integer(arg)
		if err != nil {
			return "", err
		}
		return whole(layout, size, verb, n), nil
	case 'f', 'F', 'e', 'E', 'g', 'G', 'a', 'A':
		n, err := number(arg)
		if err != nil {
			return "", err
		}
		return fraction(layout, verb, n), nil
	}
	return "", fmt.Errorf("SPRINTF does not know %%%c", verb)
}

// integer reads the decimal number at the start of a text.
func integer(text string) (int64, error) {
	text = strings.TrimLeft(text, " \t")
	end := 0
	if strings.HasPrefix(text, "-") || strings.HasPrefix(text, "+") {
		end++
	}
	for end < len(text) && text[end] >= '0' && text[end] <= '9' {
		end++
	}
	n, err := strconv.ParseInt(text[:end], 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%q is no integer", text)
	}
	return n, nil
}

func whole(layout, size string, verb byte, n int64) string {
	switch size {
	case "hh":
		n = int64(int8(n))
	case "h":
		n = int64(int16(n))
	case "":
		n = int64(int32(n))
	}
	switch verb {
	case 'c':
		return fmt.Sprintf("%"+layout+"s", string([]byte{byte(n)}))
	case 'd', 'i':
		return fmt.Sprintf("%"+layout+"d", n)
	}
	unsigned := uint64(n)
	switch size {
	case "hh":
		unsigned = uint64(uint8(n))
	case "h":
		unsigned = uint64(uint16(n))
	case "":
		unsigned = uint64(uint32(n))
	}
	if verb == 'u' {
		verb = 'd'
	}
	return fmt.Sprintf("%"+layout+string(verb), unsigned)
}

func fraction(layout string, verb byte, n float64) string {
	if verb == 'a' || verb == 'A' {
		// Go writes the exponent of two with at least two digits, C with one.
		text := fmt.Sprintf("%"+layout+string(verb-'a'+'x'), n)
		sign := strings.LastIndexAny(text, "+-")
		return text[:sign+1] + strings.TrimPrefix(text[sign+1:], "0")
	}
	if (verb == 'g' || verb == 'G') && !strings.Contains(layout, ".") {
		layout += ".6" // Go's own is the shortest that reads back
	}
	return fmt.Sprintf("%"+layout+string(verb), n)
}
