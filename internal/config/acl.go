package config

import (
	"fmt"
	"io"
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// An ACL says from where a client may come: the permit, deny and acl lines of a
// section. The zero value lets everybody in.
type ACL struct {
	Rules  []Rule
	Named  []NamedACL // sections of acl.conf, each of which must let the client in, too
	Closed bool       // a rule can't be read, or is missing: nobody is let in
}

// Rule is a permit or deny line; the last that matches decides.
type Rule struct {
	Permit bool
	Net    netip.Prefix
}

// NamedACL is a section of acl.conf.
type NamedACL struct {
	Name  string
	Rules []Rule
}

// Allows reports whether a client from addr may come in.
func (a *ACL) Allows(addr netip.Addr) bool {
	if a.Closed || !allowed(a.Rules, addr.Unmap()) {
		return false
	}
	for _, named := range a.Named {
		if !allowed(named.Rules, addr.Unmap()) {
			return false
		}
	}
	return true
}

// Empty reports whether no line was given.
func (a *ACL) Empty() bool { return !a.Closed && len(a.Rules)+len(a.Named) == 0 }

func allowed(rules []Rule, addr netip.Addr) bool {
	ok := true
	for _, r := range rules {
		if r.Net.Contains(addr) {
			ok = r.Permit
		}
	}
	return ok
}

// IsACL reports whether a key is one of those that Add reads.
func IsACL(key string) bool {
	switch strings.ToLower(key) {
	case "permit", "deny", "acl":
		return true
	}
	return false
}

// Add reads a permit, deny or acl line. file is acl.conf, which may be nil. What can't
// be read, or is not there, closes the ACL, and say is told; whom that keeps out
// stands in closed: "nobody can log in as boss".
func (a *ACL) Add(e Entry, file *File, closed string, say func(s Severity, e Entry, hint, format string, args ...any)) {
	if !strings.EqualFold(e.Key, "acl") {
		a.Rules = append(a.Rules, a.rules(e, closed, say)...)
		return
	}
	for name := range strings.SplitSeq(e.Value, ",") {
		name = strings.TrimSpace(name)
		s := file.Section(name)
		if s == nil {
			say(Error, e, "define it in acl.conf", "there is no ACL %s: %s", name, closed)
			a.Closed = true
			continue
		}
		named := NamedACL{Name: name}
		for _, line := range s.Lines() {
			if strings.EqualFold(line.Key, "permit") || strings.EqualFold(line.Key, "deny") {
				named.Rules = append(named.Rules, a.rules(line, closed, say)...)
			}
		}
		a.Named = append(a.Named, named)
	}
}

func (a *ACL) rules(e Entry, closed string, say func(s Severity, e Entry, hint, format string, args ...any)) (rules []Rule) {
	for text := range strings.SplitSeq(e.Value, ",") {
		text, negated := strings.CutPrefix(strings.TrimSpace(text), "!")
		p, err := ParseNet(text)
		if err != nil {
			say(Error, e, "write address/mask or address/bits", "%s = %s: %v: %s", e.Key, text, err, closed)
			a.Closed = true
			continue
		}
		rules = append(rules, Rule{Permit: strings.EqualFold(e.Key, "permit") != negated, Net: p})
	}
	return rules
}

// Print writes the rules as the console shows them, the numbers right in a column.
func (a *ACL) Print(out io.Writer, column int) {
	show := func(name string, rules []Rule) {
		fmt.Fprintf(out, "%*sACL: %s\n---------------------------------------------\n", max(0, column-3), "", name)
		for i, r := range rules {
			sense := " deny"
			if r.Permit {
				sense = "allow"
			}
			fmt.Fprintf(out, "%*d: %s - %s/%s\n", column, i, sense, r.Net.Addr(), mask(r.Net))
		}
	}
	if len(a.Rules) > 0 {
		show("(unnamed)", a.Rules)
	}
	for _, named := range a.Named {
		show(named.Name, named.Rules)
	}
}

func mask(p netip.Prefix) string {
	return net.IP(net.CIDRMask(p.Bits(), p.Addr().BitLen())).String()
}

// ParseNet reads an address, address/bits or address/mask.
func ParseNet(text string) (netip.Prefix, error) {
	address, mask, ok := strings.Cut(strings.TrimSpace(text), "/")
	a, err := netip.ParseAddr(address)
	if err != nil {
		return netip.Prefix{}, err
	}
	if !ok {
		return netip.PrefixFrom(a, a.BitLen()), nil
	}
	if bits, err := strconv.Atoi(mask); err == nil {
		return a.Prefix(bits)
	}
	m, err := netip.ParseAddr(mask)
	if err != nil || m.BitLen() != a.BitLen() {
		return netip.Prefix{}, fmt.Errorf("%q is no mask", mask)
	}
	ones, size := net.IPMask(m.AsSlice()).Size()
	if size == 0 {
		return netip.Prefix{}, fmt.Errorf("mask %s has holes", mask)
	}
	return a.Prefix(ones)
}
