package exchange

import (
	"net"
	"net/netip"
	"strings"

	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/phone"
)

// The port of STUN and TURN servers where an address names none (RFC 8489 §8).
const stunPort = "3478"

// readICE reads what rtp.conf says of the way through NAT.
func readICE(r *config.Reader, s *config.SectionReader, f *config.File) (c phone.ICE) {
	c.Disabled = !s.Bool("icesupport", true)
	c.STUN = server(s.String("stunaddr", ""), stunPort)
	c.TURN = server(s.String("turnaddr", ""), s.String("turnport", stunPort))
	c.TURNUser, c.TURNPassword = s.String("turnusername", ""), s.String("turnpassword", "")
	_, _ = s.Has("ice_deny"), s.Has("ice_permit") // they are read in their order
	if rules := iceRules(r, f.Section("general")); len(rules) > 0 {
		c.Allowed = rules.Allows
	}
	c.Advertised = hostCandidates(r, f.Section("ice_host_candidates"))
	return c
}

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

// iceRules are the ice_deny and ice_permit lines in their order.
func iceRules(r *config.Reader, s *config.Section) (rules phone.Rules) {
	if s == nil {
		return nil
	}
	for _, e := range s.Entries {
		permit := strings.EqualFold(e.Key, "ice_permit")
		if !permit && !strings.EqualFold(e.Key, "ice_deny") {
			continue
		}
		more, err := phone.ParseRules(permit, e.Value)
		if err != nil {
			r.Report(config.Error, e, "write an address, or one with a mask", "%s: %v: the line is ignored", e.Key, err)
			continue
		}
		rules = append(rules, more...)
	}
	return rules
}

// hostCandidates reads [ice_host_candidates]: what to tell in the place of an address
// of this machine. That the address itself be told, too, is left out.
func hostCandidates(r *config.Reader, s *config.Section) map[netip.Addr]netip.Addr {
	if s == nil {
		return nil
	}
	list := map[netip.Addr]netip.Addr{}
	for _, e := range s.Entries {
		value, more, _ := strings.Cut(e.Value, ",")
		from, err := netip.ParseAddr(strings.TrimSpace(e.Key))
		to, err2 := netip.ParseAddr(strings.TrimSpace(value))
		switch {
		case err != nil || err2 != nil:
			r.Report(config.Error, e, "write ADDRESS => ADDRESS", "%s => %s is no pair of addresses: the line is ignored", e.Key, e.Value)
			continue
		case strings.TrimSpace(more) != "":
			r.Report(config.Warning, e, "leave it out", "%s is known, but not honoured yet: only %s is told", strings.TrimSpace(more), to)
		}
		list[from] = to
	}
	return list
}
