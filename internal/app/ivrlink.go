package app

import (
	"bufio"
	"context"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/media"
)

const (
	ivrPort     = "2949"
	ivrPatience = 5 * time.Second // to reach a server, and for one to take a line
	ivrLine     = 64 << 10        // bytes of the longest line
	ivrAhead    = 16              // lines read ahead; who writes more waits
)

// An ivrLink is the connection to a program of ExternalIVR.
type ivrLink struct {
	out interface {
		io.WriteCloser
		SetWriteDeadline(time.Time) error
	}
	lines  chan string // what the program says; closed when it says no more
	closed chan struct{}
	ends   []io.Closer
	broken bool // it took a line too late; the owner's

	mu      sync.Mutex // a leaf
	pending bool       // something came that the owner has not looked at
	cancel  context.CancelFunc
}

// dialIVR reaches the server of ivr://host[:port], or starts a program.
func (h *House) dialIVR(ctx context.Context, c *channel.Channel, app string, args []string) (*ivrLink, error) {
	l := &ivrLink{lines: make(chan string, ivrAhead), closed: make(chan struct{})}
	if host, ok := strings.CutPrefix(app, "ivr://"); ok {
		if _, _, err := net.SplitHostPort(host); err != nil {
			host = net.JoinHostPort(strings.Trim(host, "[]"), ivrPort)
		}
		d := net.Dialer{Timeout: ivrPatience}
		conn, err := d.DialContext(ctx, "tcp", host)
		if err != nil {
			return nil, err
		}
		l.out, l.ends = conn.(*net.TCPConn), []io.Closer{conn}
		go l.listen(conn)
		return l, nil
	}
	return l, l.launch(h, c, app, args)
}

// launch starts a program: no shell is involved. It is not ended with the call, but
// finds its input closed.
func (l *ivrLink) launch(h *House, c *channel.Channel, app string, args []string) error {
	child := exec.Command(app, args...) //nolint:gosec,noctx // what the administrator's dialplan says; see above
	var pipes [3][2]*os.File
	for i := range pipes {
		r, w, err := os.Pipe()
		if err != nil {
			closePipes(pipes)
			return err
		}
		pipes[i] = [2]*os.File{r, w}
	}
	child.Stdin, child.Stdout, child.Stderr = pipes[0][0], pipes[1][1], pipes[2][1]
	if err := child.Start(); err != nil {
		closePipes(pipes)
		return err
	}
	for _, theirs := range []*os.File{pipes[0][0], pipes[1][1], pipes[2][1]} {
		_ = theirs.Close()
	}
	l.out, l.ends = pipes[0][1], []io.Closer{pipes[0][1], pipes[1][0], pipes[2][0]}
	go l.listen(pipes[1][0])
	go func() { // until close, or the end of the program
		errors := bufio.NewScanner(pipes[2][0])
		for errors.Scan() {
			h.Logger.Info("stderr: "+errors.Text(), "channel", c.Name(), "program", app)
		}
	}()
	go func() { _ = child.Wait() }() // as long as the program runs
	return nil
}

func closePipes(pipes [3][2]*os.File) {
	for _, p := range pipes {
		for _, f := range p {
			if f != nil {
				_ = f.Close()
			}
		}
	}
}

// listen reads the program's lines until it or close ends.
func (l *ivrLink) listen(r io.Reader) {
	defer l.wake()
	defer close(l.lines)
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 0, 512), ivrLine)
	for lines.Scan() {
		select {
		case l.lines <- lines.Text():
			l.wake()
		case <-l.closed:
			return
		}
	}
}

// say writes a line. A program that takes none for a while is left.
func (l *ivrLink) say(line string) {
	if l.broken {
		return
	}
	_ = l.out.SetWriteDeadline(time.Now().Add(ivrPatience))
	if _, err := io.WriteString(l.out, line+"\n"); err != nil {
		l.broken = true
	}
}

func (l *ivrLink) close() {
	close(l.closed)
	for _, e := range l.ends {
		_ = e.Close()
	}
	for range l.lines { // listen has ended
	}
}

// wake has the owner look at what came.
func (l *ivrLink) wake() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.pending = true
	if l.cancel != nil {
		l.cancel()
	}
}

// read reads the leg until a frame comes or wake is called.
func (l *ivrLink) read(ctx context.Context, c *channel.Channel) (f media.Frame, came bool) {
	within, cancel := context.WithCancel(ctx)
	defer cancel()
	l.mu.Lock()
	l.cancel = cancel
	if l.pending {
		cancel()
	}
	l.mu.Unlock()
	f, err := c.Read(within)
	l.mu.Lock()
	l.cancel, l.pending = nil, false
	l.mu.Unlock()
	return f, err == nil
}
