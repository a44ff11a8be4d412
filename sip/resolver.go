package sip

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"time"
)

// A Resolver looks names up for RFC 3263. Its methods are called from many
// goroutines and return when the context ends. A name without records of the kind
// is an error or an empty list.
type Resolver interface {
	LookupNAPTR(ctx context.Context, domain string) ([]NAPTR, error)
	LookupSRV(ctx context.Context, name string) ([]SRV, error)
	LookupAddr(ctx context.Context, host string) ([]netip.Addr, error)
}

// A NAPTR record (RFC 3403 §4.1).
type NAPTR struct {
	Order, Preference           uint16
	Flags, Service, Replacement string
	Regexp                      string // delimiter, expression, delimiter, replacement, delimiter, flags; of ENUM (RFC 6116)
}

// An SRV record (RFC 2782).
type SRV struct {
	Target                 string
	Port, Priority, Weight uint16
}

// ResolverConfig is what a resolver needs. All may be zero.
type ResolverConfig struct {
	// Servers are asked instead of those of /etc/resolv.conf, in order, a further
	// one when one does not answer.
	Servers []netip.AddrPort
	// Timeout bounds one query to one server. 2 s.
	Timeout time.Duration
	// Life is how long an answer is remembered, Negative an answer that there is
	// nothing. AnswerLife and 10 s.
	Life, Negative time.Duration
}

// AnswerLife is how long an answer of a name server is remembered unless
// ResolverConfig says otherwise.
const AnswerLife = time.Minute

// NewResolver returns a resolver that asks name servers, and /etc/hosts for
// addresses, and remembers up to 4,096 answers for a while. One question is asked
// once, however many wait for it.
func NewResolver(g ResolverConfig) Resolver {
	if g.Timeout <= 0 {
		g.Timeout = 2 * time.Second
	}
	if g.Life <= 0 {
		g.Life = AnswerLife
	}
	if g.Negative <= 0 {
		g.Negative = 10 * time.Second
	}
	r := &systemResolver{config: g, known: map[string]*answer{}}
	for _, server := range g.Servers {
		r.nets = append(r.nets, &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
			d := net.Dialer{Timeout: g.Timeout}
			c, err := d.DialContext(ctx, network, server.String())
			if u, ok := c.(*net.UDPConn); ok {
				return hastyConn{u, g.Timeout}, err
			}
			return c, err
		}})
	}
	return r
}

// A hastyConn waits no longer than a time for what it reads, even when its
// caller, whom nobody waits for any more, would.
type hastyConn struct {
	*net.UDPConn
	timeout time.Duration
}

// SetDeadline sets the deadline, or an earlier one.
func (c hastyConn) SetDeadline(at time.Time) error {
	if most := time.Now().Add(c.timeout); at.IsZero() || at.After(most) {
		at = most
	}
	return c.UDPConn.SetDeadline(at)
}

type systemResolver struct {
	config ResolverConfig
	nets   []*net.Resolver // one for each of config.Servers

	mu    sync.Mutex // a leaf
	known map[string]*answer
}

const maxAnswers = 4096 // beyond that the table is begun anew

// An answer is written before done is closed.
type answer struct {
	done  chan struct{}
	until time.Time
	naptr []NAPTR
	srv   []SRV
	addr  []netip.Addr
	err   error
}

// ask returns the answer to a question: what is known, what another is asking, or
// what find finds.
func (r *systemResolver) ask(ctx context.Context, question string, find func(*answer)) (*answer, error) {
	for {
		r.mu.Lock()
		a := r.known[question]
		if a != nil {
			select {
			case <-a.done:
				if time.Now().After(a.until) {
					a = nil
				}
			default:
			}
		}
		if a == nil {
			if len(r.known) >= maxAnswers {
				r.known = map[string]*answer{}
			}
			a = &answer{done: make(chan struct{})}
			r.known[question] = a
			r.mu.Unlock()
			r.find(ctx, a, find)
			return a, a.err
		}
		r.mu.Unlock()
		select {
		case <-a.done:
			if errors.Is(a.err, context.Canceled) && ctx.Err() == nil {
				continue // who asked went away
			}
			return a, a.err
		case <-ctx.Done():
			return a, ctx.Err()
		}
	}
}

