package ari

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// A Config says whom to connect to and how. URL, Username, Password and Apps are enough.
type Config struct {
	// URL is where ARI is: "http://pbx.example.com:8088/ari". Without a path it is /ari.
	URL      string
	Username string
	Password string
	// Apps are the applications to be. With none the client has no WebSocket, and makes
	// requests only.
	Apps []string
	// SubscribeAll hears of all there is, not only of what is in the applications.
	SubscribeAll bool
	// Share has the client share its applications with others that do, which Octothorpe can:
	// each call is one client's, from when it enters until it leaves. The calls of one that is
	// lost go to the others, which are told StasisStart. Requests go over the WebSocket, so
	// that what they make is this client's.
	Share bool
	// Query are further parameters of the WebSocket, as they are.
	Query url.Values
	// OverWebSocket sends requests over the WebSocket, which Asterisk can since 22.5 and
	// 20.15. Files of recordings come over HTTP all the same.
	OverWebSocket bool
	// NoReconnect has the client end with its first WebSocket.
	NoReconnect bool
	// MinBackoff and MaxBackoff are between attempts to reconnect: from the one, doubled
	// with each, up to the other, a fifth more or less. 500 ms and 30 s if 0.
	MinBackoff, MaxBackoff time.Duration
	// Timeout is how long connecting and the answer to a ping may take. 10 s if 0. Other
	// requests have the time of their context.
	Timeout time.Duration
	// Ping is how often the WebSocket is tested. 30 s if 0, never if less.
	Ping time.Duration
	// Buffer is how many events may wait to be read in [Client.Events] and, if nothing else
	// is said, in a subscription. 4,096 if 0. Those of a handle are 256.
	Buffer int
	// MaxMessage is how many bytes a message or the body of an answer may have. 16 MiB if 0.
	MaxMessage int64
	// MaxCalls is how many calls [Client.Serve] handles at once; more are hung up as
	// congestion. 10,000 if 0.
	MaxCalls int
	// HTTPClient makes connections, of the WebSocket too. One of our own if nil.
	HTTPClient *http.Client
	// Logger is told of lost connections and failed handlers. Nobody is if nil.
	Logger *slog.Logger
}

func or[T comparable](v, usual T) T {
	var zero T
	if v == zero {
		return usual
	}
	return v
}

// idle is shorter than Asterisk keeps an idle connection by custom (15 s): a request on
// one that the server is about to close would fail.
const idle = 10 * time.Second

// complete fills in what is usual.
func (c Config) complete() Config {
	c.MinBackoff = or(c.MinBackoff, 500*time.Millisecond)
	c.MaxBackoff = max(or(c.MaxBackoff, 30*time.Second), c.MinBackoff)
	c.Timeout = or(c.Timeout, 10*time.Second)
	c.OverWebSocket = c.OverWebSocket || c.Share
	c.Ping = or(c.Ping, 30*time.Second)
	c.Buffer = or(c.Buffer, 4096)
	c.MaxMessage = or(c.MaxMessage, 16<<20)
	c.MaxCalls = or(c.MaxCalls, 10_000)
	if c.HTTPClient == nil {
		transport := http.DefaultTransport.(*http.Transport).Clone()
		transport.MaxIdleConnsPerHost, transport.IdleConnTimeout = 64, idle
		c.HTTPClient = &http.Client{Transport: transport}
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c
}

// base is the URL below which requests are.
func (c Config) base() (*url.URL, error) {
	u, err := url.Parse(c.URL)
	switch {
	case err != nil:
		return nil, fmt.Errorf("ari: %w", err)
	case u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		return nil, errors.New("ari: the URL must be http://… or https://…")
	}
	if u.Path = strings.TrimRight(u.Path, "/"); u.Path == "" {
		u.Path = "/ari"
	}
	u.RawQuery, u.Fragment = "", ""
	return u, nil
}
