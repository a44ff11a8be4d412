package ari

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// A request is one of the operations, ready to be sent.
type request struct {
	method, path string // below the base, escaped
	query        url.Values
	body         any // JSON; nil is none
}

func newRequest(method, path string) *request {
	return &request{method: method, path: path, query: url.Values{}}
}

// escape is a value as a part of a path.
func escape(value string) string { return url.PathEscape(value) }

func (r *request) text(name, value string) {
	if value != "" {
		r.query.Set(name, value)
	}
}

func (r *request) list(name string, values []string) {
	if len(values) > 0 {
		r.query.Set(name, strings.Join(values, ","))
	}
}

func (r *request) number(name string, value int64) {
	if value != 0 {
		r.query.Set(name, strconv.FormatInt(value, 10))
	}
}

func (r *request) flag(name string, value bool) {
	if value {
		r.query.Set(name, "true")
	}
}

func (r *request) further(query url.Values) {
	for name, values := range query {
		r.query[name] = values
	}
}

// one asks for a model.
func one[T any](ctx context.Context, c *Client, r *request) (*T, error) {
	v := new(T)
	if err := c.do(ctx, r, v); err != nil {
		return nil, err
	}
	return v, nil
}

// list asks for a list of models.
func list[T any](ctx context.Context, c *Client, r *request) ([]T, error) {
	var v []T
	err := c.do(ctx, r, &v)
	return v, err
}

// do sends a request, over the WebSocket or HTTP as the client is configured, and reads
// its answer into result. What the server refuses is an *[Error].
func (c *Client) do(ctx context.Context, r *request, result any) error {
	exchange := c.overHTTP
	if c.config.OverWebSocket {
		exchange = c.overSocket
	}
	status, body, err := exchange(ctx, r)
	switch {
	case err != nil:
		return err
	case status < 200 || status > 299:
		return newError(r, status, body)
	}
	c.subscriptions.note(r)
	if result == nil || len(body) == 0 {
		return nil
	}
	if err := json.Unmarshal(body, result); err != nil {
		return fmt.Errorf("ari: %s %s: the answer: %w", r.method, r.path, err)
	}
	return nil
}

// send sends a request over HTTP.
func (c *Client) send(ctx context.Context, r *request) (*http.Response, error) {
	base := c.base
	if base == nil {
		base = c.files
	}
	if base == nil {
		return nil, fmt.Errorf("ari: %s %s: %w", r.method, r.path, ErrNoHTTP)
	}
	at := base.String() + r.path
	if len(r.query) > 0 {
		at += "?" + r.query.Encode()
	}
	var body io.Reader
	if r.body != nil {
		b, err := json.Marshal(r.body)
		if err != nil {
			return nil, fmt.Errorf("ari: %s %s: %w", r.method, r.path, err)
		}
		body = bytes.NewReader(b)
	}
	asked, err := http.NewRequestWithContext(ctx, r.method, at, body)
	if err != nil {
		return nil, fmt.Errorf("ari: %w", err)
	}
	if body != nil {
		asked.Header.Set("Content-Type", "application/json")
	}
	asked.SetBasicAuth(c.config.Username, c.config.Password)
	answer, err := c.config.HTTPClient.Do(asked)
	if err != nil {
		return nil, fmt.Errorf("ari: %w", err)
	}
	return answer, nil
}

// overHTTP sends a request over HTTP and reads the answer.
func (c *Client) overHTTP(ctx context.Context, r *request) (int, []byte, error) {
	answer, err := c.send(ctx, r)
	if err != nil {
		return 0, nil, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, c.config.MaxMessage+1))
	if err == nil && int64(len(body)) > c.config.MaxMessage {
		err = fmt.Errorf("more than %d bytes", c.config.MaxMessage)
	}
	if err != nil {
		return 0, nil, fmt.Errorf("ari: %s %s: the answer: %w", r.method, r.path, err)
	}
	return answer.StatusCode, body, nil
}

// download sends a request over HTTP and returns the body of the answer.
func (c *Client) download(ctx context.Context, r *request) (io.ReadCloser, error) {
	answer, err := c.send(ctx, r)
	if err != nil {
		return nil, err
	}
	if answer.StatusCode != http.StatusOK {
		defer answer.Body.Close()
		body, _ := io.ReadAll(io.LimitReader(answer.Body, 1<<16))
		return nil, newError(r, answer.StatusCode, body)
	}
	return answer.Body, nil
}
