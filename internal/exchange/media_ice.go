package exchange

import (
	"net"
	"net/netip"
	"slices"
	"strings"

	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/phone"
)

// The port of STUN and TURN servers where an address names none (RFC 8489 §8).
const stunPort = "3478"

// readICE reads what rtp.conf says of the way through NAT.
func readICE(r *config.Reader, s *config.SectionReader, f *config.File, named namedACL) (c phone.ICE) {
	c.Disabled = !s.Bool("icesupport", true)
	c.STUN = server(s.String("stunaddr", ""), stunPort)
	c.TURN = server(s.String("turnaddr", ""), s.String("turnport", stunPort))
	c.TURNUser, c.TURNPassword = s.String("turnusername", ""), s.String("turnpassword", "")
	for _, kind := range []string{"ice_", "stun_"} { // they are read in their order
		for _, key := range ruleKeys {
			_ = s.Has(kind + key)
		}
	}
	if rules := addressRules(r, f.Section("general"), "ice_", named); len(rules) > 0 {
		c.Allowed = rules.Allows
	}
	if rules := addressRules(r, f.Section("general"), "stun_", named); len(rules) > 0 {
		c.Asking = rules.Allows
	}
	c.Advertised, c.Both = hostCandidates(r, f.Section("ice_host_candidates"))
	return c
}

// namedACL finds rules of acl.conf; nil knows none.
type namedACL func(name string) (phone.Rules, bool)

// ruleKeys are how the lines end that say of which addresses something holds;
// blacklist is an old word for deny.
var ruleKeys = []string{"permit", "deny", "blacklist", "acl"}

// server is the address of a server with its port; "" stays "".
func server(text, port string) string {
	if text == "" {
		return ""
	}
	if _, _, err := net.SplitHostPort(text); err == nil {
		return text
	}
	return net.JoinHostPort(strings.Trim(text, "[]"), port)
}

// addressRules are the lines of a kind, ice_ or stun_, in their order.
func addressRules(r *config.Reader, s *config.Section, kind string, named namedACL) (rules phone.Rules) {
	if s == nil {
		return nil
	}
	for _, e := range s.Entries {
		key, ok := strings.CutPrefix(strings.ToLower(e.Key), kind)
		if !ok || !slices.Contains(ruleKeys, key) {
			continue
		}
		if key == "acl" {
			rules = append(rules, namedRulesOf(r, e, named)...)
			continue
		}
		more, err := phone.ParseRules(key == "permit", e.Value)
		if err != nil {
			r.Report(config.Error, e, "write an address, or one with a mask", "%s: %v: the line is ignored", e.Key, err)
			continue
		}
		rules = append(rules, more...)
	}
	return rules
}

// namedRulesOf are the rules of the names in an entry. A name that acl.conf does not
// have allows nothing, as elsewhere.
func namedRulesOf(r *config.Reader, e config.Entry, named namedACL) (rules phone.Rules) {
	for name := range strings.SplitSeq(e.Value, ",") {
		name = strings.TrimSpace(name)
		var list phone.Rules
		ok := false
		if named != nil {
			list, ok = named(name)
		}
		if !ok {
			r.Report(config.Error, e, "write the section of acl.conf that is meant", "%s: acl.conf has no %q: no address is allowed", e.Key, name)
			list, _ = phone.ParseRules(false, "0.0.0.0/0,::/0")
		}
		for _, rule := range list {
			rule.List = name
			rules = append(rules, rule)
		}
	}
	return rules
}

// hostCandidates reads [ice_host_candidates]: what to tell in the place of an address
// of this machine, and of which the address itself is told, too.
func hostCandidates(r *config.Reader, s *config.Section) (list map[netip.Addr]netip.Addr, both map[netip.Addr]bool) {
	if s == nil {
		return nil, nil
	}
	list, both = map[netip.Addr]netip.Addr{}, map[netip.Addr]bool{}
	for _, e := range s.Entries {
		value, more, _ := strings.Cut(e.Value, ",")
		from, err := netip.ParseAddr(strings.TrimSpace(e.Key))
		to, err2 := netip.ParseAddr(strings.TrimSpace(value))
		switch {
		case err != nil || err2 != nil:
			r.Report(config.Error, e, "write ADDRESS => ADDRESS", "%s => %s is no pair of addresses: the line is ignored", e.Key, e.Value)
			continue
		case strings.EqualFold(strings.TrimSpace(more), "include_local_address"):
			both[from] = true
		case strings.TrimSpace(more) != "":
			r.Report(config.Warning, e, "write include_local_address, or nothing", "%s is no word for it: only %s is told", strings.TrimSpace(more), to)
		}
		list[from] = to
	}
	return list, both
}
