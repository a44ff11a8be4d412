package manager

import (
	"crypto/tls"
	"errors"
	"net"
	"os"
	"sync"
	"time"
)

// catchUp writes to a client that does not take everything at once.
func (o *output) catchUp(list [][]byte) {
	for {
		if err := o.push(list); err != nil {
			o.fail(err)
		}
		o.mu.Lock()
		o.sent()
		if !o.take() {
			o.rest()
			o.mu.Unlock()
			return
		}
		list = o.sending
		o.mu.Unlock()
	}
}

// push writes a list. A client has a time to take anything at all; one that is slow
// and reads gets all of it.
func (o *output) push(list [][]byte) error {
	if o.direct == nil {
		return o.pushPieces(list)
	}
	for buffers := net.Buffers(list); len(buffers) > 0; {
		o.deadline()
		n, err := buffers.WriteTo(o.conn)
		if err != nil && (n == 0 || !errors.Is(err, os.ErrDeadlineExceeded)) {
			return err
		}
		o.mu.Lock()
		dead := o.dead
		if o.taken = max(0, o.taken-int(n)); n > 0 {
			select {
			case o.room <- struct{}{}:
			default:
			}
		}
		o.mu.Unlock()
		if dead {
			return net.ErrClosed
		}
	}
	return nil
}

// pushPieces is push for connections that are encrypted or have messages: what is
// small goes together, and no more at a time than a TLS record holds, as one of
// which a part was written can't be continued.
func (o *output) pushPieces(list [][]byte) error {
	buffer := joining.Get().(*[]byte)
	defer joining.Put(buffer)
	b := (*buffer)[:0]
	for _, part := range list {
		b = append(b, part...)
	}
	if cap(b) <= writeAtOnce {
		*buffer = b
	}
	_, encrypted := o.conn.(*tls.Conn)
	for len(b) > 0 {
		o.deadline()
		n, err := o.conn.Write(o.piece(b))
		if err != nil && (n == 0 || encrypted || !errors.Is(err, os.ErrDeadlineExceeded)) {
			return err //nolint:wrapcheck // it is looked at, not shown
		}
		b = b[n:]
		o.mu.Lock()
		dead := o.dead
		o.mu.Unlock()
		if dead {
			return net.ErrClosed
		}
	}
	return nil
}

// piece is what is written of b at a time: whole lines of a connection of messages.
func (o *output) piece(b []byte) []byte {
	const most = 16 << 10
	if _, messages := o.conn.(*socket); messages || len(b) <= most {
		return b
	}
	return b[:most]
}

// joining are buffers for connections that are written one piece at a time.
var joining = sync.Pool{New: func() any { return new([]byte) }}

func (o *output) deadline() {
	o.mu.Lock() // cut sets a deadline in the past under it, and that one stays
	defer o.mu.Unlock()
	if !o.dead {
		o.timed = true
		_ = o.conn.SetWriteDeadline(time.Now().Add(o.stall))
	}
}

// hasten leaves a client this long to take what it has not.
func (o *output) hasten(stall time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.stall = min(o.stall, stall)
	if o.busy && !o.dead {
		o.timed = true
		_ = o.conn.SetWriteDeadline(time.Now().Add(o.stall))
	}
}
