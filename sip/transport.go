package sip

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"syscall"
	"time"
)

// A Transport is one address at which the stack listens and from which it sends.
// It has an identity of its own: its name, certificate and outside address. The
// exported fields do not change.
type Transport struct {
	Name    string
	Network string // "udp", "tcp", "tls", "ws" or "wss"

	stack   *Stack
	options ListenOptions
	local   netip.AddrPort
	carrier carrier
	readers sync.WaitGroup
}

// A carrier moves the bytes of a transport. Carriers are datagrams and streams;
// whatever brings messages in frames of its own (WebSocket) is a stream with
// another framer.
type carrier interface {
	// send hands over one message. It does not wait for the peer. If it fails
	// later, lost is called with the reason, from another goroutine; lost may be nil.
	send(b []byte, to Source, serverName string, lost func(error)) error
	reliable() bool
	close() error
}

// ListenOptions are the settings of a transport. All may be zero, except TLS for "tls".
type ListenOptions struct {
	Name string
	// TLS has the certificates to serve and to verify with, for connections that
	// come and those that are made.
	TLS *tls.Config
	// NAT is what peers outside see instead of the local address.
	NAT NAT
	// SentBy, if it is not nil and returns a host, says what to write into Via and
	// Contact for a peer. A zero port is the local one. It comes before NAT and
	// must be quick.
	SentBy func(peer netip.AddrPort) (host string, port int)
	// ForceRport answers all requests at the address from which they came, as if
	// their Via had rport (RFC 3581).
	ForceRport bool
	// ReadBuffer and WriteBuffer are the sizes of the UDP socket's buffers in
	// bytes; 0 is 4 MiB and 1 MiB. The kernel may grant less.
	ReadBuffer, WriteBuffer int
	// KeepAlive is the gap after which an idle connection gets a CRLF CRLF (RFC
	// 5626 §3.5.1); 0 sends none.
	KeepAlive time.Duration
	// TCPKeepAlive is what the system does about idle connections (RFC 1122 §4.2.3.6).
	// Where it is not enabled Go's own keep-alive of two minutes holds.
	TCPKeepAlive net.KeepAliveConfig

	// Strangers bounds connections of peers that nobody has vouched for.
	Strangers Strangers
	// WriteTimeout is how long one write to a connection may take; 0 is Limits.WriteTimeout.
	WriteTimeout time.Duration

	// Control is called with a socket before it is bound, for TOS and the like.
	Control func(network, address string, c syscall.RawConn) error

	// PacketConn, Listener and Dial stand in for the system's sockets.
	PacketConn PacketConn
	Listener   net.Listener
	Dial       func(ctx context.Context, to netip.AddrPort) (net.Conn, error)
}

// NAT is the address of a transport in the world outside.
type NAT struct {
	Host string // address or name; empty: none
	Port int    // 0: the local port
	// Local are the networks for which the local address holds.
	Local []netip.Prefix
}

// A PacketConn is what a UDP transport needs of a socket; *net.UDPConn is one.
type PacketConn interface {
	ReadFromUDPAddrPort(b []byte) (int, netip.AddrPort, error)
	WriteToUDPAddrPort(b []byte, to netip.AddrPort) (int, error)
	LocalAddr() net.Addr
	Close() error
}

// Listen opens a transport: network is "udp", "tcp" or "tls", address host:port
// as for net.Listen; port 0 takes a free one. "ws" and "wss" take the connections of
// ListenOptions.Listener, which are of MessageConn.
func (s *Stack) Listen(network, address string, o ListenOptions) (*Transport, error) {
	t := &Transport{Name: o.Name, Network: network, stack: s, options: o}
	var err error
	switch network {
	case "udp":
		err = t.openDatagrams(address)
	case "tls":
		if o.TLS == nil {
			return nil, fmt.Errorf("listen %s %s: no certificate", network, address)
		}
		err = t.openStreams(address)
	case "tcp":
		err = t.openStreams(address)
	case "ws", "wss":
		if o.Listener == nil {
			return nil, fmt.Errorf("listen %s %s: no listener", network, address)
		}
		err = t.openStreams(address)
	default:
		return nil, fmt.Errorf("listen %s %s: not a transport that this stack has", network, address)
	}
	if err != nil {
		return nil, fmt.Errorf("listen %s %s: %w", network, address, err)
	}
	if !s.add(t) {
		return nil, errors.Join(ErrClosed, t.Close())
	}
	return t, nil
}

// Local returns the address at which the transport listens.
func (t *Transport) Local() netip.AddrPort { return t.local }

// Reliable reports whether the transport repeats lost data itself.
func (t *Transport) Reliable() bool { return t.carrier.reliable() }

// Secure reports whether the transport is TLS.
func (t *Transport) Secure() bool { return t.Network == "tls" || t.Network == "wss" }

// Close closes the socket and its connections and waits for their goroutines.
func (t *Transport) Close() error {
	t.stack.remove(t)
	err := t.carrier.close()
	t.readers.Wait()
	return err
}

// reaches reports whether a peer's address is of a family that the socket has.
func (t *Transport) reaches(peer netip.Addr) bool {
	local := t.local.Addr()
	if local.Is4() {
		return peer.Is4()
	}
	return peer.Is6() || local.IsUnspecified()
}

