package httpd

import (
	"fmt"
	"html"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Error answers with a page that says what is wrong.
func (s *Server) Error(w http.ResponseWriter, status int, title, text string) {
	address := ""
	if name := s.Name(); name != "" {
		address = "<address>" + html.EscapeString(name) + "</address>\r\n"
	}
	page := fmt.Sprintf("<!DOCTYPE HTML PUBLIC \"-//IETF//DTD HTML 2.0//EN\">\r\n<html><head>\r\n<title>%d %s</title>\r\n</head><body>\r\n<h1>%s</h1>\r\n<p>%s</p>\r\n<hr />\r\n%s</body></html>\r\n",
		status, title, title, text, address)
	w.Header().Set("Content-Type", "text/html")
	w.Header().Set("Content-Length", fmt.Sprint(len(page)))
	w.WriteHeader(status)
	_, _ = w.Write([]byte(page))
}

func (s *Server) notFound(w http.ResponseWriter) {
	s.Error(w, http.StatusNotFound, "Not Found", "The requested URL was not found on this server.")
}

// Unsupported answers a method that a page does not have.
func (s *Server) Unsupported(w http.ResponseWriter) {
	s.Error(w, http.StatusNotImplemented, "Not Implemented", "Attempt to use unimplemented / unsupported method")
}

func (s *Server) tooLarge(w http.ResponseWriter) {
	w.Header().Set("Connection", "close")
	s.Error(w, http.StatusRequestEntityTooLarge, "Request Entity Too Large", "Body too large")
}

func (s *Server) denied(w http.ResponseWriter, text string) {
	w.Header().Set("Connection", "close")
	s.Error(w, http.StatusForbidden, "Access Denied", text)
}

// status is the page /httpstatus.
func (s *Server) status(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		s.Unsupported(w)
		return
	}
	var b strings.Builder
	row := func(key, value string) {
		fmt.Fprintf(&b, "<tr><td><i>%s</i></td><td><b>%s</b></td></tr>\r\n", key, html.EscapeString(value))
	}
	b.WriteString("<html><title>Asterisk HTTP Status</title>\r\n<body bgcolor=\"#ffffff\">\r\n<table bgcolor=\"#f1f1f1\" align=\"center\"><tr><td bgcolor=\"#e0e0ff\" colspan=\"2\" width=\"500\">\r\n" +
		"<h2>&nbsp;&nbsp;Asterisk&trade; HTTP Status</h2></td></tr>\r\n")
	row("Server", s.Name())
	row("Prefix", s.settings.Load().Prefix)
	if at, ok := s.Address(); ok {
		row("Bind Address", at.String())
	}
	if at, ok := s.SecureAddress(); ok {
		row("SSL Bind Address", at.String())
	}
	b.WriteString("<tr><td colspan=\"2\"><hr></td></tr>\r\n")
	query, _ := url.ParseQuery(r.URL.RawQuery)
	for _, key := range sorted(query) {
		fmt.Fprintf(&b, "<tr><td><i>Submitted GET Variable '%s'</i></td><td>%s</td></tr>\r\n", html.EscapeString(key), html.EscapeString(query.Get(key)))
	}
	b.WriteString("<tr><td colspan=\"2\"><hr></td></tr>\r\n")
	for _, c := range r.Cookies() {
		fmt.Fprintf(&b, "<tr><td><i>Cookie '%s'</i></td><td>%s</td></tr>\r\n", html.EscapeString(c.Name), html.EscapeString(c.Value))
	}
	b.WriteString("</table></body></html>\r\n")
	w.Header().Set("Content-Type", "text/html")
	_, _ = w.Write([]byte(b.String()))
}

func sorted(query url.Values) []string {
	keys := make([]string, 0, len(query))
	for key := range query {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
