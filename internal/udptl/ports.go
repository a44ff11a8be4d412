package udptl

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
)

// ErrNoPort is the cause when all ports of the range are in use.
var ErrNoPort = errors.New("no free udptl port")

// Ports hands out UDP ports from a range (udptlstart and udptlend of udptl.conf).
type Ports struct {
	low, high, step int
	mu              sync.Mutex // a leaf
	used            map[netip.AddrPort]bool
}

// NewPorts returns the ports from low to high, both included; even ones only with even.
func NewPorts(low, high int, even bool) (*Ports, error) {
	p := &Ports{low: low, high: high, step: 1, used: map[netip.AddrPort]bool{}}
	if even {
		p.low, p.step = low+low&1, 2
	}
	if p.low < 1024 || high > 65535 || high < p.low {
		return nil, fmt.Errorf("udptl port range %d-%d: want a port or more within 1024-65535", low, high)
	}
	return p, nil
}

// Range returns the first and the last port.
func (p *Ports) Range() (low, high int) { return p.low, p.high }

// listen binds a port. The caller gives it back with put once it is closed.
func (p *Ports) listen(local netip.Addr) (*net.UDPConn, uint16, error) {
	n := (p.high-p.low)/p.step + 1
	first := rand.IntN(n)
	err := ErrNoPort
	for i := range n {
		at := netip.AddrPortFrom(local, uint16(p.low+(first+i)%n*p.step))
		if !p.take(at) {
			continue
		}
		conn, failed := net.ListenUDP("udp", net.UDPAddrFromAddrPort(at))
		if failed == nil {
			return conn, at.Port(), nil
		}
		p.put(local, at.Port())
		err = fmt.Errorf("bind udptl port on %s: %w", local, failed)
	}
	return nil, 0, err
}

func (p *Ports) take(at netip.AddrPort) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.used[at] {
		return false
	}
	p.used[at] = true
	return true
}

func (p *Ports) put(local netip.Addr, port uint16) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.used, netip.AddrPortFrom(local, port))
}
