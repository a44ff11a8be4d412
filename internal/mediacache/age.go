package mediacache

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// A freshness is how long what a server answered may be used without asking again.
type freshness struct {
	expires time.Time
	etag    string
	always  bool // ask again each time
}

// freshnessOf reads the header of an answer (RFC 9111 §5.2.2, §5.3). What says nothing of
// its age is old at once.
func freshnessOf(h http.Header, now time.Time) freshness {
	f := freshness{etag: h.Get("ETag"), expires: now}
	age, always := directives(h.Get("Cache-Control"))
	f.always = always
	if age >= 0 {
		f.expires = now.Add(age)
	} else if at, err := http.ParseTime(h.Get("Expires")); err == nil {
		f.expires = at
	}
	return f
}

// directives reads Cache-Control: the age that is allowed, or -1, and whether the server
// wants to be asked each time.
func directives(text string) (age time.Duration, always bool) {
	age = -1
	shared := false
	for word := range strings.SplitSeq(strings.ToLower(text), ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(word), "=")
		seconds, err := strconv.Atoi(strings.Trim(value, `"`))
		switch {
		case name == "no-cache" || name == "must-revalidate":
			always = true
		case name == "s-maxage" && err == nil:
			age, shared = time.Duration(seconds)*time.Second, true
		case name == "max-age" && err == nil && !shared:
			age = time.Duration(seconds) * time.Second
		}
	}
	return age, always
}

// stale reports whether the server is to be asked again.
func (f freshness) stale(now time.Time) bool { return f.always || !now.Before(f.expires) }
