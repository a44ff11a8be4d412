package main

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"sync"
	"time"
)

// What speaks ARI here is the least that does, since it shares the machine with the server:
// requests on a connection that is kept, and a WebSocket that is only read.

const ariAddress = "127.0.0.1:8088"

// A restClient asks, one request after the other.
type restClient struct {
	net.Conn
	r    *bufio.Reader
	text []byte
	body []byte // of the last answer
}

func dialREST(address string) (*restClient, error) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return nil, err
	}
	return &restClient{Conn: conn, r: bufio.NewReaderSize(conn, 1<<14)}, nil
}

func dialRESTs(address string, n int) (list []*restClient, err error) {
	for range n {
		c, err := dialREST(address)
		if err != nil {
			closeRESTs(list)
			return nil, err
		}
		list = append(list, c)
	}
	return list, nil
}

func closeRESTs(list []*restClient) {
	for _, c := range list {
		_ = c.Close()
	}
}

// do asks for something below /ari.
func (c *restClient) do(method, path string) error {
	c.text = append(append(append(c.text[:0], method...), " /ari"...), path...)
	c.text = append(c.text, " HTTP/1.1\r\nHost: bench\r\nAuthorization: Basic YmVuY2g6YmVuY2g=\r\n"...)
	if method == "POST" {
		c.text = append(c.text, "Content-Length: 0\r\n"...)
	}
	_ = c.SetDeadline(time.Now().Add(patience))
	if _, err := c.Write(append(c.text, "\r\n"...)); err != nil {
		return err
	}
	line, err := c.r.ReadSlice('\n')
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	status := string(bytes.TrimSpace(line))
	length := 0
	for {
		if line, err = c.r.ReadSlice('\n'); err != nil {
			return err
		}
		if len(line) <= 2 {
			break
		}
		if name, value, _ := bytes.Cut(line, []byte(":")); len(name) == len("Content-Length") && bytes.EqualFold(name, []byte("Content-Length")) {
			length, _ = strconv.Atoi(string(bytes.TrimSpace(value)))
		}
	}
	if cap(c.body) < length {
		c.body = make([]byte, length)
	}
	c.body = c.body[:length]
	if _, err := io.ReadFull(c.r, c.body); err != nil {
		return err
	}
	if len(status) < 10 || status[9] != '2' {
		return fmt.Errorf("%s %s: %s: %s", method, path, status, c.body)
	}
	return nil
}

// A webSocket hears of an application.
type webSocket struct {
	net.Conn
	r *bufio.Reader
	b []byte
}

func dialEvents(app string) (*webSocket, error) {
	conn, err := net.Dial("tcp", ariAddress)
	if err != nil {
		return nil, err
	}
	s := &webSocket{Conn: conn, r: bufio.NewReaderSize(conn, 1<<14)}
	_ = conn.SetReadDeadline(time.Now().Add(patience))
	fmt.Fprintf(conn, "GET /ari/events?app=%s&api_key=bench:bench HTTP/1.1\r\nHost: bench\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n", app)
	for first := true; ; first = false {
		line, err := s.r.ReadSlice('\n')
		if err == nil && first && !bytes.Contains(line, []byte(" 101 ")) {
			err = fmt.Errorf("a WebSocket for %s: %s", app, bytes.TrimSpace(line))
		}
		if err != nil {
			_ = conn.Close()
			return nil, err
		}
		if len(line) <= 2 {
			_ = conn.SetReadDeadline(time.Time{})
			return s, nil
		}
	}
}

// dialAllEvents opens n WebSockets, each for an application of its own: bench0 and so on.
func dialAllEvents(n int) ([]*webSocket, error) {
	list, errs := make([]*webSocket, n), make([]error, n)
	var all sync.WaitGroup
	turns := make(chan struct{}, 16)
	for i := range n {
		turns <- struct{}{}
		all.Go(func() {
			list[i], errs[i] = dialEvents(fmt.Sprintf("bench%d", i))
			<-turns
		})
	}
	all.Wait()
	return list, errors.Join(errs...)
}

// read returns the next message, which lives until the next read.
func (s *webSocket) read() ([]byte, error) {
	for {
		head, err := s.r.Peek(2)
		if err != nil {
			return nil, err
		}
		kind, length, skip := head[0]&15, uint64(head[1]&127), 2
		switch length {
		case 126:
			if head, err = s.r.Peek(4); err != nil {
				return nil, err
			}
			length, skip = uint64(binary.BigEndian.Uint16(head[2:])), 4
		case 127:
			if head, err = s.r.Peek(10); err != nil {
				return nil, err
			}
			length, skip = binary.BigEndian.Uint64(head[2:]), 10
		}
		_, _ = s.r.Discard(skip)
		if uint64(cap(s.b)) < length {
			s.b = make([]byte, length)
		}
		s.b = s.b[:length]
		if _, err := io.ReadFull(s.r, s.b); err != nil {
			return nil, err
		}
		switch kind {
		case 1:
			return s.b, nil
		case 8:
			return nil, io.EOF
		}
	}
}

// textOf returns what stands between a beginning and the next quotation mark, in a message.
func textOf(message []byte, beginning string) []byte {
	_, rest, ok := bytes.Cut(message, []byte(beginning))
	if !ok {
		return nil
	}
	text, _, _ := bytes.Cut(rest, []byte(`"`))
	return text
}
