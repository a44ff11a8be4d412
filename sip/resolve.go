package sip

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
)

// A target is one address to which a request may go.
type target struct {
	network string
	addr    netip.AddrPort
	name    string // to verify the certificate by
	way     Source // if the program has chosen
}

// networkOf returns what the URI, or else the program, says.
func (h *hop) networkOf() string {
	network := h.uri.Transport()
	if h.uri.Scheme == "sips" {
		if network == "ws" || network == "wss" {
			return "wss"
		}
		return "tls"
	}
	if network == "" {
		return h.network
	}
	return network
}

func (h *hop) host() string {
	if maddr, ok := h.uri.Param("maddr"); ok && maddr != "" {
		return strings.Trim(maddr, "[]")
	}
	return strings.Trim(h.uri.Host, "[]")
}

func defaultPort(network string) uint16 {
	if network == "tls" {
		return 5061
	}
	return 5060
}

// at makes the targets of one address and port; a zero port is the network's own.
// A request that is too large for a datagram tries TCP first.
func (s *Stack) at(h *hop, network string, addr netip.Addr, port uint16) []target {
	list := make([]target, 0, 2)
	add := func(network string) {
		p := port
		if p == 0 {
			p = defaultPort(network)
		}
		if isWebSocket(network) {
			network = s.webSocketTo(netip.AddrPortFrom(addr, p), network)
		}
		list = append(list, target{network: network, addr: netip.AddrPortFrom(addr, p), name: strings.Trim(h.uri.Host, "[]")})
	}
	if network == "" {
		if network = "udp"; h.large && s.config.SwitchToTCP && s.has("tcp") {
			add("tcp")
		}
		if !s.has("udp") { // what there is
			for _, other := range []string{"tcp", "tls"} {
				if s.has(other) {
					network = other
					break
				}
			}
		}
	}
	add(network)
	for i := range list {
		if list[i].network != "tls" {
			list[i].name = ""
		}
	}
	return list
}

// literal returns the targets of a hop that needs no look-up.
func (s *Stack) literal(h hop) ([]target, bool) {
	addr, err := netip.ParseAddr(h.host())
	if err != nil {
		return nil, false
	}
	return s.at(&h, h.networkOf(), addr.Unmap(), uint16(h.uri.Port)), true
}

// maxTargets bounds what a name leads to: each target may cost the time of a
// transaction that nobody answers, and who writes the zone is a stranger.
const maxTargets = 16

// resolve finds the targets of a hop, best first (RFC 3263 §4).
func (s *Stack) resolve(ctx context.Context, h hop) ([]target, error) {
	if list, ok := s.literal(h); ok {
		return list, nil
	}
	host, network := h.host(), h.networkOf()
	if h.uri.Scheme != "sip" && h.uri.Scheme != "sips" {
		return nil, fmt.Errorf("%w: %s URI", ErrUnresolved, h.uri.Scheme)
	}
	if h.uri.Port != 0 { // an address of the very host
		return s.resolveHost(ctx, &h, network, host, uint16(h.uri.Port))
	}
	var list []target
	refused := false
	for _, service := range s.services(ctx, &h, network, host) {
		found, none := s.resolveService(ctx, &h, service)
		list, refused = append(list, found...), refused || none
		if len(list) >= maxTargets {
			break
		}
	}
	switch {
	case len(list) > 0:
		return list[:min(len(list), maxTargets)], nil
	case refused: // not even at an address of the name
		return nil, fmt.Errorf("%w: %s offers no SIP service", ErrUnresolved, host)
	}
	return s.resolveHost(ctx, &h, network, host, 0)
}

// A service is a name with SRV records, for one network.
type service struct{ network, name string }

// services returns the names to ask for SRV records, best first (RFC 3263 §4.1).
// NAPTR records are asked for even where the network is known: their replacement
// may be another name. Where there are none a connection is preferred, as the
// reference does; who has no SRV records either is called as at says.
func (s *Stack) services(ctx context.Context, h *hop, network, host string) []service {
	prefixes := map[string]string{"udp": "_sip._udp.", "tcp": "_sip._tcp.", "tls": "_sips._tcp."}
	if network != "" && prefixes[network] == "" {
		return nil
	}
	var list []service
	if records, err := s.resolver.LookupNAPTR(ctx, host); err == nil {
		slices.SortStableFunc(records, func(a, b NAPTR) int {
			return cmp.Or(cmp.Compare(a.Order, b.Order), cmp.Compare(a.Preference, b.Preference))
		})
		for _, r := range records {
			of := map[string]string{"SIP+D2U": "udp", "SIP+D2T": "tcp", "SIPS+D2T": "tls"}[strings.ToUpper(r.Service)]
			if of != "" && (network == "" || network == of) && strings.EqualFold(r.Flags, "s") && s.has(of) {
				list = append(list, service{of, strings.TrimSuffix(r.Replacement, ".")})
			}
		}
	}
	if len(list) > 0 {
		return list
	}
	if network != "" {
		return []service{{network, prefixes[network] + host}}
	}
	for _, network := range []string{"tcp", "udp", "tls"} {
		if s.has(network) {
			list = append(list, service{network, prefixes[network] + host})
		}
	}
	return list
}

// resolveService returns the addresses behind SRV records, by priority and
// weight (RFC 2782). none tells that the service is decidedly not there.
func (s *Stack) resolveService(ctx context.Context, h *hop, v service) (list []target, none bool) {
	records, err := s.resolver.LookupSRV(ctx, v.name)
	if err != nil {
		return nil, false
	}
	for i, r := range byWeight(records) {
		if r.Target == "." || r.Target == "" {
			none = true
			continue
		}
		if i >= maxTargets || len(list) >= maxTargets { // each record is a question of its own
			break
		}
		found, err := s.resolveHost(ctx, h, v.network, strings.TrimSuffix(r.Target, "."), r.Port)
		if err == nil {
			list = append(list, found...)
		}
	}
	return list, none
}

// byWeight orders SRV records: lower priority first, and among equals at random
// with the chances that their weights give.
func byWeight(records []SRV) []SRV {
	list := slices.Clone(records)
	slices.SortStableFunc(list, func(a, b SRV) int { return cmp.Compare(a.Priority, b.Priority) })
	for i := range list {
		total, end := 0, i
		for end < len(list) && list[end].Priority == list[i].Priority {
			total += int(list[end].Weight)
			end++
		}
		if total == 0 {
			continue
		}
		n := rand.IntN(total + 1)
		for j := i; j < end; j++ {
			if n -= int(list[j].Weight); n <= 0 {
				chosen := list[j]
				copy(list[i+1:j+1], list[i:j])
				list[i] = chosen
				break
			}
		}
	}
	return list
}

func (s *Stack) resolveHost(ctx context.Context, h *hop, network, host string, port uint16) ([]target, error) {
	addrs, err := s.resolver.LookupAddr(ctx, host)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnresolved, err)
	}
	var list []target
	for _, a := range addrs {
		if len(list) >= maxTargets {
			break
		}
		for _, t := range s.at(h, network, a.Unmap(), port) {
			if s.TransportFor(t.network, t.addr.Addr()) != nil {
				list = append(list, t)
			}
		}
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("%w: %s", ErrNoTransport, host)
	}
	if h.through != nil { // addresses of its family first
		slices.SortStableFunc(list, func(a, b target) int {
			return choice(h.through.reaches(b.addr.Addr())) - choice(h.through.reaches(a.addr.Addr()))
		})
	}
	return list[:min(len(list), maxTargets)], nil
}

func choice(yes bool) int {
	if yes {
		return 1
	}
	return 0
}
