package rest

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/octothorpe/octothorpe/internal/logging"
)

// What clients ask and are told, as consoles show it while somebody debugs an application.

// showText shows a text of clients, who have no say over the terminal.
func (s *Server) showText(text string) {
	if s.Console != nil {
		s.Console(logging.CleanLines(text))
	}
}

func (s *Server) showMessage(what, peer string, message []byte) {
	s.showText(fmt.Sprintf("<--- %s %s --->\n%s\n", what, peer, pretty(message)))
}

// showEvent shows what a WebSocket was sent.
func (s *Server) showEvent(peer string, message []byte) {
	s.showMessage("Sending ARI event to", peer, message)
}

// watch has a request done, and shows it first if all is shown, or if it names an application that
// is. It reports whether it has.
func (s *Server) watch(r *http.Request, path string, do func() answer) (a answer, shown bool) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	rest := io.Reader(bytes.NewReader(body))
	if err != nil {
		rest = io.MultiReader(rest, failing{err})
	}
	r.Body = struct {
		io.Reader
		io.Closer
	}{rest, r.Body}
	query := queryOf(r.URL.RawQuery)
	if shown = s.Hub.Debugs(query["app"]...); shown {
		s.showText(requestText(r, path, query, body))
	}
	return do(), shown
}

// A failing reader goes on after what could be read.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func requestText(r *http.Request, path string, query map[string][]string, body []byte) string {
	var b strings.Builder
	fmt.Fprintf(&b, "<--- ARI request received from: %s --->\n%s %s\nHost: %s\n", r.RemoteAddr, r.Method, strings.TrimPrefix(path, "/"), r.Host)
	for _, lines := range []map[string][]string{r.Header, query} {
		for _, name := range slices.Sorted(maps.Keys(lines)) {
			for _, value := range lines[name] {
				if name == "Authorization" || name == "api_key" {
					value = "********" // a log is no place for passwords
				}
				fmt.Fprintf(&b, "%s: %s\n", name, value)
			}
		}
	}
	fmt.Fprintf(&b, "body:\n%s\n\n", body)
	return b.String()
}

// showAnswer shows what a request got.
func (s *Server) showAnswer(peer string, a answer) {
	kind := a.kind
	if kind == "" {
		kind = "application/json"
	}
	text := fmt.Sprintf("<--- Sending ARI response to %s --->\n%d %s\n", peer, a.status, http.StatusText(a.status))
	if a.body != nil {
		text += fmt.Sprintf("Content-type: %s\n%s\n", kind, a.body)
	}
	s.showText(text + "\n")
}
