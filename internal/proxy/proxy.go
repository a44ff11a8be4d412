package proxy

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/octothorpe/octothorpe/internal/fanout"
)

// A Proxy runs from New to Close.
type Proxy struct {
	logger  *slog.Logger
	config  atomic.Pointer[Config]
	hub     *fanout.Hub
	figures *figures
	began   time.Time
	ctx     context.Context
	cancel  context.CancelFunc
	running sync.WaitGroup // sessions and listeners

	// for tests
	dial    func(ctx context.Context, network, address string) (net.Conn, error)
	backoff time.Duration

	reloading sync.Mutex // taken before all others

	mu        sync.RWMutex // taken before no other
	closed    bool
	sessions  map[string]*session // by number
	last      uint64              // number given
	users     map[string]int      // sessions of each
	strangers int                 // sessions that have not logged in
	targets   map[string]*upstream
	listeners map[string]*listener

	viewing sync.Mutex // taken before the hub's
	views   map[string]*view
}

// New starts a proxy. It listens when New returns; servers may be reached later.
func New(c *Config, logger *slog.Logger) (*Proxy, error) {
	return newProxy(c, logger, nil)
}

func newProxy(c *Config, logger *slog.Logger, change func(*Proxy)) (*Proxy, error) {
	p := &Proxy{logger: logger, hub: fanout.New(fanout.Options{}), began: time.Now(), sessions: map[string]*session{},
		users: map[string]int{}, targets: map[string]*upstream{}, listeners: map[string]*listener{}, views: map[string]*view{}}
	p.figures = newFigures(p)
	p.ctx, p.cancel = context.WithCancel(context.Background())
	if change != nil {
		change(p)
	}
	if err := p.Reload(c); err != nil {
		p.Close()
		return nil, err
	}
	return p, nil
}

// Reload follows another configuration: sessions stay whose user is still there with
// the same secret and may come from where it does, and servers whose lines did not
// change. On an error all stays as it was.
func (p *Proxy) Reload(c *Config) error {
	p.reloading.Lock()
	defer p.reloading.Unlock()
	client := map[string]clientTLS{}
	for _, u := range c.Upstreams {
		t, err := c.clientTLS(u.TLS)
		if err != nil {
			return fmt.Errorf("upstream %s: %w", u.Name, err)
		}
		client[u.Name] = t
	}
	commit, err := p.prepare(c)
	if err != nil {
		return err
	}
	p.config.Store(c)
	commit()
	p.connect(c, client)
	p.review(c)
	return nil
}

// connect ends and starts connections to servers. One whose lines have changed is told
// to be away before it is told to be there again.
func (p *Proxy) connect(c *Config, client map[string]clientTLS) {
	next := map[string]*upstream{}
	for _, config := range c.Upstreams {
		if old := p.upstream(config.Name); old != nil && reflect.DeepEqual(old.config, config) && old.tls == client[config.Name].sum {
			next[config.Name] = old
		}
	}
	for _, old := range p.upstreams() {
		if next[old.config.Name] != old {
			old.close()
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, config := range c.Upstreams {
		if next[config.Name] == nil {
			next[config.Name] = p.start(p.ctx, config, client[config.Name], p.targets[config.Name] != nil)
		}
	}
	p.targets = next
}

// review has the sessions follow what their users may now.
func (p *Proxy) review(c *Config) {
	p.mu.RLock()
	var all []*session
	for _, s := range p.sessions {
		if s.user.Load() != nil {
			all = append(all, s)
		}
	}
	p.mu.RUnlock()
	for _, s := range all {
		u, known := c.Users[p.nameOf(s)]
		if !known || u.Secret != s.user.Load().Secret || !u.admits(s.remote) {
			s.cancel()
			s.sink.Abort()
			continue
		}
		p.look(s, func() { s.user.Store(&u) })
	}
}

// Close ends everything and waits for it.
func (p *Proxy) Close() {
	p.mu.Lock()
	p.closed = true
	listeners, targets := p.listeners, p.targets
	p.listeners, p.targets = map[string]*listener{}, map[string]*upstream{}
	var all []*session
	for _, s := range p.sessions {
		all = append(all, s)
	}
	p.mu.Unlock()
	for _, l := range listeners {
		l.close()
	}
	p.cancel()
	for _, s := range all {
		s.sink.Abort()
	}
	for _, u := range targets {
		u.close()
	}
	p.running.Wait()
	p.hub.Close()
}

// add takes a connection in, unless there are too many.
func (p *Proxy) add(s *session) bool {
	limits := p.config.Load().Limits
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || p.strangers >= limits.Unauthenticated || len(p.sessions) >= limits.Sessions {
		return false
	}
	p.last++
	s.number = strconv.FormatUint(p.last, 36)
	s.prefix = idPrefix + s.number + "."
	p.sessions[s.number] = s
	p.strangers++
	return true
}

// admit makes a session a user's, unless that has too many.
func (p *Proxy) admit(s *session, name string, u *User) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if u.Sessions > 0 && p.users[name] >= u.Sessions {
		return false
	}
	p.users[name]++
	p.strangers--
	s.name = name
	s.user.Store(u)
	return true
}

// remove forgets a session.
func (p *Proxy) remove(s *session) {
	p.viewing.Lock()
	s.gone = true
	p.unlook(s)
	p.viewing.Unlock()
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.sessions, s.number)
	if s.user.Load() == nil {
		p.strangers--
		return
	}
	if p.users[s.name]--; p.users[s.name] == 0 {
		delete(p.users, s.name)
	}
	p.figures.left(s)
}

func (p *Proxy) nameOf(s *session) string {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return s.name
}

func (p *Proxy) upstream(name string) *upstream {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return p.targets[name]
}

// upstreams are in the order of their names.
func (p *Proxy) upstreams() []*upstream {
	p.mu.RLock()
	defer p.mu.RUnlock()
	var all []*upstream
	for _, u := range p.targets {
		all = append(all, u)
	}
	slices.SortFunc(all, func(a, b *upstream) int { return strings.Compare(a.config.Name, b.config.Name) })
	return all
}

// banner is that of the default server, or of any: clients take it for the version.
func (p *Proxy) banner() string {
	all := p.upstreams()
	if u := p.upstream(p.config.Load().Default); u != nil {
		all = append([]*upstream{u}, all...)
	}
	for _, u := range all {
		if b := u.banner.Load(); b != nil {
			return *b
		}
	}
	return "Asterisk Call Manager/11.0.0"
}

func (p *Proxy) uptime() string { return strconv.Itoa(int(time.Since(p.began).Seconds())) }

// Connected waits until all servers were reached.
func (p *Proxy) Connected(ctx context.Context) error {
	for {
		missing := ""
		for _, u := range p.upstreams() {
			if !u.connected.Load() {
				missing = u.config.Name
			}
		}
		if missing == "" {
			return nil
		}
		select {
		case <-time.After(10 * time.Millisecond):
		case <-ctx.Done():
			return errors.Join(fmt.Errorf("the server %s is not connected", missing), context.Cause(ctx))
		}
	}
}
