package realtime

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// curlDriver asks a web server: a table is a URL, below which single, multi, update,
// store, destroy and static are what is done with it. What is asked for is a form; a
// row is one, too, on a line.
type curlDriver struct{ client *http.Client }

const (
	curlPatience = 10 * time.Second // of a question
	curlMost     = 64 << 20         // bytes of an answer
)

func newCurlDriver() *curlDriver {
	return &curlDriver{&http.Client{Timeout: curlPatience, Transport: &http.Transport{Proxy: http.ProxyFromEnvironment, MaxIdleConnsPerHost: 8,
		MaxConnsPerHost: 16, IdleConnTimeout: time.Minute}}}
}

func (d *curlDriver) close() { d.client.CloseIdleConnections() }

// form writes names and values, in their order.
func form(list []Field) string {
	var b strings.Builder
	for i, f := range list {
		if i > 0 {
			b.WriteByte('&')
		}
		b.WriteString(strings.ReplaceAll(url.QueryEscape(f.Name), "+", "%20") + "=" + strings.ReplaceAll(url.QueryEscape(f.Value), "+", "%20"))
	}
	return b.String()
}

func asked(where []Condition) []Field {
	var list []Field
	for _, c := range where {
		name := c.Column
		if c.Operator != "" && c.Operator != "=" {
			name += " " + c.Operator
		}
		list = append(list, Field{name, c.Value})
	}
	return list
}

// ask sends a request and returns the answer. There is a body if post is set.
func (d *curlDriver) ask(ctx context.Context, address, body string, post bool) (string, error) {
	method := http.MethodGet
	var to io.Reader
	if post {
		method, to = http.MethodPost, strings.NewReader(body)
	}
	r, err := http.NewRequestWithContext(ctx, method, address, to)
	if err != nil {
		return "", fmt.Errorf("ask a web server: %w", err)
	}
	if post {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	r.Header.Set("User-Agent", "asterisk-libcurl-agent/1.0")
	answer, err := d.client.Do(r)
	if err != nil {
		return "", fmt.Errorf("ask a web server: %w", err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, curlMost))
	if err != nil {
		return "", fmt.Errorf("ask a web server: %w", err)
	}
	if answer.StatusCode == http.StatusNotFound {
		return "", fmt.Errorf("%s: %w", r.URL.Redacted(), errNoTable)
	}
	if answer.StatusCode/100 != 2 {
		return "", fmt.Errorf("%s answers %s", r.URL.Redacted(), answer.Status)
	}
	return string(text), nil
}

var errNoTable = errors.New("there is no such table")

// parse reads rows. What is no escape in them stays as it is. A page, as proxies and
// web servers in trouble show it, is no answer.
func parse(text string) ([]Row, error) {
	var list []Row
	for _, one := range strings.FieldsFunc(text, func(c rune) bool { return c == '\r' || c == '\n' }) {
		row := Row{}
		for _, pair := range strings.Split(one, "&") {
			name, value, ok := strings.Cut(pair, "=")
			if !ok || strings.TrimSpace(name) == "" {
				continue
			}
			if value = unescape(value); value == "" {
				continue
			}
			if value == " " {
				value = ""
			}
			name = unescape(strings.TrimSpace(name))
			if strings.ContainsAny(name, noColumn) {
				return nil, noRows(text)
			}
			row = append(row, Field{name, value})
		}
		if len(row) > 0 {
			list = append(list, row)
		}
	}
	if len(list) == 0 && !strings.Contains(text, "=") && strings.TrimSpace(text) != "" {
		return nil, noRows(text)
	}
	return list, nil
}

// noColumn is what HTML and JSON have and no name of a column.
const noColumn = "<>{}\""

func noRows(text string) error {
	return fmt.Errorf("a web server says %.40q where it is to give rows", text)
}

func unescape(text string) string {
	if !strings.Contains(text, "%") {
		return text
	}
	if plain, err := url.PathUnescape(text); err == nil {
		return plain
	}
	return text
}

func (d *curlDriver) rows(ctx context.Context, table string, where []Condition) ([]Row, error) {
	operation := "/multi"
	if single(where) {
		operation = "/single"
	}
	text, err := d.ask(ctx, table+operation, form(asked(where)), true)
	if errors.Is(err, errNoTable) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return parse(text)
}

// single reports whether one row is meant: where nothing is compared but for being
// the same.
func single(where []Condition) bool {
	for _, c := range where {
		if c.Operator != "" && c.Operator != "=" {
			return false
		}
	}
	return len(where) > 0
}

func count(text string, err error) (int, error) {
	if err != nil {
		return 0, err
	}
	n, err := strconv.Atoi(strings.TrimSpace(text))
	if err != nil || n < 0 {
		return 0, fmt.Errorf("a web server says %.40q where it is to say how many rows it has changed", text)
	}
	return n, nil
}

func (d *curlDriver) update(ctx context.Context, table string, where []Condition, to []Field) (int, error) {
	return count(d.ask(ctx, table+"/update?"+form(asked(where)), form(to), true))
}

func (d *curlDriver) store(ctx context.Context, table string, row []Field) (int, error) {
	return count(d.ask(ctx, table+"/store", form(row), true))
}

func (d *curlDriver) destroy(ctx context.Context, table string, where []Condition) (int, error) {
	return count(d.ask(ctx, table+"/destroy", form(asked(where)), true))
}

func (d *curlDriver) static(ctx context.Context, table, file string) ([]line, error) {
	text, err := d.ask(ctx, table+"/static?file="+url.QueryEscape(file), "", false)
	if err != nil {
		return nil, err
	}
	rows, err := parse(text)
	if err != nil {
		return nil, err
	}
	var list []line
	for _, row := range rows {
		list = append(list, line{row.Get("category"), row.Get("cat_metric"), row.Get("var_name"), row.Get("var_val")})
	}
	return list, nil
}

// columns implements driver: a web server is not asked what it has.
func (d *curlDriver) columns(context.Context, string) ([]string, error) { return nil, nil }
