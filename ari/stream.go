package ari

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/coder/websocket"
)

// A Stream is one WebSocket, without what a [Client] does about its loss. Next is for
// one goroutine.
type Stream struct {
	conn  *websocket.Conn
	since string // the place since which the server tells first what came; "" if it does not
}

// sinceHeader is how a server says that it does.
const sinceHeader = "Octothorpe-Since"

// EventWebsocketOptions are for [Events.EventWebsocket]. What is zero is not sent.
type EventWebsocketOptions struct {
	SubscribeAll bool // hear of everything
	// Sequence has Octothorpe tell the place of each event, [Header].Sequence; Since, such a
	// place, what came since. A server that can't any more refuses with [http.StatusGone].
	Sequence bool
	Since    string
	Share    bool       // as of [Config]
	Query    url.Values // further parameters, as they are
}

// EventWebsocket opens a WebSocket for applications, beside the one that the client has
// itself: see [Client.Events] for that.
//
//	GET /events
func (s Events) EventWebsocket(ctx context.Context, app []string, options *EventWebsocketOptions) (*Stream, error) {
	r := newRequest("GET", "/events")
	r.list("app", app)
	if options != nil {
		r.flag("subscribeAll", options.SubscribeAll)
		r.flag("sequence", options.Sequence)
		r.flag("share", options.Share)
		r.text("since", options.Since)
		r.further(options.Query)
	}
	return s.client.openStream(ctx, r)
}

// openStream opens a WebSocket.
func (c *Client) openStream(ctx context.Context, r *request) (*Stream, error) {
	if c.base == nil {
		return nil, fmt.Errorf("ari: %s %s: %w", r.method, r.path, ErrNoHTTP)
	}
	at := *c.base
	at.Scheme = strings.Replace(at.Scheme, "http", "ws", 1)
	header := http.Header{}
	header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(c.config.Username+":"+c.config.Password)))
	conn, answer, err := websocket.Dial(ctx, at.String()+r.path+"?"+r.query.Encode(), &websocket.DialOptions{HTTPClient: c.config.HTTPClient,
		HTTPHeader: header, CompressionMode: websocket.CompressionDisabled})
	if err != nil {
		if answer != nil && answer.StatusCode != http.StatusSwitchingProtocols {
			body, _ := io.ReadAll(io.LimitReader(answer.Body, 1<<16))
			return nil, newError(r, answer.StatusCode, body)
		}
		return nil, fmt.Errorf("ari: connect: %w", err)
	}
	stream := newStream(conn, c.config.MaxMessage)
	stream.since = answer.Header.Get(sinceHeader)
	return stream, nil
}

func newStream(conn *websocket.Conn, limit int64) *Stream {
	conn.SetReadLimit(limit)
	return &Stream{conn: conn}
}

// Next waits for the next event. A context that ends while it waits ends the stream.
func (s *Stream) Next(ctx context.Context) (Event, error) {
	raw, err := s.read(ctx)
	if err != nil {
		return nil, err
	}
	return Decode(raw), nil
}

func (s *Stream) read(ctx context.Context) ([]byte, error) {
	_, raw, err := s.conn.Read(ctx)
	var closed websocket.CloseError
	switch {
	case err == nil:
		return raw, nil
	case errors.As(err, &closed):
		return nil, fmt.Errorf("ari: the server has closed the WebSocket: %d %s", closed.Code, closed.Reason)
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	}
	return nil, fmt.Errorf("ari: read: %w", err)
}

func (s *Stream) write(ctx context.Context, text []byte) error {
	if err := s.conn.Write(ctx, websocket.MessageText, text); err != nil {
		return fmt.Errorf("ari: write: %w", err)
	}
	return nil
}

// Close ends the stream.
func (s *Stream) Close() error { return s.conn.Close(websocket.StatusNormalClosure, "") }
