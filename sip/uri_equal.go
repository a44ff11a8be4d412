package sip

import (
	"net/netip"
	"strings"
)

// Equal compares two URIs: SIP as RFC 3261 §19.1.4 says, with IPv6 references by
// value (RFC 5954 §4.2), tel as RFC 3966 §5 says, others by their text.
func (u URI) Equal(v URI) bool {
	switch {
	case u == v:
		return true
	case u.Scheme != v.Scheme:
		return false
	case u.Opaque != "" || v.Opaque != "":
		return u.Opaque == v.Opaque
	case u.Scheme == "tel":
		return u.equalTel(v)
	}
	if Unescape(u.User) != Unescape(v.User) || Unescape(u.Password) != Unescape(v.Password) || !equalHost(u.Host, v.Host) || u.Port != v.Port {
		return false
	}
	for _, name := range [...]string{"user", "ttl", "method", "maddr", "transport"} {
		a, inA := u.Param(name)
		b, inB := v.Param(name)
		if inA != inB || !strings.EqualFold(a, b) {
			return false
		}
	}
	return sharedParamsAgree(u, v) && sharedParamsAgree(v, u) && equalHeaders(u.Headers, v.Headers)
}

// sharedParamsAgree compares what is in both; what is in one only does not count.
func sharedParamsAgree(u, v URI) bool {
	for params := u.Params; params != ""; {
		var name, value string
		if name, value, params = cutParam(params); name == "" {
			continue
		}
		if other, ok := v.Param(Unescape(name)); ok && !strings.EqualFold(other, Unescape(value)) {
			return false
		}
	}
	return true
}

func equalHost(a, b string) bool {
	if strings.EqualFold(a, b) {
		return true
	}
	if a == "" || b == "" || a[0] != '[' || b[0] != '[' {
		return false
	}
	x, err := netip.ParseAddr(strings.Trim(a, "[]"))
	y, err2 := netip.ParseAddr(strings.Trim(b, "[]"))
	return err == nil && err2 == nil && x == y
}

// equalHeaders compares the headers without regard to their order.
func equalHeaders(a, b string) bool {
	if a == b {
		return true
	}
	count := map[string]int{}
	add := func(list string, n int) {
		for _, h := range strings.Split(list, "&") {
			name, value, _ := strings.Cut(h, "=")
			count[strings.ToLower(Unescape(name))+"="+Unescape(value)] += n
		}
	}
	add(a, 1)
	add(b, -1)
	for _, n := range count {
		if n != 0 {
			return false
		}
	}
	return true
}

func (u URI) equalTel(v URI) bool {
	if !strings.EqualFold(visual.Replace(u.User), visual.Replace(v.User)) {
		return false
	}
	return telParamsWithin(u, v) && telParamsWithin(v, u)
}

// visual takes out the visual separators of RFC 3966.
var visual = strings.NewReplacer("-", "", ".", "", "(", "", ")", "")

// telParamsWithin reports whether v has all parameters of u.
func telParamsWithin(u, v URI) bool {
	for params := u.Params; params != ""; {
		var name, value string
		if name, value, params = cutParam(params); name == "" {
			continue
		}
		other, ok := Param(v.Params, name)
		if strings.EqualFold(name, "ext") || strings.EqualFold(name, "phone-context") && strings.HasPrefix(value, "+") {
			value, other = visual.Replace(value), visual.Replace(other)
		}
		if !ok || !strings.EqualFold(value, other) {
			return false
		}
	}
	return true
}
