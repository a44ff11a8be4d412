package proxy

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/http"
	"time"

	"github.com/coder/websocket"

	"github.com/octothorpe/octothorpe/ami"
)

// errForm is the error of a message that is no action, and noAction what is told of it.
var errForm = errors.New("not an action")

const noAction = `A message is a JSON object of texts, numbers, true, false and lists of these: {"Action": "Ping"}`

// webSocket is a browser: each message is a JSON object.
func (p *Proxy) webSocket(w http.ResponseWriter, r *http.Request) {
	p.mu.RLock()
	closed := p.closed
	if !closed {
		p.running.Add(1)
	}
	p.mu.RUnlock()
	if closed {
		return
	}
	defer p.running.Done()
	c := p.config.Load()
	ws, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{"ami"},
		OriginPatterns: c.Origins, CompressionMode: websocket.CompressionDisabled})
	if err != nil {
		p.figures.refused.Add(1)
		return
	}
	ws.SetReadLimit(int64(c.Limits.Message))
	conn := &objectConn{ws: ws, stall: c.Limits.Stall}
	conn.ctx, conn.cancel = context.WithCancel(p.ctx)
	defer conn.cancel()
	address, err := net.ResolveTCPAddr("tcp", r.RemoteAddr)
	if err != nil {
		_ = ws.CloseNow()
		return
	}
	p.serve(conn, addressOf(address), conn, true)
	<-conn.ctx.Done() // the last answer is written
}

// An objectConn is a WebSocket as a connection: each line that is written is a
// message. Reading is by messages only.
type objectConn struct {
	net.Conn
	ws     *websocket.Conn
	ctx    context.Context
	cancel context.CancelFunc
	stall  time.Duration
	login  time.Time // until when something has to be read; the reader's
}

// Next implements source.
func (o *objectConn) Next() (ami.Message, error) {
	ctx, cancel := o.ctx, context.CancelFunc(func() {})
	if !o.login.IsZero() {
		ctx, cancel = context.WithDeadline(o.ctx, o.login)
	}
	defer cancel()
	_, text, err := o.ws.Read(ctx)
	if err != nil {
		return nil, err
	}
	m, err := parseJSON(text)
	if err != nil {
		return nil, errForm
	}
	return m, nil
}

// Write implements net.Conn for the sink, which waits for it.
func (o *objectConn) Write(b []byte) (int, error) {
	n := 0
	for line := range bytes.Lines(b) {
		ctx, cancel := context.WithTimeout(o.ctx, o.stall)
		err := o.ws.Write(ctx, websocket.MessageText, bytes.TrimSuffix(line, []byte("\n")))
		cancel()
		if err != nil {
			return n, err
		}
		n += len(line)
	}
	return n, nil
}

// Buffered implements source: nobody knows.
func (o *objectConn) Buffered() int { return 0 }

// SetReadDeadline implements net.Conn; the reader calls it.
func (o *objectConn) SetReadDeadline(t time.Time) error {
	o.login = t
	return nil
}

// SetWriteDeadline does nothing: each write has the time that the sink would give it.
func (o *objectConn) SetWriteDeadline(time.Time) error { return nil }

// Close implements net.Conn. It does not wait for the client to agree; webSocket does.
func (o *objectConn) Close() error {
	go func() {
		defer o.cancel()
		_ = o.ws.Close(websocket.StatusNormalClosure, "") // 5 s at most
	}()
	return nil
}
