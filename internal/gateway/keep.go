package gateway

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/octothorpe/octothorpe/agi"
	"github.com/octothorpe/octothorpe/internal/socket"
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
	if scheme = strings.ToLower(scheme); scheme != "agi" && scheme != "hagi" && scheme != "agis" {
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
	conn  socket.Conn
	since time.Time
}

// take finds a connection that still stands, as far as that can be seen; nil if there is none.
func (p *spare) take(address string) socket.Conn {
	for {
		p.mu.Lock()
		list := p.by[address]
		if len(list) == 0 {
			p.mu.Unlock()
			return nil
		}
		c := list[len(list)-1].conn
		p.by[address] = list[:len(list)-1]
		p.mu.Unlock()
		if seen, can := c.(interface{ Stands() bool }); !can || seen.Stands() {
			return c
		}
		_ = c.Close()
	}
}

// put keeps a connection. false: there are enough.
func (p *spare) put(address string, c socket.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || len(p.by[address]) >= keepMost {
		return false
	}
	if p.by == nil {
		p.by = map[string][]spared{}
	}
	p.by[address] = append(p.by[address], spared{c, time.Now()})
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
	var old []socket.Conn
	p.mu.Lock()
	left := 0
	for address, list := range p.by {
		n := 0
		for n < len(list) && !list[n].since.After(since) {
			old = append(old, list[n].conn)
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
	for _, c := range old {
		_ = c.Close()
	}
}

// start offers to keep the connection. What goes out on one that was kept may go into the void, which command sees.
func (l *server) start(e *agi.Environment) error {
	if l.keep {
		e.Add("agi_keepalive", "yes")
	}
	if l.further == nil {
		return l.stream.start(e)
	}
	l.further = e
	_ = l.stream.start(e)
	return nil
}

// command ends where the server gives the connection back.
func (l *server) command() (request, error) {
	r, err := l.stream.command()
	for l.further != nil {
		if err != nil && errors.Is(err, os.ErrDeadlineExceeded) {
			return r, err
		}
		if err != nil {
			err = l.anew()
		} else if l.further = nil; r.line == agi.KeepAliveBegin {
			err = l.reply("", agi.OK(1), false)
		} else {
			break
		}
		if err != nil {
			return request{}, err
		}
		r, err = l.stream.command()
	}
	if err == nil && l.keep && r.line == agi.KeepAlive {
		l.given = l.reply("", agi.OK(1), false) == nil
		return request{}, io.EOF
	}
	return r, err
}

// anew places the call on a connection of its own, once: the one that was kept has ended without [agi.KeepAliveBegin], so that
// the server has not begun.
func (l *server) anew() error {
	_ = l.conn.Close()
	e := l.further
	l.further = nil
	err := l.dial()
	if err == nil {
		l.mu.Lock()
		if l.woken {
			l.stream.wake()
		} else {
			l.stream.limit(l.until)
		}
		l.mu.Unlock()
		err = l.stream.start(e)
	}
	if err != nil {
		l.lost = true
		return fmt.Errorf("the kept connection had ended, and a new one: %v", err) //nolint:errorlint // a deadline here is not that of command
	}
	return nil
}

// wake may come while the connection changes.
func (l *server) wake() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.woken = true
	l.stream.wake()
}

func (l *server) limit(d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.woken, l.until = false, d
	l.stream.limit(d)
}

func (l *server) end() status {
	// Who has ended the call may yet wake the link.
	if !l.given || l.step.Err() != nil || l.g.life.Err() != nil || !l.g.spare.put(l.address(), l.conn) {
		_ = l.conn.Close()
	}
	if l.lost {
		return failure
	}
	return success
}
