package sip

import (
	"errors"
	"time"
)

// Strangers bounds the connections that peers have made to a TCP or TLS transport and
// of which nobody has said yet by Source.Vouch who is there. The zero value bounds none.
type Strangers struct {
	// Most is how many there may be at once: further ones are closed. 0 is any number.
	Most int
	// Wait is how long each may take; then it is closed. 0 is for ever.
	Wait time.Duration
}

var (
	errStrangers = errors.New("too many connections of unknown peers")
	errStranger  = errors.New("the peer has not said in time who it is")
)

// Vouch says that the peer of this source is known, so that Strangers bounds its
// connection no more. Of what came by UDP it does nothing.
func (s Source) Vouch() {
	if s.conn != nil {
		s.conn.streams.vouch(s.conn)
	}
}

func (c *streams) vouch(conn *connection) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if conn.strange {
		conn.strange = false
		c.strangers--
	}
	if conn.patience != nil {
		conn.patience.Stop()
	}
}

// watch counts a connection that was accepted, and ends it if it stays unknown. The
// caller holds c.mu.
func (c *streams) watch(conn *connection) error {
	bound := c.t.options.Strangers
	if bound.Most > 0 && c.strangers >= bound.Most {
		return errStrangers
	}
	conn.strange = true
	c.strangers++
	if bound.Wait > 0 {
		conn.patience = time.AfterFunc(bound.Wait, func() {
			c.mu.Lock()
			strange := conn.strange
			c.mu.Unlock()
			if strange {
				conn.end(errStranger)
			}
		})
	}
	return nil
}
