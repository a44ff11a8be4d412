package phone

import (
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// An Identify says which requests come from an endpoint: by source address, by
// a header, or by the request URI.
type Identify struct {
	Name, Endpoint string
	Matches        []netip.Prefix
	Places         []Place  // matches that name a port, too
	Names          []string // hosts of match= that must be asked from DNS
	Headers        []HeaderMatch
	RequestURIs    []HeaderMatch // Name is empty
	SRVLookups     bool

	written []matchText // all of match=, in the order of the file
}

// A matchText is a match as the tables show it: with a mask among the options, with
// the number of its bits beside the name.
type matchText struct{ masked, bits string }

// A Place is a match of addresses and one port.
type Place struct {
	Prefix netip.Prefix
	Port   uint16
}

// parsePlace reads address:port or address:port/mask.
func parsePlace(text string) (Place, bool) {
	where, mask, masked := strings.Cut(strings.TrimSpace(text), "/")
	a, err := netip.ParseAddrPort(where)
	if err != nil {
		return Place{}, false
	}
	rest := a.Addr().String()
	if masked {
		rest += "/" + mask
	}
	p, err := ParsePrefix(rest)
	return Place{Prefix: p, Port: a.Port()}, err == nil
}

// String is the match as the console shows it.
func (p Place) String() string {
	return netip.AddrPortFrom(p.Prefix.Addr(), p.Port).String() + "/" + strconv.Itoa(p.Prefix.Bits())
}

// masked is the match as it stands among the options.
func (p Place) masked() string {
	_, mask, _ := strings.Cut(withMask(p.Prefix), "/")
	return netip.AddrPortFrom(p.Prefix.Addr(), p.Port).String() + "/" + mask
}

// at reports whether a request comes from a place of the identify.
func (i *Identify) at(a netip.AddrPort) bool {
	return slices.ContainsFunc(i.Places, func(p Place) bool { return p.Port == a.Port() && p.Prefix.Contains(a.Addr().Unmap()) })
}

// A HeaderMatch is a match_header or match_request_uri.
type HeaderMatch struct {
	Name, Value string
	Pattern     *regexp.Regexp // of a value between slashes, else nil
}

// Matches reports whether a header's value is the one that was asked for.
func (h HeaderMatch) Matches(value string) bool {
	if h.Pattern != nil {
		return h.Pattern.MatchString(value)
	}
	return value == h.Value
}

// addressTable finds the identify of an address: the longest prefix wins.
type addressTable struct {
	lengths []int // the prefix lengths that occur, the longest first
	entries map[netip.Prefix]*Identify
}

func (t *addressTable) add(p netip.Prefix, i *Identify) {
	if t.entries == nil {
		t.entries = map[netip.Prefix]*Identify{}
	}
	p = p.Masked()
	if t.entries[p] != nil {
		return
	}
	t.entries[p] = i
	for at, known := range t.lengths {
		if known == p.Bits() {
			return
		}
		if known < p.Bits() {
			t.lengths = append(t.lengths[:at], append([]int{p.Bits()}, t.lengths[at:]...)...)
			return
		}
	}
	t.lengths = append(t.lengths, p.Bits())
}

func (t *addressTable) find(a netip.Addr) *Identify {
	a = a.Unmap()
	for _, bits := range t.lengths {
		if p, err := a.Prefix(bits); err == nil {
			if i := t.entries[p]; i != nil {
				return i
			}
		}
	}
	return nil
}
