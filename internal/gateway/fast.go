package gateway

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/octothorpe/octothorpe/agi"
	"github.com/octothorpe/octothorpe/internal/socket"
)

// connectTime is how long all attempts to reach a server may take.
const connectTime = 2 * time.Second

// connect makes the link to the program that a session wants; nil and how it
// failed where there is none.
func (g *Gateway) connect(s *session) (link, status) {
	scheme, rest, found := strings.Cut(s.request, "://")
	switch scheme = strings.ToLower(scheme); {
	case found && (scheme == "agi" || scheme == "hagi" || scheme == "agis"):
		l, err := g.reach(s, scheme, rest)
		if err != nil {
			g.Logger.Warn("the AGI server can't be reached", "channel", s.c.Name(), "program", s.request, "error", err)
			return nil, failure
		}
		return l, success
	case strings.HasPrefix(strings.ToLower(s.request), "agi:async"):
		return g.wait(s), success
	}
	return g.launch(s)
}

// A server is a link to a FastAGI server.
type server struct {
	*stream
	g       *Gateway
	conn    socket.Conn
	scheme  string
	rest    string           // of the address
	step    context.Context  // of the application
	context context.Context  // of connecting
	keep    bool             // the server may give the connection back
	given   bool             // it has
	further *agi.Environment // of a call that is not the first on the connection, until the server has it; see anew
	lost    bool             // and it could not be placed anew

	mu    sync.Mutex    // a leaf: of what wake reads while anew changes it
	woken bool          // since limit
	until time.Duration // of limit
}

// address is where the connection goes: what it may be kept for.
func (l *server) address() string {
	at, _, _ := strings.Cut(l.rest, "/")
	return l.scheme + "://" + at
}

// reach is a link to a server: one that was kept, or a new one.
func (g *Gateway) reach(s *session, scheme, rest string) (*server, error) {
	l := &server{g: g, scheme: scheme, rest: rest, step: s.step, context: s.context(), keep: s.keep}
	if s.keep {
		if l.conn = g.spare.take(l.address()); l.conn != nil {
			l.stream, l.further = newStream(l.conn, l.conn), &agi.Environment{}
			l.limit(0)
			return l, nil
		}
	}
	return l, l.dial()
}

// dial connects to host[:port]/path. hagi:// asks for the servers of a domain, agis:// speaks TLS.
func (l *server) dial() error {
	at, _, _ := strings.Cut(l.rest, "/")
	limit := time.Now().Add(connectTime)
	err := errors.New("no server")
	for _, address := range l.g.places(l.context, l.scheme, at) {
		var c socket.Conn
		if c, err = l.g.connectTo(l.context, l.scheme, address, limit); err == nil {
			l.mu.Lock()
			defer l.mu.Unlock()
			l.conn, l.stream = c, newStream(c, c)
			return nil
		}
	}
	return err
}

// connectTo connects to the first of the addresses of a host that takes it, until limit.
func (g *Gateway) connectTo(ctx context.Context, scheme, address string, limit time.Time) (socket.Conn, error) {
	if to, err := netip.ParseAddrPort(address); err == nil && scheme != "agis" {
		return socket.Dial(ctx, to, limit, &g.ended)
	}
	ctx, cancel := context.WithDeadline(ctx, limit)
	defer cancel()
	if scheme == "agis" {
		return (&tls.Dialer{Config: g.TLS}).DialContext(ctx, "tcp", address)
	}
	host, service, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	port, err := g.Names.LookupPort(ctx, "tcp", service)
	if err != nil {
		return nil, err
	}
	addresses, err := g.Names.LookupNetIP(ctx, "ip", host)
	for i, a := range addresses {
		var c socket.Conn
		share := time.Until(limit) / time.Duration(len(addresses)-i)
		if c, err = socket.Dial(ctx, netip.AddrPortFrom(a, uint16(port)), time.Now().Add(share), &g.ended); err == nil { //nolint:gosec // a port
			return c, nil
		}
	}
	return nil, err
}

// places are the addresses to try, in order.
func (g *Gateway) places(ctx context.Context, scheme, at string) []string {
	u, err := url.Parse("agi://" + at)
	if err != nil {
		return []string{at} // which says what is wrong with it
	}
	host, port := u.Hostname(), u.Port()
	if port == "" {
		port = agi.Port
		if scheme == "hagi" {
			ctx, cancel := context.WithTimeout(ctx, connectTime)
			defer cancel()
			if _, records, err := g.Names.LookupSRV(ctx, "agi", "tcp", host); err == nil {
				var list []string
				for _, r := range records { // sorted by priority, and by weight among equals
					list = append(list, net.JoinHostPort(strings.TrimSuffix(r.Target, "."), strconv.Itoa(int(r.Port))))
				}
				return list
			}
		}
	}
	return []string{net.JoinHostPort(host, port)}
}

// script is the path that the server is asked for.
func (l *server) script() string {
	_, path, _ := strings.Cut(l.rest, "/")
	return path
}

func (l *server) hangup() {
	l.patience()
	_ = l.stream.script.Hangup() // a server that is gone is noticed by reading
}
