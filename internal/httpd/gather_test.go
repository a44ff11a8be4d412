package httpd

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
)

// counted is a listener whose connections count their writes. They are no TCP connections to who
// looks, so that they are written by way of Write.
type counted struct {
	net.Listener
	writes atomic.Int64
}

type countedConn struct {
	net.Conn
	writes *atomic.Int64
}

func (l *counted) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &countedConn{c, &l.writes}, nil
}

func (c *countedConn) Write(b []byte) (int, error) {
	c.writes.Add(1)
	return c.Conn.Write(b)
}

// An answer that is gathered is one write, however long; what follows on the connection is whole.
func TestGather(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	count := &counted{Listener: l}
	server := &http.Server{ConnContext: withConn, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n, _ := strconv.Atoi(r.URL.Query().Get("n"))
		body := bytes.Repeat([]byte("x"), n)
		w.Header().Set("Content-Length", strconv.Itoa(n))
		Gather(r, n)
		_, _ = w.Write(body)
	})}
	served := make(chan error, 1)
	go func() {
		served <- server.Serve(&limitedListener{Listener: count, most: 10, refused: new(atomic.Uint64)})
	}()
	defer func() {
		server.Close()
		<-served
	}()
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	r := bufio.NewReader(conn)
	for _, c := range []struct {
		method string
		n      int
		most   int64 // writes
	}{{"GET", 10, 1}, {"GET", 3900, 1}, {"GET", 4096, 1}, {"GET", 8000, 1}, {"GET", gatherMost, 1}, {"HEAD", 8000, 1}, {"GET", gatherMost + 1, 9}, {"POST", 8000, 9}, {"GET", 20, 1}} {
		t.Run(fmt.Sprintf("%s %d", c.method, c.n), func(t *testing.T) {
			count.writes.Store(0)
			fmt.Fprintf(conn, "%s /?n=%d HTTP/1.1\r\nHost: here\r\n\r\n", c.method, c.n)
			request, err := http.NewRequest(c.method, "/", nil)
			if err != nil {
				t.Fatal(err)
			}
			answer, err := http.ReadResponse(r, request)
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(answer.Body)
			want := strings.Repeat("x", c.n)
			if c.method == "HEAD" {
				want = ""
			}
			if string(body) != want || err != nil {
				t.Errorf("the body has %d bytes, %v", len(body), err)
			}
			if n := count.writes.Load(); n > c.most {
				t.Errorf("%d writes", n)
			}
		})
	}
}
