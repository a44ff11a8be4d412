package callrecord

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/config"
)

// Webhook are the options of cdr_http.conf and cel_http.conf, which are our own.
type Webhook struct {
	URL            string
	Headers        [][2]string
	User, Password string
	Timeout        time.Duration
	Batch          int // rows of a request: with one it is an object, else an array
	ShowOwn        bool
}

var errNoURL = errors.New("no URL of http or https")

// LoadWebhook reads one of the two files; nil is a missing one, or one that is wrong.
func LoadWebhook(f *config.File) (*Webhook, []config.Diagnostic) {
	section := f.Merged("general")
	if section == nil {
		return nil, nil
	}
	r := config.NewReader(f)
	s := r.Section(section)
	g := &Webhook{URL: s.String("url", ""), User: s.String("username", ""), Password: s.String("password", ""),
		Timeout: s.Duration("timeout", time.Second, 10*time.Second, time.Second, 5*time.Minute), Batch: s.Int("batch", 1, 1, atOnce),
		ShowOwn: s.Bool("show_user_defined", false)}
	for _, line := range s.All("header") {
		name, value, ok := strings.Cut(line, ":")
		if !ok {
			e, _ := section.Entry("header")
			r.Report(config.Error, e, "write Name: value", "%q is no header", line)
			continue
		}
		g.Headers = append(g.Headers, [2]string{strings.TrimSpace(name), strings.TrimSpace(value)})
	}
	s.Done()
	if u, err := url.Parse(g.URL); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		e, _ := section.Entry("url")
		r.Report(config.Error, e, "write url = https://…", "%v: nothing is sent", errNoURL)
		return nil, r.Diagnostics()
	}
	return g, r.Diagnostics()
}

// webhookTarget posts rows as JSON.
type webhookTarget struct {
	options Webhook
	client  *http.Client
}

func newWebhookTarget(g Webhook) *webhookTarget {
	return &webhookTarget{options: g, client: &http.Client{Timeout: g.Timeout, Transport: &http.Transport{
		Proxy: http.ProxyFromEnvironment, MaxIdleConns: 1, IdleConnTimeout: time.Minute}}}
}

func (t *webhookTarget) row(e entry) ([]byte, error) {
	if e.record != nil {
		return json.Marshal(e.record.told().flat())
	}
	return json.Marshal(e.event.told(t.options.ShowOwn).flat())
}

func (t *webhookTarget) close() { t.client.CloseIdleConnections() }

func (t *webhookTarget) deliver(ctx context.Context, rows [][]byte) (int, error) {
	size := t.options.Batch
	for n := 0; n < len(rows); {
		some := rows[n:min(n+size, len(rows))]
		err := t.post(ctx, some)
		var refused *refusal
		switch {
		case err == nil:
			n += len(some)
		case errors.As(err, &refused) && len(some) > 1:
			size = 1 // to see which of them it is
		default:
			return n, err
		}
	}
	return len(rows), nil
}

// post sends rows. What the server calls our fault is refused, save that it has no
// time or wants us to say who we are, which may change.
func (t *webhookTarget) post(ctx context.Context, rows [][]byte) error {
	body := rows[0]
	if t.options.Batch > 1 {
		body = append(append([]byte{'['}, bytes.Join(rows, []byte{','})...), ']')
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, t.options.URL, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("post a record: %w", err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", "octothorpe")
	for _, h := range t.options.Headers {
		r.Header.Set(h[0], h[1])
	}
	if t.options.User != "" {
		r.SetBasicAuth(t.options.User, t.options.Password)
	}
	answer, err := t.client.Do(r)
	if err != nil {
		return fmt.Errorf("post a record: %w", err)
	}
	defer answer.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, 1<<16)) // so that the connection can be used again
	err = fmt.Errorf("post a record: %s answers %s", r.URL.Redacted(), answer.Status)
	switch code := answer.StatusCode; {
	case code/100 == 2:
		return nil
	case code == http.StatusBadRequest, code == http.StatusConflict, code == http.StatusRequestEntityTooLarge,
		code == http.StatusUnsupportedMediaType, code == http.StatusUnprocessableEntity, code == http.StatusGone:
		return &refusal{err}
	}
	return err
}
