package sip

import (
	"strconv"
	"strings"
	"time"
)

// A SessionExpires is the value of a Session-Expires header (RFC 4028 §4).
type SessionExpires struct {
	Interval  time.Duration // in whole seconds
	Refresher string        // "uac", "uas" or "" if open
}

// ParseSessionExpires reads the header's value. It reports false if it is none.
func ParseSessionExpires(s string) (SessionExpires, bool) {
	digits, params, _ := strings.Cut(s, ";")
	n, err := strconv.ParseUint(strings.TrimSpace(digits), 10, 31)
	if err != nil {
		return SessionExpires{}, false
	}
	v := SessionExpires{Interval: time.Duration(n) * time.Second}
	if r, ok := Param(";"+params, "refresher"); ok {
		if r = strings.ToLower(r); r == "uac" || r == "uas" {
			v.Refresher = r
		}
	}
	return v, true
}

// String returns the header's value.
func (v SessionExpires) String() string {
	s := strconv.Itoa(int(v.Interval / time.Second))
	if v.Refresher != "" {
		s += ";refresher=" + v.Refresher
	}
	return s
}

// Refresh returns when the refresher sends the next request: half the interval
// (RFC 4028 §10).
func (v SessionExpires) Refresh() time.Duration { return v.Interval / 2 }

// End returns when the other side gives up: 32 s, but not more than a third,
// before the interval ends (RFC 4028 §10).
func (v SessionExpires) End() time.Duration {
	return v.Interval - min(32*time.Second, v.Interval/3)
}

// AnswerSessionExpires tells what a server writes into its 2xx (RFC 4028 §9):
// asked is what the request says, if it says something; most and least are the
// server's own limits, preferred who shall refresh if that is open. tooSmall means
// 422 with Min-SE: least. Zero means no session timer.
func AnswerSessionExpires(asked SessionExpires, clientSupports bool, most, least time.Duration, preferred string) (v SessionExpires, tooSmall bool) {
	switch {
	case asked.Interval > 0 && asked.Interval < least:
		return v, true
	case asked.Interval == 0 && most == 0:
		return v, false
	}
	v = asked
	if v.Interval == 0 || most > 0 && most < v.Interval {
		v.Interval = max(most, least)
	}
	if v.Refresher == "" {
		v.Refresher = preferred
	}
	if !clientSupports {
		v.Refresher = "uas"
	}
	return v, false
}
