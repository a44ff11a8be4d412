package dialplan

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Times is a compiled "times,weekdays,days of the month,months[,zone]", as in
// includes and GotoIfTime.
type Times struct {
	minutes  []span // of the day; nil is always
	weekdays uint8  // bit 0 is Sunday
	days     uint32 // bit 1 is the first
	months   uint16 // bit 1 is January
	zone     *time.Location
}

type span struct{ from, to int } // minutes, both included; from > to goes over midnight

var (
	weekdayNames = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}
	monthNames   = []string{"", "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}
)

// timesHint is how a specification is written.
const timesHint = "times are hh:mm-hh:mm, weekdays mon-fri, days 1-31, months jan-dec"

// ParseTimes reads a specification. Missing fields are *. What can't be read is
// left out, as Asterisk does, and told in the error, beside which the result is valid.
func ParseTimes(text string) (*Times, error) {
	separator := ","
	if !strings.Contains(text, ",") {
		separator = "|"
	}
	fields := append(strings.SplitN(text, separator, 5), "*", "*", "*", "*", "")
	var t Times
	var problems []string
	t.minutes = parseMinutes(fields[0], &problems)
	t.weekdays = uint8(parseDays(fields[1], 0, 6, weekdayNames, "day of the week", false, &problems))
	t.days = uint32(parseDays(fields[2], 1, 31, nil, "day", true, &problems))
	t.months = uint16(parseDays(fields[3], 1, 12, monthNames, "month", true, &problems))
	if len(strings.SplitN(text, separator, 6)) > 4 && fields[4] != "" && fields[4] != "*" {
		zone, err := time.LoadLocation(fields[4])
		if err != nil {
			problems = append(problems, "unknown time zone "+strconv.Quote(fields[4]))
		}
		t.zone = zone
	}
	if len(problems) > 0 {
		return &t, fmt.Errorf("%s", strings.Join(problems, "; "))
	}
	return &t, nil
}

func parseMinutes(text string, problems *[]string) []span {
	if text == "*" || text == "" {
		return nil
	}
	list := []span{}
	for _, part := range strings.Split(text, "&") {
		first, last, ranged := strings.Cut(part, "-")
		from, ok := parseMinute(first)
		to := from
		if ok && ranged {
			to, ok = parseMinute(last)
		}
		if !ok {
			*problems = append(*problems, strconv.Quote(part)+" is no time of the day")
			continue
		}
		list = append(list, span{from, to})
	}
	return list
}

// parseMinute reads hh:mm; what follows, seconds, is ignored.
func parseMinute(text string) (int, bool) {
	hour, rest, ok := strings.Cut(strings.TrimSpace(text), ":")
	if !ok {
		return 0, false
	}
	if end := strings.IndexFunc(rest, func(r rune) bool { return r < '0' || r > '9' }); end >= 0 {
		rest = rest[:end]
	}
	h, err := strconv.Atoi(hour)
	m, err2 := strconv.Atoi(rest)
	if err != nil || err2 != nil || h < 0 || h > 23 || m < 0 || m > 59 {
		return 0, false
	}
	return h*60 + m, true
}

// parseDays reads a list of names or numbers and ranges of them into a bit set.
func parseDays(text string, low, high int, names []string, what string, numbers bool, problems *[]string) uint64 {
	if text == "*" || text == "" {
		return 1<<(high+1) - 1
	}
	one := func(s string) (int, bool) {
		for i, n := range names {
			if n != "" && strings.EqualFold(n, s) {
				return i, true
			}
		}
		n, err := strconv.Atoi(s)
		return n, numbers && err == nil && n >= low && n <= high
	}
	set := uint64(0)
	for _, part := range strings.Split(text, "&") {
		first, last, ranged := strings.Cut(part, "-")
		from, ok := one(first)
		to := from
		if ok && ranged {
			to, ok = one(last)
		}
		if !ok {
			*problems = append(*problems, strconv.Quote(part)+" is no "+what)
			continue
		}
		for i := from; ; i++ {
			if i > high {
				i = low
			}
			set |= 1 << i
			if i == to {
				break
			}
		}
	}
	return set
}

// Contains reports whether a moment is within the times. Without a zone of its
// own the specification is in the moment's.
func (t *Times) Contains(at time.Time) bool {
	if t.zone != nil {
		at = at.In(t.zone)
	}
	if t.weekdays>>at.Weekday()&1 == 0 || t.days>>at.Day()&1 == 0 || t.months>>at.Month()&1 == 0 {
		return false
	}
	if t.minutes == nil {
		return true
	}
	minute := at.Hour()*60 + at.Minute()
	for _, s := range t.minutes {
		if s.from <= s.to && minute >= s.from && minute <= s.to || s.from > s.to && (minute >= s.from || minute <= s.to) {
			return true
		}
	}
	return false
}
