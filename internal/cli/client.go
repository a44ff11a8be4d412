package cli

import (
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"time"
)

// A Client is a remote console: the other end of the control socket. One goroutine
// at a time may run its commands.
type Client struct {
	conn    net.Conn
	Hello   string     // "host/pid/version"
	replies chan frame // to whoever runs a command
	gone    chan struct{}
	err     error // why it is gone; set before gone is closed

	mu  sync.Mutex // held while a log line is shown
	log io.Writer  // nil: nowhere
}

type frame struct {
	kind    byte
	payload []byte
}

// ErrNotRunning says that no exchange answers at the control socket.
var ErrNotRunning = errors.New("no exchange answers at the control socket")

// Dial connects to the control socket at path. Log lines are written to log, which
// may be nil, as they arrive.
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
	c := &Client{conn: conn, Hello: string(hello), replies: make(chan frame), gone: make(chan struct{}), log: log}
	go c.read()
	return c, nil
}

// read takes what comes until the connection ends.
func (c *Client) read() {
	defer close(c.gone)
	for {
		kind, payload, err := readFrame(c.conn)
		switch {
		case err != nil:
			c.err = err
			return
		case kind == frameLog:
			c.mu.Lock()
			if c.log != nil {
				_, _ = c.log.Write(payload)
			}
			c.mu.Unlock()
		case !c.reply(frame{kind, payload}):
			return
		}
	}
}

// reply hands a frame to whoever runs a command. Nobody may: a frame that was not
// asked for ends the console.
func (c *Client) reply(f frame) bool {
	select {
	case c.replies <- f:
		return true
	case <-time.After(replyTime):
		c.err = errors.New("control socket: an answer that nobody asked for")
		return false
	}
}

// replyTime is how long a terminal may take to show a piece of output.
const replyTime = time.Minute

// Gone is closed when the exchange has ended the console.
func (c *Client) Gone() <-chan struct{} { return c.gone }

// ShowLog has log lines written to w from now on.
func (c *Client) ShowLog(w io.Writer) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.log = w
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
		f, err := c.next()
		if err != nil {
			return false, err
		}
		switch f.kind {
		case frameOutput:
			if _, err := out.Write(f.payload); err != nil {
				return false, err
			}
		case frameDone:
			return len(f.payload) == 1 && f.payload[0] == 0, nil
		}
	}
}

// next waits for the next frame of an answer.
func (c *Client) next() (frame, error) {
	select {
	case f := <-c.replies:
		return f, nil
	case <-c.gone:
		return frame{}, c.err
	}
}

// Complete returns the words that may follow a line.
func (c *Client) Complete(line string) ([]string, error) {
	if err := writeFrame(c.conn, frameComplete, []byte(line)); err != nil {
		return nil, err
	}
	for {
		f, err := c.next()
		if err != nil {
			return nil, err
		}
		if f.kind == frameOffers {
			if len(f.payload) == 0 {
				return nil, nil
			}
			return strings.Split(string(f.payload), "\n"), nil
		}
	}
}
