package media

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A Preference is a format as allow= lists it, with how much of it a packet holds.
type Preference struct {
	Format *Format
	// Framing is the packet's length, from `ulaw:30`; 0 is the codec's own.
	Framing time.Duration
}

// String writes the preference as allow= does.
func (p Preference) String() string {
	if p.Framing == 0 {
		return p.Format.Name
	}
	return p.Format.Name + ":" + strconv.Itoa(int(p.Framing/time.Millisecond))
}

// ParseFormats applies the value of an allow= line, as "!all,ulaw,alaw:30", to
// what is allowed so far, and returns the result, best first. "!" in front
// takes a format away, "all" stands for every format. A format named again keeps
// its place and takes the new framing. Unknown names give an error; the others count.
func ParseFormats(value string, current []Preference) ([]Preference, error) {
	list := slices.Clone(current)
	var wrong []error
	for item := range strings.SplitSeq(value, ",") {
		item, negated := strings.CutPrefix(strings.TrimSpace(item), "!")
		if item = strings.TrimSpace(item); item == "" {
			continue
		}
		name, length, framed := strings.Cut(item, ":")
		var framing time.Duration
		if framed {
			ms, err := strconv.Atoi(length)
			if err != nil || ms < 1 || ms > 300 {
				wrong = append(wrong, fmt.Errorf("framing %q of %s: want 1-300 ms", length, name))
				continue
			}
			framing = time.Duration(ms) * time.Millisecond
		}
		if strings.EqualFold(name, "all") {
			list = allowAll(list, framing, negated)
			continue
		}
		f, ok := FormatByName(name)
		if !ok {
			wrong = append(wrong, fmt.Errorf("unknown format %q", name))
			continue
		}
		list = allow(list, Preference{f, framing}, negated)
	}
	return list, errors.Join(wrong...)
}

func allowAll(list []Preference, framing time.Duration, negated bool) []Preference {
	if negated {
		return list[:0]
	}
	for _, f := range formats {
		list = allow(list, Preference{f, framing}, false)
	}
	return list
}

func allow(list []Preference, p Preference, negated bool) []Preference {
	at := slices.IndexFunc(list, func(o Preference) bool { return o.Format == p.Format })
	switch {
	case negated && at >= 0:
		return slices.Delete(list, at, at+1)
	case negated:
	case at < 0:
		return append(list, p)
	case p.Framing > 0:
		list[at].Framing = p.Framing
	}
	return list
}
