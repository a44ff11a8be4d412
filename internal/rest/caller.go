package rest

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/octothorpe/octothorpe/internal/rest/stasis"
)

// A caller is who asks over a WebSocket. Its requests are done one after the other.
type caller struct {
	server *Server
	user   *User
	app    string // under whose name it is answered
	host   string
	socket *socket
}

// An asked is a request as it comes over a WebSocket: RESTRequest.
type asked struct {
	Type        string `json:"type"`
	Transaction string `json:"transaction_id"`
	Request     string `json:"request_id"`
	Method      string `json:"method"`
	URI         string `json:"uri"`
	ContentType string `json:"content_type"`
	Query       []struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	} `json:"query_strings"`
	Body string `json:"message_body"`
}

// methods are those that there are.
var methods = []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodHead, http.MethodOptions}

// ask does a request and returns the RESTResponse.
func (c *caller) ask(ctx context.Context, message []byte) []byte {
	var q asked
	unreadable := json.Unmarshal(message, &q) != nil
	path, query, _ := strings.Cut(q.URI, "?")
	var a answer
	reason := badRequest
	switch {
	case unreadable:
		a, reason = answer{status: http.StatusBadRequest}, "Failed to parse request message JSON"
	case q.Type == "":
		a = refusal(http.StatusBadRequest, "No 'type' property.")
	case q.Type != "RESTRequest":
		a = refusal(http.StatusBadRequest, "Unknown request type.")
	default:
		a, reason = c.do(ctx, &q, strings.TrimPrefix(path, "/"), query)
	}
	if reason == "" {
		reason = http.StatusText(a.status)
	}
	b := c.server.Hub.Begin(nil, "RESTResponse")
	for _, f := range []struct{ name, value string }{{"transaction_id", q.Transaction}, {"request_id", q.Request}, {"reason_phrase", reason}, {"uri", path}} {
		b = append(append(b, ',', '"'), f.name...)
		b = stasis.AppendText(append(b, `":`...), f.value)
	}
	b = append(b, `,"status_code":`...)
	b = strconv.AppendInt(b, int64(a.status), 10)
	if a.body != nil {
		kind := a.kind
		if kind == "" {
			kind = "application/json"
		}
		b = stasis.AppendText(append(b, `,"content_type":`...), kind)
		b = stasis.AppendText(append(b, `,"message_body":`...), string(a.body))
	}
	return stasis.Finish(b, c.app)
}

// badRequest is how the reference says so here.
const badRequest = "Bad request"

// do finds out what is asked for, and does it.
func (c *caller) do(ctx context.Context, q *asked, path, query string) (a answer, reason string) {
	settings := c.server.settings.Load()
	switch {
	case !slices.Contains(methods, strings.ToUpper(q.Method)):
		return refusal(http.StatusBadRequest, "Unknown or missing 'method' property."), badRequest
	case path == "":
		return refusal(http.StatusBadRequest, "Empty or missing 'uri' property."), badRequest
	case path == "events" && strings.EqualFold(q.Method, http.MethodGet):
		return refusal(http.StatusBadRequest, "Can't upgrade to websocket from a websocket"), badRequest
	case q.Body != "" && q.ContentType == "":
		return refusal(http.StatusBadRequest, "No 'content_type' for 'message_body'."), badRequest
	case q.Body != "" && !strings.HasPrefix(q.ContentType, "application/json") && !strings.HasPrefix(q.ContentType, "application/x-www-form-urlencoded"):
		return refusal(http.StatusBadRequest, "Unknown content type."), badRequest
	case q.Body != "" && strings.HasPrefix(q.ContentType, "application/json") && !json.Valid([]byte(q.Body)):
		return refusal(http.StatusBadRequest, "Unable to parse 'message_body' as 'application/json'."), badRequest
	}
	values := queryOf(query)
	for _, one := range q.Query {
		values.Add(one.Name, one.Value)
	}
	r, err := http.NewRequestWithContext(context.WithValue(ctx, socketKey{}, c.socket), strings.ToUpper(q.Method), "/ari/"+path, bytes.NewReader([]byte(q.Body)))
	if err != nil {
		return refusal(http.StatusBadRequest, "Empty or missing 'uri' property."), badRequest
	}
	r.URL = &url.URL{Path: r.URL.Path, RawPath: r.URL.RawPath, RawQuery: values.Encode()}
	r.Host = c.host
	if q.ContentType != "" {
		r.Header.Set("Content-Type", q.ContentType)
	}
	if c.user != nil && c.user.ReadOnly && r.Method != http.MethodGet && r.Method != http.MethodOptions {
		return refusal(http.StatusForbidden, "Write access denied"), ""
	}
	a = c.server.answer(http.Header{}, r, "/"+path)
	if settings.Pretty && a.kind == "" && a.body != nil {
		a.body = pretty(a.body)
	}
	return a, ""
}

// socketKey is the key of the WebSocket over which a request comes.
type socketKey struct{}

// socket is the WebSocket over which a request comes, nil for HTTP.
func (r *request) socket() stasis.Socket {
	if k, ok := r.Context().Value(socketKey{}).(*socket); ok && k != nil {
		return k
	}
	return nil
}
