package phone

import (
	"context"
	"fmt"
	"math"
	"net/netip"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/sip"
)

// extern is what [general] of sip.conf says of the address that the world outside
// sees: externaddr, or externhost, whose address is asked for again and again. It
// counts for peers that are in no localnet, and for nobody where there is none.
type extern struct {
	Addr    netip.Addr // of externaddr; invalid without
	Port    int        // of externaddr or externhost, 0 is that of the transport
	Host    string     // externhost
	Refresh time.Duration
	TCP     int  // externtcpport
	TLS     int  // externtlsport
	Locally bool // matchexternaddrlocally: only what is sent from a localnet
}

// sipExternOptions are those options.
func sipExternOptions() []sipOption {
	type g = sipGeneral
	port := func(at func(*extern) *int) func(*sipDraft, string) error {
		return func(v *sipDraft, s string) (err error) {
			*at(&v.general.Extern), err = parseInt(s, math.MaxUint16)
			return err
		}
	}
	address := func(v *sipDraft, s string) error { return v.general.Extern.setAddress(s) }
	return []sipOption{
		setter("externaddr", address), setter("externip", address),
		setter("externhost", func(v *sipDraft, s string) error { v.general.Extern.setHost(s); return nil }),
		generalSeconds("externrefresh", func(v *g) *time.Duration { return &v.Extern.Refresh }),
		setter("externtcpport", port(func(x *extern) *int { return &x.TCP })),
		setter("externtlsport", port(func(x *extern) *int { return &x.TLS })),
		generalBool("matchexternaddrlocally", func(v *g) *bool { return &v.Extern.Locally }),
	}
}

// setAddress reads address[:port].
func (x *extern) setAddress(text string) error {
	if a, err := netip.ParseAddrPort(text); err == nil {
		x.Addr, x.Port = a.Addr().Unmap(), int(a.Port())
		return nil
	}
	a, err := netip.ParseAddr(strings.Trim(text, "[]"))
	if err != nil {
		return fmt.Errorf("%q is no address; a name is for externhost", text)
	}
	x.Addr, x.Port = a.Unmap(), 0
	return nil
}

// setHost reads name[:port].
func (x *extern) setHost(text string) {
	x.Host = text
	if name, port, ok := strings.Cut(text, ":"); ok {
		if n, err := parseInt(port, math.MaxUint16); err == nil {
			x.Host, x.Port = name, n
		}
	}
}

// lookUpExtern asks for the address of externhost. While that has none the one before holds.
func (d *Driver) lookUpExtern(ctx context.Context, m *Model, old *resolved) netip.Addr {
	host := m.Global.General.Extern.Host
	if host == "" {
		return netip.Addr{}
	}
	if list := d.addresses(ctx, host, false); len(list) > 0 {
		return list[0].Addr()
	}
	if old != nil {
		return old.extern
	}
	return netip.Addr{}
}

// outside returns the address that a peer sees of us, invalid where it is our own.
func (d *Driver) outside(m *Model, t *Transport, own, peer netip.Addr) netip.Addr {
	x := &m.Global.General.Extern
	if len(t.LocalNets) == 0 || localNet(t, peer) || x.Locally && !localNet(t, own) {
		return netip.Addr{}
	}
	if r := d.resolved.Load(); r != nil && x.Host != "" && r.extern.IsValid() {
		return r.extern
	}
	return x.Addr
}

// sentBy is what a transport of sip.conf writes into Via and Contact for a peer.
func (d *Driver) sentBy(t *Transport, peer netip.AddrPort) (host string, port int) {
	m := d.Model()
	own := t.Bind.Addr()
	if own.IsUnspecified() {
		own = sip.LocalFor(peer.Addr(), own)
	}
	a := d.outside(m, t, own, peer.Addr())
	if !a.IsValid() {
		return "", 0
	}
	x := &m.Global.General.Extern
	port = x.Port
	switch {
	case t.Protocol == "tcp" && x.TCP != 0:
		port = x.TCP
	case t.Protocol == "tls" && x.TLS != 0:
		port = x.TLS
	}
	return choose(a.Is6(), "["+a.String()+"]", a.String()), port
}

// advertisedBySIP is the address at which a peer of sip.conf finds our media, invalid
// where that is our own: media_address, whoever it is, or what the world outside sees.
func (s *session) advertisedBySIP(t *Transport, way sip.Source) netip.Addr {
	if a, err := netip.ParseAddr(t.ExternalMedia); err == nil {
		return a
	}
	return s.driver.outside(s.model, t, ownFor(way), way.Remote.Addr())
}

// originBySIP has the o= line of a description tell the address of our signalling, where
// media_address is another.
func (s *session) originBySIP(next *description, way sip.Source) {
	t := s.model.Transport(way.Transport.Name)
	if t == nil || t.ExternalMedia == "" {
		return
	}
	own := ownFor(way)
	if a := s.driver.outside(s.model, t, own, way.Remote.Addr()); a.IsValid() {
		own = a
	}
	next.common.address, next.address = next.address, own
}

// ownFor is the address from which we send on a way.
func ownFor(way sip.Source) netip.Addr {
	own := way.Transport.Local().Addr()
	if own.IsUnspecified() {
		own = sip.LocalFor(way.Remote.Addr(), own)
	}
	return own
}

// networkSettings are the lines of `sip show settings`.
func networkSettings(m *Model, names *resolved) []field {
	t, x := m.Transports[0], &m.Global.General.Extern
	known, by := x.Addr, "externaddr"
	if x.Host != "" && names != nil && names.extern.IsValid() {
		known, by = names.extern, "externhost"
	}
	remap, addr := "Disabled, no localnet list", "(null)"
	if len(t.LocalNets) > 0 {
		remap = choose(known.IsValid(), "Enabled using "+by, "Disabled")
	}
	if known.IsValid() {
		addr = netip.AddrPortFrom(known, uint16(x.Port)).String()
	}
	list := []field{{"SIP address remapping:", remap}, {"Externhost:", orText(x.Host, "<none>")}, {"Externaddr:", addr},
		{"Externrefresh:", fmt.Sprint(int(x.Refresh / time.Second))}}
	for i, n := range t.LocalNets {
		list = append(list, field{choose(i == 0, "Localnet:", ""), n.Addr().String() + "/" + maskOf(n)})
	}
	return list
}

// maskOf writes the length of a prefix as a mask.
func maskOf(n netip.Prefix) string {
	b := make([]byte, n.Addr().BitLen()/8)
	for i := range n.Bits() {
		b[i/8] |= 0x80 >> (i % 8)
	}
	a, _ := netip.AddrFromSlice(b)
	return a.String()
}
