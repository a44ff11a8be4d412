package gateway

import (
	"io"
	"strings"
	"sync"
	"time"

	"github.com/octothorpe/octothorpe/agi"
)

// keepOption at the end of an address asks for a connection that is used for one call after the other, if the
// server gives it back, see [agi.KeepAlive]. Other servers do not notice.
const keepOption = ";keepalive"

// A server that was given back waits so long for the next call, and so many wait for each address.
const (
	keepTime = time.Minute
	keepMost = 64
)

// keepable takes the option off a request.
func keepable(request string) (string, bool) {
	scheme, _, _ := strings.Cut(request, "://")
	if scheme = strings.ToLower(scheme); scheme != "agi" && scheme != "hagi" {
		return request, false
	}
	return strings.CutSuffix(request, keepOption)
}

// spare are connections between two calls, the latest last. The zero value is ready.
type spare struct {
	mu     sync.Mutex // a leaf
	by     map[string][]spared
	timed  bool
	closed bool
}

type spared struct {
	server *server
	since  time.Time
}

// take finds a connection that still stands.
func (p *spare) take(address string) *server {
	for {
		p.mu.Lock()
		list := p.by[address]
		if len(list) == 0 {
			p.mu.Unlock()
			return nil
		}
		l := list[len(list)-1].server
		p.by[address] = list[:len(list)-1]
		p.mu.Unlock()
		if stands, can := l.conn.(interface{ Stands() bool }); can && stands.Stands() {
			return l
		}
		_ = l.conn.Close()
	}
}

// put keeps a connection. false: there are enough.
func (p *spare) put(l *server) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || len(p.by[l.address]) >= keepMost {
		return false
	}
	if p.by == nil {
		p.by = map[string][]spared{}
	}
	p.by[l.address] = append(p.by[l.address], spared{l, time.Now()})
	if !p.timed {
		p.timed = true
		time.AfterFunc(keepTime, p.tidy)
	}
	return true
}

// tidy closes what has waited for long enough.
func (p *spare) tidy() { p.drop(time.Now().Add(-keepTime)) }

// close closes all.
func (p *spare) close() {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	p.drop(time.Now())
}

// drop closes what has waited since a time or longer.
func (p *spare) drop(since time.Time) {
	var old []*server
	p.mu.Lock()
	left := 0
	for address, list := range p.by {
		n := 0
		for n < len(list) && !list[n].since.After(since) {
			old = append(old, list[n].server)
			n++
		}
		if list = list[n:]; len(list) == 0 {
			delete(p.by, address)
			continue
		}
		p.by[address] = list
		left += len(list)
	}
	if p.timed = left > 0; p.timed {
		time.AfterFunc(keepTime, p.tidy)
	}
	p.mu.Unlock()
	for _, l := range old {
		_ = l.conn.Close()
	}
}

func (l *server) start(e *agi.Environment) error {
	if l.keep {
		e.Add("agi_keepalive", "yes")
	}
	return l.stream.start(e)
}

// command ends where the server gives the connection back.
func (l *server) command() (request, error) {
	r, err := l.stream.command()
	if err == nil && l.keep && r.line == agi.KeepAlive {
		l.given = l.reply("", agi.OK(1), false) == nil
		return request{}, io.EOF
	}
	return r, err
}

func (l *server) end() status {
	// Who has ended the call may yet wake the link.
	if !l.given || l.step.Err() != nil || l.g.life.Err() != nil || !l.g.spare.put(l) {
		_ = l.conn.Close()
	}
	return success
}
