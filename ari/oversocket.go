package ari

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
)

// A reply is what comes for a request over the WebSocket.
type reply struct {
	response *RESTResponse
	err      error
}

// overSocket sends a request over the WebSocket and waits for the answer.
func (c *Client) overSocket(ctx context.Context, r *request) (int, []byte, error) {
	fail := func(err error) (int, []byte, error) {
		return 0, nil, fmt.Errorf("ari: %s %s: %w", r.method, r.path, err)
	}
	id := strconv.FormatUint(c.number.Add(1), 10)
	message := RESTRequest{Type: "RESTRequest", TransactionID: id, RequestID: id, Method: r.method, URI: r.path[1:]}
	for name, values := range r.query {
		for _, value := range values {
			message.QueryStrings = append(message.QueryStrings, RESTQueryStringParameter{name, value})
		}
	}
	if r.body != nil {
		body, err := json.Marshal(r.body)
		if err != nil {
			return fail(err)
		}
		message.ContentType, message.MessageBody = "application/json", string(body)
	}
	text, err := json.Marshal(message)
	if err != nil {
		return fail(err)
	}
	waiting := make(chan reply, 1)
	c.mu.Lock()
	l := c.link
	if l != nil {
		c.pending[id] = waiting
	}
	ended := c.ended
	c.mu.Unlock()
	switch {
	case ended != nil:
		return fail(ended)
	case l == nil:
		return fail(ErrDisconnected)
	}
	defer func() {
		c.mu.Lock()
		delete(c.pending, id)
		c.mu.Unlock()
	}()
	// The context of a request that ends must not end the WebSocket, as it would here.
	within, cancel := context.WithTimeout(l.ctx, c.config.Timeout)
	err = l.stream.write(within, text)
	cancel()
	if err != nil {
		l.fail(err)
		return fail(ErrLost)
	}
	select {
	case got := <-waiting:
		if got.err != nil {
			return fail(got.err)
		}
		return got.response.StatusCode, []byte(got.response.MessageBody), nil
	case <-ctx.Done():
		return fail(context.Cause(ctx))
	}
}

// answered hands an answer to who waits for it. Nobody does if his context has ended.
func (c *Client) answered(raw []byte) error {
	var response RESTResponse
	if err := json.Unmarshal(raw, &response); err != nil {
		return fmt.Errorf("ari: the answer to a request over the WebSocket: %w", err)
	}
	c.mu.Lock()
	waiting := c.pending[response.RequestID]
	delete(c.pending, response.RequestID)
	c.mu.Unlock()
	if waiting != nil {
		waiting <- reply{response: &response}
	}
	return nil
}
