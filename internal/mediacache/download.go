package mediacache

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"os"
	"path"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/media"
)

// kinds are the extensions of files that types of media stand for.
var kinds = map[string]string{"audio/wav": "wav", "audio/x-wav": "wav", "audio/gsm": "gsm", "audio/basic": "pcm"}

// extension finds what a sound's file is to end with: as its type says, else as its URL
// does. "" is what can't be played.
func extension(u *url.URL, kind string) string {
	if name, _, err := mime.ParseMediaType(kind); err == nil && kinds[name] != "" {
		return kinds[name]
	}
	end := strings.TrimPrefix(path.Ext(u.Path), ".")
	if _, ok := media.FileFormat(end); !ok {
		return ""
	}
	return end
}

// download asks the server for a sound, of which there may be an older state.
func (c *Cache) download(s *Settings, u *url.URL, old *item) (*item, error) {
	r, err := http.NewRequestWithContext(c.ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, err
	}
	r.Header.Set("User-Agent", s.agent)
	r.Header.Set("Accept", "*/*")
	if old != nil && old.etag != "" && old.usable() {
		r.Header.Set("If-None-Match", old.etag)
	}
	client := s.client()
	defer client.CloseIdleConnections()
	answer, err := client.Do(r)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	i := &item{known: map[string]string{}, freshness: freshnessOf(answer.Header, time.Now())}
	for _, name := range shown {
		if value := answer.Header.Get(name); value != "" {
			i.known[name] = value
		}
	}
	switch {
	case answer.StatusCode == http.StatusNotModified && old != nil:
		return i.renewed(old), nil
	case answer.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("the server answers %s", answer.Status)
	}
	end := extension(u, i.known[kindOf])
	if end != "" {
		end = "." + end
		i.known[endOf] = end
	}
	i.path, i.size, err = c.save(answer.Body, end)
	return i, err
}

// renewed is an older state of a sound that the server says is as it was.
func (i *item) renewed(old *item) *item {
	known := maps.Clone(old.known)
	maps.Copy(known, i.known)
	same := &item{path: old.path, size: old.size, own: old.own, known: known, freshness: i.freshness}
	same.etag = known[etagOf]
	return same
}

// save writes a sound to a file of its own; nothing is left of one that does not come whole.
func (c *Cache) save(body io.Reader, end string) (name string, size int64, err error) {
	if err := os.MkdirAll(c.folder, 0o750); err != nil {
		return "", 0, err
	}
	f, err := os.CreateTemp(c.folder, "*"+end)
	if err != nil {
		return "", 0, err
	}
	n, err := io.Copy(f, io.LimitReader(body, longestSound+1))
	if n > longestSound {
		err = fmt.Errorf("it has more than %d bytes", longestSound)
	}
	if err = errors.Join(err, f.Close()); err != nil {
		_ = os.Remove(f.Name()) // it is of no use, and of no harm
		return "", 0, err
	}
	return f.Name(), n, nil
}
