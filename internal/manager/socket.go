package manager

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/httpd"
)

// mostSocket is how long a message of a browser may be, in bytes.
const mostSocket = 128 << 10

// serveSocket makes a session of a WebSocket: its messages are JSON objects, whose
// keys and values are the lines of AMI. {"Action": "Login", …} comes first, as on TCP.
func (s *Server) serveSocket(w http.ResponseWriter, r *http.Request) {
	conn, err := httpd.Accept(w, r, "ami", mostSocket)
	if err != nil {
		return // it has answered
	}
	s.admit(&socket{Conn: conn}, r.TLS != nil)
}

// socket is the WebSocket of a browser as a connection: what is read is AMI, and each
// line that is written is a message.
type socket struct {
	*httpd.Conn
	left []byte
}

// errNoObject is told for a message that is no action; the session goes on.
const errNoObject = command.Refusal(`A message is a JSON object of texts, numbers, true, false and lists of these: {"Action": "Ping"}`)

// Read implements net.Conn.
func (s *socket) Read(b []byte) (int, error) {
	for len(s.left) == 0 {
		m, err := s.ReadMessage()
		if err != nil {
			return 0, err
		}
		lines, ok := linesOf(m)
		if !ok {
			return 0, errNoObject
		}
		s.left = lines
	}
	n := copy(b, s.left)
	s.left = s.left[n:]
	return n, nil
}

// Write implements net.Conn.
func (s *socket) Write(b []byte) (int, error) {
	n := 0
	for line := range bytes.Lines(b) {
		if err := s.WriteMessage(bytes.TrimSuffix(line, []byte("\n"))); err != nil {
			return n, err
		}
		n += len(line)
	}
	return n, nil
}

// linesOf makes a message of AMI of an object: a list is a key that comes again.
func linesOf(text []byte) (lines []byte, ok bool) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var b []byte
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, false
	}
	for d.More() {
		t, err := d.Token()
		key, ok := t.(string)
		if err != nil || !ok {
			return nil, false
		}
		var value any
		if err := d.Decode(&value); err != nil {
			return nil, false
		}
		list, many := value.([]any)
		if !many {
			list = []any{value}
		}
		for _, v := range list {
			switch v.(type) {
			case string, bool, json.Number:
				b = appendField(b, key, fmt.Sprint(v))
			case nil:
			default:
				return nil, false
			}
		}
	}
	if _, err := d.Token(); err != nil {
		return nil, false
	}
	return append(b, "\r\n"...), true
}
