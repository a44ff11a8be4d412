package httpd

import (
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"strings"
)

// kinds are the types of files that the reference knows; all else is text.
var kinds = map[string]string{".png": "image/png", ".xml": "text/xml", ".jpg": "image/jpeg", ".js": "application/x-javascript", ".wav": "audio/x-wav",
	".mp3": "audio/mpeg", ".svg": "image/svg+xml", ".svgz": "image/svg+xml", ".gif": "image/gif", ".html": "text/html", ".htm": "text/html", ".css": "text/css",
	".cnf": "text/plain", ".cfg": "text/plain", ".bin": "application/octet-stream", ".sbn": "application/octet-stream", ".ld": "application/octet-stream"}

// static serves the files of a folder, /static/sub/page.html. Names that lead out of
// it, symbolic links included, and folders are not served.
func (s *Server) static(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		s.Unsupported(w)
		return
	}
	name := strings.TrimPrefix(r.URL.Path[len("/static"):], "/")
	if name == "" || !filepath.IsLocal(name) || strings.ContainsAny(name, "\\\x00") {
		s.denied(w, "You do not have permission to access the requested URL.")
		return
	}
	root, err := os.OpenRoot(s.config.Folder)
	if err != nil {
		s.notFound(w)
		return
	}
	defer root.Close()
	f, err := root.Open(name)
	if err != nil {
		s.notFound(w)
		return
	}
	defer f.Close()
	about, err := f.Stat()
	if err != nil || !about.Mode().IsRegular() {
		s.notFound(w)
		return
	}
	kind := kinds[strings.ToLower(filepath.Ext(name))]
	if kind == "" {
		kind = "text/plain"
	}
	h := w.Header()
	h.Del("Cache-Control")
	h.Set("Content-Type", kind)
	h.Set("ETag", fmt.Sprintf(`"%d"`, about.ModTime().Unix()))
	h.Set("X-Content-Type-Options", "nosniff")
	http.ServeContent(w, r, "", about.ModTime(), f)
}

// mostUploaded is how much a client may post in files at a time.
const mostUploaded = 256 << 20

// upload puts posted files into a folder, each whole or not at all. Their names are
// what follows the last slash; those that hide or lead elsewhere are refused.
func (s *Server) upload(w http.ResponseWriter, r *http.Request, folder string) {
	switch {
	case r.Method != http.MethodPost:
		s.Unsupported(w)
		return
	case s.config.MayUpload == nil || !s.config.MayUpload(r):
		s.denied(w, "Sorry, I cannot let you do that, Dave.")
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, mostUploaded)
	parts, err := r.MultipartReader()
	if err != nil {
		s.Error(w, http.StatusBadRequest, "Bad Request", "This is no form with files.")
		return
	}
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil && part.FileName() != "" {
			err = keep(folder, part)
		}
		if err != nil {
			s.config.Logger.Warn("a file could not be taken", "folder", folder, "error", err)
			s.Error(w, http.StatusInternalServerError, "Internal Server Error", "The file could not be kept.")
			return
		}
	}
	s.Error(w, http.StatusOK, "File successfully uploaded.", "File successfully uploaded.")
}

// keep writes a file beside its place and moves it there when it is whole.
func keep(folder string, part *multipart.Part) error {
	name := part.FileName() // without its folders
	if strings.HasPrefix(name, ".") || !filepath.IsLocal(name) {
		return fmt.Errorf("the name %q is refused", name)
	}
	f, err := os.CreateTemp(folder, ".upload-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = io.Copy(f, part)
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), filepath.Join(folder, name))
}
