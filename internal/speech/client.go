package speech

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/coder/websocket"

	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/media"
)

// protocol is the subprotocol of engines. aeap.conf may have clients of others, which nothing uses.
const protocol = "speech_to_text"

// connectTime is how long an engine may take to be reached and to agree to a setup.
const connectTime = time.Second

// A Client is a section of aeap.conf: a server that is reached by a WebSocket. It is an Engine.
type Client struct {
	name, url, protocol string
	codecs              []media.Preference
	params              []param // of the setup
	logger              *slog.Logger
}

type param struct{ name, value string }

// ReadClients reads aeap.conf, which may be nil.
func ReadClients(f *config.File, logger *slog.Logger) ([]*Client, []config.Diagnostic) {
	r := config.NewReader(nil)
	if f == nil {
		return nil, nil
	}
	var list []*Client
	for _, s := range f.Sections() {
		if s.Template {
			continue
		}
		c := &Client{name: s.Name, logger: logger}
		client := false
		for _, e := range s.Lines() {
			if name, is := strings.CutPrefix(e.Key, "@"); is {
				c.params = append(c.params, param{name, e.Value})
				continue
			}
			var err error
			switch strings.ToLower(e.Key) {
			case "type":
				client = strings.EqualFold(e.Value, "client")
			case "url":
				c.url = e.Value
				if u, wrong := url.Parse(e.Value); wrong != nil || u.Host == "" || u.Scheme != "ws" && u.Scheme != "wss" {
					err = fmt.Errorf("url %q is none of a WebSocket", e.Value)
				}
			case "protocol":
				c.protocol = e.Value
			case "codecs":
				if c.codecs, err = media.ParseFormats(e.Value, c.codecs); err != nil {
					err = fmt.Errorf("codecs %q has formats that there are not", e.Value)
				}
			default:
				err = fmt.Errorf("unknown option %s", e.Key)
			}
			if err != nil {
				r.Report(config.Warning, e, "", "%v", err)
			}
		}
		if client {
			list = append(list, c)
		}
	}
	slices.SortFunc(list, func(a, b *Client) int { return strings.Compare(a.name, b.name) })
	return list, r.Diagnostics()
}

// Name implements Engine.
func (c *Client) Name() string { return c.name }

// Formats implements Engine.
func (c *Client) Formats() []*media.Format {
	var list []*media.Format
	for _, p := range c.codecs {
		if p.Format.Kind == media.Audio && media.Encodes(p.Format) {
			list = append(list, p.Format)
		}
	}
	return list
}

// Show writes the client as the console does.
func (c *Client) Show() string {
	var b strings.Builder
	fmt.Fprintf(&b, "client: %s\n", c.name)
	for _, p := range c.params {
		fmt.Fprintf(&b, "\t@%s: %s\n", p.name, p.value)
	}
	var names []string
	for _, p := range c.codecs {
		names = append(names, p.String())
	}
	codecs := strings.Join(names, "|")
	if codecs == "" {
		codecs = "nothing"
	}
	fmt.Fprintf(&b, "\tcodecs: (%s)\n\tprotocol: %s\n\turl: %s\n", codecs, c.protocol, c.url)
	return b.String()
}

// Listen implements Engine.
func (c *Client) Listen(ctx context.Context, format *media.Format, told Told) (Listener, error) {
	ctx, cancel := context.WithTimeout(ctx, connectTime)
	defer cancel()
	conn, response, err := websocket.Dial(ctx, c.url, &websocket.DialOptions{Subprotocols: []string{c.protocol}})
	if response != nil && response.Body != nil {
		_ = response.Body.Close()
	}
	if err != nil {
		return nil, fmt.Errorf("reach the speech engine %s: %w", c.name, err)
	}
	conn.SetReadLimit(maxMessage)
	s := newSession(c, conn, told)
	if err := s.setup(ctx, format); err != nil {
		s.Close()
		return nil, fmt.Errorf("set up the speech engine %s: %w", c.name, err)
	}
	return s, nil
}

// wireName is the name of a format in the protocol: that of linear sound has no rate.
func wireName(f *media.Format) string {
	if f.Linear() {
		return media.SLin.Name
	}
	return f.Name
}

var errRefused = errors.New("the engine refused")
