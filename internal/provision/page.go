package provision

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
)

// Path is where phones ask.
const Path = "/phoneprov"

// longestTemplate is how long a template may be, in bytes.
const longestTemplate = 4 << 20

// What is the matter where nothing was answered: nothing is served at a path, or what is
// served there can't be read.
var (
	ErrNotFound   = errors.New("nothing is served there")
	ErrUnreadable = errors.New("the file can't be read")
)

// URI is what a phone asks for, below Path.
func URI(r *http.Request) string { return strings.TrimPrefix(r.URL.Path[len(Path):], "/") }

// Serve answers a request with a file or a filled template. The error wraps ErrNotFound or
// ErrUnreadable where nothing was answered.
func (h *House) Serve(w http.ResponseWriter, r *http.Request) error {
	found := h.route(URI(r))
	if found == nil {
		return ErrNotFound
	}
	if found.user == nil {
		return h.serveFile(w, found)
	}
	text, err := h.template(found.path)
	if err != nil {
		return h.unreadable(found, err)
	}
	w.Header().Set("Content-Type", found.kind)
	_, err = io.WriteString(w, h.fill(asking(r, found.user.mac), found.user.lines[0], text))
	return err
}

func (h *House) serveFile(w http.ResponseWriter, found *route) error {
	f, err := h.open(found.path)
	if err != nil {
		return h.unreadable(found, err)
	}
	defer f.Close()
	w.Header().Set("Content-Type", found.kind)
	_, err = io.Copy(w, f)
	return err
}

func (h *House) unreadable(found *route, err error) error {
	h.Logger.Warn("a phone's file can't be read", "uri", found.uri, "file", found.path, "error", err)
	return ErrUnreadable
}

// open opens a file below the folder.
func (h *House) open(name string) (*os.File, error) {
	root, err := os.OpenRoot(h.Folder)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	f, err := root.Open(name)
	if err != nil {
		return nil, err
	}
	if about, err := f.Stat(); err != nil || !about.Mode().IsRegular() {
		f.Close()
		return nil, errors.Join(err, errors.New("it is no file"))
	}
	return f, nil
}

type askingKey struct{}

// asker is a phone that asks, and the address at which it does.
type asker struct{ mac, server string }

// asking notes which phone asks, and where.
func asking(r *http.Request, mac string) context.Context {
	host := ""
	if at, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr); ok {
		host, _, _ = net.SplitHostPort(at.String())
	}
	return context.WithValue(r.Context(), askingKey{}, asker{mac, host})
}