// errGivenUp is what who waits for an answer is told whose look-up panicked.
var errGivenUp = errors.New("the look-up was given up")

// find has an answer found, and nobody wait for it in vain if that panics.
func (r *systemResolver) find(ctx context.Context, a *answer, find func(*answer)) {
	life := time.Duration(-1)
	a.err = errGivenUp
	defer func() {
		a.until = time.Now().Add(life)
		close(a.done)
	}()
	answered := answer{}
	find(&answered)
	a.naptr, a.srv, a.addr, a.err = answered.naptr, answered.srv, answered.addr, answered.err
	switch {
	case ctx.Err() != nil:
	case a.err != nil:
		life = r.config.Negative
	default:
		life = r.config.Life
	}
}

// each asks the servers in turn, until one knows or knows that there is nothing.
func (r *systemResolver) each(ctx context.Context, question func(context.Context, *net.Resolver) error) error {
	if len(r.nets) == 0 {
		return question(ctx, net.DefaultResolver)
	}
	var err error
	for _, server := range r.nets {
		part, cancel := context.WithTimeout(ctx, r.config.Timeout)
		err = question(part, server)
		cancel()
		var gone *net.DNSError
		if err == nil || ctx.Err() != nil || errors.As(err, &gone) && gone.IsNotFound {
			break
		}
	}
	return err
}

// A Forgetful resolver can be asked how many answers it remembers, and to forget those
// about names that which chooses. What is being asked is remembered. The resolvers of
// NewResolver are.
type Forgetful interface {
	Remembered() int
	Forget(which func(name string) bool) (forgotten int)
}

func (r *systemResolver) Remembered() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := 0
	for _, a := range r.known {
		if a.valid() {
			n++
		}
	}
	return n
}

func (r *systemResolver) Forget(which func(name string) bool) (forgotten int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for question, a := range r.known {
		_, name, _ := strings.Cut(question, " ")
		if a.valid() && which(name) {
			delete(r.known, question)
			forgotten++
		}
	}
	return forgotten
}

// valid reports whether the answer is there and not too old.
func (a *answer) valid() bool {
	select {
	case <-a.done:
		return !time.Now().After(a.until)
	default:
		return false
	}
}

func (r *systemResolver) LookupAddr(ctx context.Context, host string) ([]netip.Addr, error) {
	a, err := r.ask(ctx, "A "+strings.ToLower(host), func(a *answer) {
		a.err = r.each(ctx, func(ctx context.Context, n *net.Resolver) (err error) {
			a.addr, err = n.LookupNetIP(ctx, "ip", host)
			return err
		})
	})
	if err != nil {
		return nil, err
	}
	return a.addr, nil
}

func (r *systemResolver) LookupSRV(ctx context.Context, name string) ([]SRV, error) {
	a, err := r.ask(ctx, "SRV "+strings.ToLower(name), func(a *answer) {
		var list []*net.SRV
		a.err = r.each(ctx, func(ctx context.Context, n *net.Resolver) (err error) {
			_, list, err = n.LookupSRV(ctx, "", "", name)
			return err
		})
		for _, v := range list {
			a.srv = append(a.srv, SRV{v.Target, v.Port, v.Priority, v.Weight})
		}
	})
	if err != nil {
		return nil, err
	}
	return a.srv, nil
}

func (r *systemResolver) LookupNAPTR(ctx context.Context, domain string) ([]NAPTR, error) {
	a, err := r.ask(ctx, "NAPTR "+strings.ToLower(domain), func(a *answer) {
		servers := r.config.Servers
		if len(servers) == 0 {
			servers = NameServers("/etc/resolv.conf")
		}
		a.err = fmt.Errorf("NAPTR %s: no name server", domain)
		for _, server := range servers {
			if a.naptr, a.err = queryNAPTR(ctx, server, domain, r.config.Timeout); a.err == nil || ctx.Err() != nil {
				return
			}
		}
	})
	if err != nil {
		return nil, err
	}
	return a.naptr, nil
}