// Sent returns the host and port that this transport writes into Via and Contact
// for a peer. IPv6 addresses are in brackets.
func (t *Transport) Sent(peer netip.AddrPort) (host string, port int) {
	own := int(t.local.Port())
	if f := t.options.SentBy; f != nil {
		if host, port = f(peer); host != "" {
			if port == 0 {
				port = own
			}
			return host, port
		}
	}
	if nat := &t.options.NAT; nat.Host != "" && !nat.isLocal(peer.Addr()) {
		if nat.Port != 0 {
			own = nat.Port
		}
		return bracketed(nat.Host), own
	}
	return hostText(t.localFor(peer.Addr())), own
}

func (n *NAT) isLocal(a netip.Addr) bool {
	for _, p := range n.Local {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// localFor returns the local address from which a peer is reached.
func (t *Transport) localFor(peer netip.Addr) netip.Addr {
	a := t.local.Addr()
	if !a.IsUnspecified() {
		return a
	}
	return t.stack.routes.local(peer, a)
}

// ContactURI returns the URI at which a peer reaches this transport, with an
// empty user or the one given.
func (t *Transport) ContactURI(user string, peer netip.AddrPort) URI {
	u := URI{Scheme: "sip", User: user}
	u.Host, u.Port = t.Sent(peer)
	switch t.Network {
	case "udp":
	case "tls":
		u.Params = ";transport=tls"
	case "wss":
		u.Params = ";transport=ws"
	default:
		u.Params = ";transport=" + t.Network
		if t.Network == "tcp" && t.stack.config.Alias {
			u.Params = ";transport=TCP"
		}
	}
	return u
}

// KeepAlive sends a peer an empty packet, of a line's end, which keeps the way to it open
// through a NAT (RFC 5626 §4.4.1 has the like for streams). It is for UDP: on streams
// ListenOptions.KeepAlive does it. The error is ErrTransport.
func (t *Transport) KeepAlive(to netip.AddrPort) error {
	if t.Reliable() {
		return fmt.Errorf("%w: a keep-alive by %s", ErrTransport, t.Network)
	}
	if err := t.carrier.send(crlf, Source{Transport: t, Remote: to}, "", nil); err != nil {
		t.stack.metrics.TransportErrors.Add(1)
		return fmt.Errorf("%w: %w", ErrTransport, err)
	}
	return nil
}

// send counts, traces and sends.
func (t *Transport) send(b []byte, to Source, serverName string, lost func(error)) error {
	to.Transport = t
	if t.stack.config.CompactHeaders {
		b = compacted(b)
	}
	t.stack.traced(true, to, b)
	if err := t.carrier.send(b, to, serverName, lost); err != nil {
		t.stack.metrics.TransportErrors.Add(1)
		return fmt.Errorf("%w: %w", ErrTransport, err)
	}
	return nil
}

func addrPort(a net.Addr) netip.AddrPort {
	switch a := a.(type) {
	case *net.UDPAddr:
		return unmap(a.AddrPort())
	case *net.TCPAddr:
		return unmap(a.AddrPort())
	}
	p, _ := netip.ParseAddrPort(a.String())
	return unmap(p)
}

func unmap(a netip.AddrPort) netip.AddrPort { return netip.AddrPortFrom(a.Addr().Unmap(), a.Port()) }

// hostText writes an address as the host of a URI or Via. Its zone means
// something to this machine alone.
func hostText(a netip.Addr) string {
	if a = a.WithZone(""); a.Is6() {
		return "[" + a.String() + "]"
	}
	return a.String()
}

// bracketed puts brackets around an IPv6 address.
func bracketed(host string) string {
	if a, err := netip.ParseAddr(host); err == nil {
		return hostText(a)
	}
	return host
}

// routes remembers for a while which local address leads to which peer.
type routes struct {
	mu    sync.Mutex // a leaf
	known map[netip.Addr]route
}

type route struct {
	local netip.Addr
	until time.Time
}

const (
	routeLife = time.Minute
	maxRoutes = 65536 // beyond that the table is begun anew
)

func (r *routes) local(peer, otherwise netip.Addr) netip.Addr {
	if peer.IsLoopback() {
		return peer
	}
	now := time.Now()
	r.mu.Lock()
	known, ok := r.known[peer]
	r.mu.Unlock()
	if ok && now.Before(known.until) {
		return known.local
	}
	local := LocalFor(peer, otherwise)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.known == nil || len(r.known) >= maxRoutes {
		r.known = map[netip.Addr]route{}
	}
	r.known[peer] = route{local, now.Add(routeLife)}
	return local
}

// LocalFor returns the address of this machine from which a peer is reached, or
// otherwise if there is no route. Nothing is sent.
func LocalFor(peer, otherwise netip.Addr) netip.Addr {
	if peer.IsLoopback() {
		return peer
	}
	c, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(netip.AddrPortFrom(peer, 9)))
	if err != nil {
		return otherwise
	}
	defer c.Close()
	return addrPort(c.LocalAddr()).Addr()
}
