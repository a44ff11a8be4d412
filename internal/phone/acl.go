package phone

import (
	"fmt"
	"net/netip"
	"strings"
)

// An ACL is pjsip.conf's type=acl.
type ACL struct {
	Name           string
	Rules, Contact Rules
}

// Rules are permit= and deny= lines in their order: the last that matches
// decides, and without a match everybody may. Those of several lists of acl.conf
// are asked each for itself, and all must allow.
type Rules []Rule

// A Rule is one permit= or deny= line.
type Rule struct {
	Permit bool
	Prefix netip.Prefix
	Not    bool   // !address: everything but
	List   string // of acl.conf; empty is the section's own
}

// Allows reports whether an address may.
func (r Rules) Allows(a netip.Addr) bool {
	a = a.Unmap()
	allowed := true
	for i, rule := range r {
		if i > 0 && rule.List != r[i-1].List {
			if !allowed {
				return false
			}
			allowed = true
		}
		if rule.Prefix.Contains(a) != rule.Not {
			allowed = rule.Permit
		}
	}
	return allowed
}

// ParseRules reads what permit= and deny= take: addresses, address/bits or
// address/mask, several with commas, each with an optional ! before it.
func ParseRules(permit bool, value string) (Rules, error) {
	var list Rules
	for word := range strings.SplitSeq(value, ",") {
		word = strings.TrimSpace(word)
		if word == "" {
			continue
		}
		bare, not := strings.CutPrefix(word, "!")
		p, err := ParsePrefix(bare)
		if err != nil {
			return nil, err
		}
		list = append(list, Rule{Permit: permit, Prefix: p, Not: not})
	}
	return list, nil
}

// ParsePrefix reads an address, address/bits or address/mask.
func ParsePrefix(text string) (netip.Prefix, error) {
	address, mask, masked := strings.Cut(strings.TrimSpace(text), "/")
	a, err := netip.ParseAddr(strings.Trim(address, "[]"))
	if err != nil {
		return netip.Prefix{}, fmt.Errorf("%q is not an address", text)
	}
	if !masked {
		return netip.PrefixFrom(a, a.BitLen()), nil
	}
	if m, err := netip.ParseAddr(mask); err == nil {
		bits, ok := maskBits(m)
		if !ok || m.Is4() != a.Is4() {
			return netip.Prefix{}, fmt.Errorf("%q has no proper mask", text)
		}
		return a.Prefix(bits)
	}
	p, err := netip.ParsePrefix(a.String() + "/" + mask)
	if err != nil {
		return netip.Prefix{}, fmt.Errorf("%q has no proper mask", text)
	}
	return p.Masked(), nil
}

func maskBits(m netip.Addr) (int, bool) {
	bits, ended := 0, false
	for _, b := range m.AsSlice() {
		for i := 7; i >= 0; i-- {
			one := b>>i&1 == 1
			if one && ended {
				return 0, false
			}
			if one {
				bits++
			} else {
				ended = true
			}
		}
	}
	return bits, true
}

// denyAll lets nobody in.
var denyAll = Rules{{Prefix: netip.MustParsePrefix("0.0.0.0/0")}, {Prefix: netip.MustParsePrefix("::/0")}}
