package app

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Lengths of time are read in two ways, as on the reference. Most applications
// take the number with which a text begins and pass over the rest: seconds, or
// milliseconds. Some (Wait, WaitExten, WaitDigit) take a unit, and nothing else:
// timeLength.

// numberForm is a number as strtod(3) reads it, but for infinity and NaN.
var numberForm = regexp.MustCompile(`^[+-]?(0[xX][0-9a-fA-F]+|(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?)`)

// longest is the longest time that is waited, 73 years: one to which others can
// be added.
const longest = time.Duration(math.MaxInt64 / 4)

// number reads the number with which a text begins, and returns what follows it.
func number(text string) (n float64, rest string, ok bool) {
	text = strings.TrimSpace(text)
	found := numberForm.FindString(text)
	if found == "" {
		return 0, text, false
	}
	whole := found
	if i := strings.IndexAny(found, "xX"); i > 0 {
		whole += "p0" // as Go wants hexadecimal ones
	}
	n, err := strconv.ParseFloat(whole, 64)
	if err != nil && !math.IsInf(n, 0) {
		return 0, text, false
	}
	return n, text[len(found):], true
}

// times is a number of units, which may be more than can be counted.
func times(n float64, unit time.Duration) time.Duration {
	if d := n * float64(unit); d < float64(longest) {
		return time.Duration(d)
	}
	return longest
}

// seconds reads a time in seconds, fractions allowed.
func seconds(text string) (time.Duration, error) {
	n, _, ok := number(text)
	if !ok || n < 0 {
		return 0, fmt.Errorf("%q is no number of seconds", text)
	}
	return times(n, time.Second), nil
}

// timeUnits are the units of timeLength.
var timeUnits = map[string]time.Duration{"": time.Second, "ms": time.Millisecond, "s": time.Second, "m": time.Minute, "h": time.Hour}

// timeLength reads a time with a unit: "2.5", "2s", "1500 ms", "0.5m", "1H".
func timeLength(text string) (time.Duration, error) {
	n, rest, ok := number(text)
	unit, known := timeUnits[strings.ToLower(strings.TrimSpace(rest))]
	if !ok || !known || n < 0 {
		return 0, fmt.Errorf("%q is no length of time", text)
	}
	return times(n, unit), nil
}

// milliseconds reads a whole number of ms, or gives the other where there is none.
func milliseconds(text string, otherwise time.Duration) time.Duration {
	n, err := strconv.Atoi(leadingNumber(strings.TrimSpace(text)))
	if err != nil || n < 0 {
		return otherwise
	}
	return times(float64(n), time.Millisecond)
}
