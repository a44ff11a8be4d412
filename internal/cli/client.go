package cli

import (
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"
)

// A Client is a remote console: the other end of the control socket.
type Client struct {
	conn  net.Conn
	Hello string // "host/pid/version"
	log   io.Writer
}

// ErrNotRunning says that no exchange answers at the control socket.
var ErrNotRunning = errors.New("no exchange answers at the control socket")

// Dial connects to the control socket at path. Log lines that arrive are
// written to log, which may be nil.
func Dial(path string, log io.Writer) (*Client, error) {
	conn, err := net.DialTimeout("unix", path, 5*time.Second)
	if err != nil {
		return nil, fmt.Errorf("%w %s", ErrNotRunning, path)
	}
	kind, hello, err := readFrame(conn)
	if err != nil || kind != frameHello {
		_ = conn.Close()
		return nil, fmt.Errorf("%w %s", ErrNotRunning, path)
	}
	return &Client{conn: conn, Hello: string(hello), log: log}, nil
}

// Welcome is what a console says first: which exchange it is connected to.
func (c *Client) Welcome() string {
	part := strings.SplitN(c.Hello, "/", 3)
	if len(part) < 3 {
		return "Connected to Asterisk " + c.Hello
	}
	return fmt.Sprintf("Connected to Asterisk %s currently running on %s (pid = %s)", part[2], part[0], part[1])
}

// Close ends the console; the exchange goes on.
func (c *Client) Close() error { return c.conn.Close() }

// SetVerbose asks for log lines up to a verbosity; -1 is none.
func (c *Client) SetVerbose(level int) error {
	return writeFrame(c.conn, frameVerbose, []byte{byte(int8(max(-1, min(level, 127))))})
}

// Execute runs a line, copies its output to out, and returns whether the
// command succeeded.
func (c *Client) Execute(line string, out io.Writer) (ok bool, err error) {
	if err := writeFrame(c.conn, frameExecute, []byte(line)); err != nil {
		return false, err
	}
	for {
		kind, payload, err := readFrame(c.conn)
		if err != nil {
			return false, err
		}
		switch kind {
		case frameOutput:
			if _, err := out.Write(payload); err != nil {
				return false, err
			}
		case frameLog:
			if c.log != nil {
				_, _ = c.log.Write(payload)
			}
		case frameDone:
			return len(payload) == 1 && payload[0] == 0, nil
		}
	}
}

// Complete returns the words that may follow a line.
func (c *Client) Complete(line string) ([]string, error) {
	if err := writeFrame(c.conn, frameComplete, []byte(line)); err != nil {
		return nil, err
	}
	for {
		kind, payload, err := readFrame(c.conn)
		if err != nil {
			return nil, err
		}
		switch kind {
		case frameLog:
			if c.log != nil {
				_, _ = c.log.Write(payload)
			}
		case frameOffers:
			if len(payload) == 0 {
				return nil, nil
			}
			return strings.Split(string(payload), "\n"), nil
		}
	}
}
