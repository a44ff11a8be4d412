package wire

import (
	"fmt"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Tables of a file are sections named "table NAME": a row a line, as name=value with & between.
// A web server has them for the driver curl of realtime, at http://127.0.0.1:8090/NAME.
const (
	tableSection = "table "
	webPort      = "8090"
)

// Besides phones the console and the web server say something, if a step asks them.
var asking = map[string]string{"show": "console", "rows": "web"}

// A column is a name and a value of a row.
type column struct{ name, value string }

// web is the server of tables.
type web struct {
	mu     sync.Mutex // a leaf
	tables map[string][][]column
}

// readRows reads the rows of a table.
func readRows(text string) (rows [][]column) {
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			rows = append(rows, readForm(line))
		}
	}
	return rows
}

func readForm(text string) (row []column) {
	for _, pair := range strings.Split(text, "&") {
		name, value, ok := strings.Cut(pair, "=")
		if !ok {
			continue
		}
		name, _ = url.PathUnescape(name)
		value, _ = url.PathUnescape(value)
		row = append(row, column{name, value})
	}
	return row
}

func writeForm(row []column) string {
	var parts []string
	for _, c := range row {
		if c.value != "" {
			parts = append(parts, url.PathEscape(c.name)+"="+strings.ReplaceAll(url.PathEscape(c.value), "&", "%26"))
		}
	}
	return strings.Join(parts, "&")
}

// meets reports whether a row is asked for: by equality, or LIKE with % at the ends.
func meets(row, where []column) bool {
	for _, w := range where {
		name, operator, _ := strings.Cut(w.name, " ")
		found := false
		for _, c := range row {
			switch {
			case c.name != name:
			case operator == "LIKE":
				found = found || c.value != "" && strings.Contains(c.value, strings.Trim(w.value, "%"))
			default:
				found = found || c.value == w.value
			}
		}
		if !found {
			return false
		}
	}
	return true
}

// ServeHTTP answers as the servers do that Asterisk's res_config_curl asks.
func (s *web) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body := make([]byte, max(r.ContentLength, 0))
	if _, err := r.Body.Read(body); err != nil && err.Error() != "EOF" {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	table, operation, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	s.mu.Lock()
	defer s.mu.Unlock()
	rows, form := s.tables[table], readForm(string(body))
	where := form
	if operation == "update" {
		where = readForm(r.URL.RawQuery)
	}
	changed := 0
	for _, row := range rows {
		switch {
		case !meets(row, where):
		case operation == "single" && changed > 0:
		case operation == "single" || operation == "multi":
			changed++
			_, _ = fmt.Fprintln(w, writeForm(row))
		case operation == "update":
			changed++
			set(row, form)
		}
	}
	if operation == "update" {
		_, _ = fmt.Fprint(w, changed)
	}
	if operation == "require" {
		_, _ = fmt.Fprint(w, "0")
	}
}

// set changes the columns that a row has.
func set(row, to []column) {
	for _, c := range to {
		for i := range row {
			if row[i].name == c.name {
				row[i].value = c.value
			}
		}
	}
}

// ServeTables opens the web server if a file has tables.
func (p *Player) ServeTables(file *File) error {
	if len(file.Tables) == 0 {
		return nil
	}
	p.web = &web{tables: map[string][][]column{}}
	for name, text := range file.Tables {
		p.web.tables[name] = readRows(p.outward(text))
	}
	listener, err := net.Listen("tcp", net.JoinHostPort(p.host, webPort))
	if err != nil {
		return fmt.Errorf("serve tables: %w", err)
	}
	server := &http.Server{Handler: p.web, ReadHeaderTimeout: patient}
	p.closers = append(p.closers, server)
	go func() { _ = server.Serve(listener) }() // until Close
	return nil
}

// rows are those of a table, a column a line: all, or those of a name.
func (s *web) rows(which string) string {
	table, name, one := strings.Cut(which, " ")
	s.mu.Lock()
	defer s.mu.Unlock()
	var b strings.Builder
	for _, row := range s.tables[table] {
		if one && !slices.Contains(row, column{"name", name}) {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('\n')
		}
		for _, c := range row {
			fmt.Fprintf(&b, "%s=%s\n", c.name, c.value)
		}
	}
	return b.String()
}

// ask asks the console or the web server. What was recorded may be said a moment after what phones did.
func (p *Player) ask(step *Step, record bool) (*Step, error) {
	verb, rest, _ := strings.Cut(step.Line, " ")
	played := *step
	for end := time.Now().Add(patient); ; time.Sleep(20 * time.Millisecond) {
		text, err := "", error(nil)
		switch {
		case verb == "show":
			text, err = p.console(p.outward(rest))
		case p.web != nil:
			text = p.web.rows(rest)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", step.Line, err)
		}
		played.Got = []Got{{asking[verb], plain(p.inward(text))}}
		if record || slices.Equal(played.Got, step.Got) || time.Now().After(end) {
			return &played, nil
		}
	}
}

var (
	colour  = regexp.MustCompile("\x1b\\[[0-9;]*m")
	epoch   = regexp.MustCompile(`(?m)^(regseconds=)([1-9]\d+)$`)
	left    = regexp.MustCompile(`(?m)^(\s*Expire\s*: )(\d+)$`)
	blanks  = regexp.MustCompile(` {2,}`)
	took    = regexp.MustCompile(`\((\d+) ms\)`)
	latency = regexp.MustCompile(`(?m)^(lastms=)([1-9]\d*)$`)
)

// plain is an answer without what differs each time: times, seconds that are counted down, and the width of columns,
// which addresses are in.
func plain(text string) string {
	text = epoch.ReplaceAllString(colour.ReplaceAllString(strings.ReplaceAll(text, "\r", ""), ""), "$1<time>")
	text = latency.ReplaceAllString(took.ReplaceAllString(text, "(<n> ms)"), "$1<n>")
	text = group(left, text, func(s string) string {
		seconds, _ := strconv.Atoi(s)
		return strconv.Itoa((seconds + 9) / 10 * 10)
	})
	text = versions.ReplaceAllString(text, "Asterisk PBX <version>")
	var b strings.Builder
	for line := range strings.Lines(blanks.ReplaceAllString(text, " ")) {
		b.WriteString(strings.TrimRight(line, " \n") + "\n")
	}
	return strings.TrimRight(strings.TrimLeft(b.String(), "\n"), "\n") + "\n"
}

// asks reports whether a line asks the console or the web server.
func asks(line string) bool {
	verb, _, _ := strings.Cut(line, " ")
	return asking[verb] != ""
}
