package rtp

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"sync"
	"time"
)

// ErrNoPort is the cause when all ports of the range are in use.
var ErrNoPort = errors.New("no free rtp port")

// Ports hands out pairs of UDP ports from a range: an even one for RTP and the
// next for RTCP (RFC 3550 §11). Each local address has its own. The port that
// rested longest goes first, so that late packets of an old call find nobody,
// and a nearly full range costs no more than an empty one. Before all others go
// pairs that are still bound: docs/decisions/020-sockets-rest-between-calls.md.
type Ports struct {
	low, high int
	mu        sync.Mutex // a leaf, over what follows
	free      map[netip.Addr]*ring
	used      int // pairs that sessions have
	rest      rest
	timer     *time.Timer // that sweeps
	pollers   pollers
}

// ring is a queue of even ports.
type ring struct {
	ports       []uint16
	head, count int
}

func (r *ring) take() (port uint16, ok bool) {
	if r.count == 0 {
		return 0, false
	}
	port = r.ports[r.head]
	r.head, r.count = (r.head+1)%len(r.ports), r.count-1
	return port, true
}

func (r *ring) put(port uint16) {
	r.ports[(r.head+r.count)%len(r.ports)] = port
	r.count++
}

// portTries bounds how many ports that other programs hold are tried for one session.
const portTries = 64

// NewPorts returns the ports from low to high (rtpstart and rtpend of
// rtp.conf), both included: the RTCP port of the last may lie one beyond, as in
// Asterisk. The range must hold an even port and its next.
func NewPorts(low, high int) (*Ports, error) {
	low += low & 1
	if low < 1024 || high > 65535 || high <= low {
		return nil, fmt.Errorf("rtp port range %d-%d: want two ports or more within 1024-65535", low, high)
	}
	return &Ports{low: low, high: high, free: make(map[netip.Addr]*ring)}, nil
}

// Range returns the first and the last port.
func (p *Ports) Range() (low, high int) { return p.low, p.high }

// Free returns how many pairs are not in use on a local address.
func (p *Ports) Free(local netip.Addr) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.of(local).count + p.rest.count(local)
}

// of returns the ring of an address, made when first wanted, in random order.
func (p *Ports) of(local netip.Addr) *ring {
	r := p.free[local]
	if r == nil {
		n := (p.high-p.low)/2 + 1
		r = &ring{ports: make([]uint16, n), count: n}
		for i, k := range rand.Perm(n - 1) {
			r.ports[i] = uint16(p.low + 2*k)
		}
		r.ports[n-1] = uint16(p.low + 2*(n-1)) // comes last: its RTCP port may lie beyond the range
		p.free[local] = r
	}
	return r
}

// take returns a pair that is still bound or, with ok, the port of one to bind.
func (p *Ports) take(local netip.Addr) (bound *pair, port uint16, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	free := p.of(local)
	if bound = p.rest.take(local, free.count == 0, now()); bound != nil {
		p.used++
		return bound, bound.port, true
	}
	if port, ok = free.take(); ok {
		p.used++
	}
	return nil, port, ok
}

func (p *Ports) put(local netip.Addr, port uint16) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.of(local).put(port)
	p.left(false)
}

// giveBack takes the pair of a session that has ended. It stays bound for a while if it can.
func (p *Ports) giveBack(local netip.Addr, port uint16, rtp, rtcp socket) {
	b := &pair{port: port, sockets: stillBound(rtp, rtcp)}
	if !p.keep(local, b) {
		b.close()
		p.put(local, port)
	}
}

func (p *Ports) keep(local netip.Addr, b *pair) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.rest.put(local, b) {
		return false
	}
	p.left(p.rest.all == 1)
	return true
}

// left counts a pair that a session no longer has, and sees to it that those that rest are
// swept; p.mu is held. first says that no other rests.
func (p *Ports) left(first bool) {
	p.used--
	switch {
	case p.rest.all == 0 || p.used > 0 && !first:
	case p.timer == nil:
		p.timer = time.AfterFunc(p.most(), p.sweep)
	default:
		p.timer.Reset(p.most())
	}
}

// most is how long pairs may rest; p.mu is held.
func (p *Ports) most() time.Duration {
	if p.used == 0 {
		return restIdle
	}
	return restMost
}

// sweep closes the pairs that nobody took in time, and all where there is no call.
func (p *Ports) sweep() {
	p.mu.Lock()
	then := now()
	if p.used > 0 {
		then -= int64(restMost)
	}
	over := p.rest.over(then)
	if p.rest.all > 0 {
		p.timer.Reset(restMost / 2)
	}
	p.mu.Unlock()
	for local, pairs := range over {
		for _, b := range pairs {
			b.close()
		}
		p.mu.Lock()
		for _, b := range pairs {
			p.of(local).put(b.port)
		}
		p.mu.Unlock()
	}
}

// listen binds a pair, or takes one that is still bound. The caller gives it back once
// nobody uses the sockets.
func (p *Ports) listen(local netip.Addr) (rtp, rtcp socket, port uint16, err error) {
	for range portTries {
		bound, port, ok := p.take(local)
		if !ok {
			return nil, nil, 0, ErrNoPort
		}
		if bound != nil {
			rtp, rtcp = bound.wake()
			return rtp, rtcp, port, nil
		}
		if rtp, rtcp, err = p.pair(local, port); err == nil {
			return rtp, rtcp, port, nil
		}
		p.put(local, port)
	}
	return nil, nil, 0, fmt.Errorf("bind rtp port on %s: %w", local, err)
}

// pair binds the two sockets of a pair.
func (p *Ports) pair(local netip.Addr, port uint16) (rtp, rtcp socket, err error) {
	if rtp, err = p.pollers.listen(local, port); err != nil {
		return nil, nil, err
	}
	if rtcp, err = p.pollers.listen(local, port+1); err != nil {
		rtp.close()
		return nil, nil, err
	}
	return rtp, rtcp, nil
}
