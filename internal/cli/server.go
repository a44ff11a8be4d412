package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/octothorpe/octothorpe/internal/logging"
)

// logBacklog is how many log lines wait for a remote console. A console that
// does not take them loses those that come then, and is told how many.
const logBacklog = 1024

// A Server lets remote consoles in by the control socket.
type Server struct {
	dispatcher *Dispatcher
	logger     *slog.Logger
	hello      string

	permissions atomic.Pointer[Permissions]

	mu       sync.Mutex
	attach   func(show func(text []byte, verbosity int)) Watcher // may be nil
	listener net.Listener
	remotes  map[*remote]struct{}
	running  sync.WaitGroup
	ctx      context.Context
	cancel   context.CancelFunc
}

// NewServer returns a server that greets with a line, "host/pid/version".
func NewServer(d *Dispatcher, logger *slog.Logger, hello string) *Server {
	s := &Server{dispatcher: d, logger: logger, hello: hello, remotes: map[*remote]struct{}{}}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	return s
}

// Listen opens the control socket at path with a file mode. A socket that
// nobody listens at is left over and replaced; ErrRunning says that somebody does,
// also one who has no time.
func (s *Server) Listen(path string, mode os.FileMode) error {
	conn, err := net.DialTimeout("unix", path, time.Second)
	switch {
	case err == nil:
		_ = conn.Close()
		return &RunningError{path}
	case errors.Is(err, syscall.EAGAIN), errors.Is(err, os.ErrDeadlineExceeded):
		return &RunningError{path}
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("replace control socket: %w", err)
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		return fmt.Errorf("open control socket: %w", err)
	}
	if err := os.Chmod(path, mode); err != nil {
		_ = l.Close()
		return fmt.Errorf("open control socket: %w", err)
	}
	s.mu.Lock()
	s.listener = l
	s.mu.Unlock()
	s.running.Add(1)
	go s.accept(l)
	return nil
}

// ErrRunning says that an exchange with this control socket runs already.
var ErrRunning = errors.New("an exchange with this control socket runs already")

// A RunningError is ErrRunning with the socket, in words that scripts look for.
type RunningError struct{ Socket string }

func (e *RunningError) Error() string {
	return "Asterisk already running on " + e.Socket + ".  Use 'asterisk -r' to connect."
}

// Is makes a RunningError an ErrRunning.
func (*RunningError) Is(target error) bool { return target == ErrRunning }

func (s *Server) accept(l net.Listener) {
	defer s.running.Done()
	for {
		conn, err := l.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			s.logger.Warn("a console could not connect", "error", err)
			select {
			case <-time.After(50 * time.Millisecond): // out of descriptors: let others close theirs
			case <-s.ctx.Done():
				return
			}
			continue
		}
		r := &remote{server: s, conn: conn, logs: make(chan []byte, logBacklog), verbose: -1}
		if !s.admit(r) {
			_ = conn.Close()
			return
		}
		go func() {
			defer s.running.Done()
			r.serve(s.ctx)
			s.mu.Lock()
			delete(s.remotes, r)
			s.mu.Unlock()
			r.end()
		}()
	}
}

// admit makes a console known, unless the server closes.
func (s *Server) admit(r *remote) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ctx.Err() != nil {
		return false
	}
	s.remotes[r] = struct{}{}
	s.running.Add(1)
	return true
}

// Close ends all consoles and removes the socket, its own and no other's. Output that a command wrote is sent first.
func (s *Server) Close() {
	s.mu.Lock()
	s.cancel()
	if s.listener != nil {
		_ = s.listener.Close()
	}
	for r := range s.remotes {
		_ = r.conn.SetDeadline(time.Now().Add(500 * time.Millisecond))
	}
	s.mu.Unlock()
	s.running.Wait()
}

// A Watcher is a console's place in the log; a *logging.Console is one.
type Watcher interface {
	SetVerbosity(level int)
	SetMuted(yes bool)
	SetLevel(name string, on bool) bool
	Detach()
}

// Watch sets how a console that wants to see the log gets a place in it: show
// takes a line, and never waits. Consoles that have one change over.
func (s *Server) Watch(attach func(show func(text []byte, verbosity int)) Watcher) {
	s.mu.Lock()
	s.attach = attach
	remotes := slices.Collect(maps.Keys(s.remotes))
	s.mu.Unlock()
	for _, r := range remotes {
		r.leave()
		r.watch()
	}
}

// Log shows a text that is no line of the log on the consoles that show it. It
// never waits.
func (s *Server) Log(text []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for r := range s.remotes {
		r.mu.Lock()
		shown := r.verbose >= 0 && !r.muted
		r.mu.Unlock()
		if shown {
			r.show(text, -1)
		}
	}
}

// Count returns how many consoles are connected.
func (s *Server) Count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.remotes)
}

// remote is one console on the socket.
type remote struct {
	server *Server
	conn   net.Conn
	logs   chan []byte

	writing sync.Mutex // one frame at a time; only this console's goroutines wait for it

	lost atomic.Int64 // lines that the queue had no room for

	mu      sync.Mutex // held while the place in the log changes, never by show
	watcher Watcher    // nil: none
	verbose int        // -1 shows no log
	muted   bool
	ended   bool
}

// show takes a line of the log.
func (r *remote) show(line []byte, _ int) {
	select {
	case r.logs <- line:
	default:
		r.lost.Add(1)
	}
}

// watch brings the place in the log into step with what the console wants.
func (r *remote) watch() {
	r.server.mu.Lock()
	attach := r.server.attach
	r.server.mu.Unlock()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.watcher == nil && r.verbose >= 0 && !r.ended && attach != nil {
		r.watcher = attach(r.show)
	}
	if r.watcher != nil {
		r.watcher.SetVerbosity(max(r.verbose, 0))
		r.watcher.SetMuted(r.muted || r.verbose < 0)
	}
}

// leave gives the place up.
func (r *remote) leave() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.watcher != nil {
		r.watcher.Detach()
		r.watcher = nil
	}
}

// end gives the place up for good.
func (r *remote) end() {
	r.mu.Lock()
	r.ended = true
	r.mu.Unlock()
	r.leave()
}

func (r *remote) send(kind byte, payload []byte) error {
	r.writing.Lock()
	defer r.writing.Unlock()
	return writeFrame(r.conn, kind, payload)
}

// Write sends output of a command.
func (r *remote) Write(p []byte) (int, error) {
	if err := r.send(frameOutput, p); err != nil {
		return 0, err
	}
	return len(p), nil
}

// SetVerbose implements command.Remote.
func (r *remote) SetVerbose(level int) {
	r.mu.Lock()
	r.verbose = level
	r.mu.Unlock()
	r.watch()
}

// Verbose implements command.Remote.
func (r *remote) Verbose() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return max(r.verbose, 0)
}

// Mute implements command.Remote.
func (r *remote) Mute(yes bool) {
	r.mu.Lock()
	r.muted = yes
	r.mu.Unlock()
	r.watch()
}

// Muted implements command.Remote.
func (r *remote) Muted() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.muted
}

// SetLevel implements command.Remote. It lasts as long as the place in the log.
func (r *remote) SetLevel(name string, on bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.watcher != nil {
		r.watcher.SetLevel(name, on)
	}
}

func (r *remote) serve(ctx context.Context) {
	defer r.conn.Close()
	stop := make(chan struct{})
	done := make(chan struct{})
	go func() { defer close(done); r.showLogs(stop) }()
	defer func() { close(stop); <-done }()
	if r.send(frameHello, []byte(r.server.hello)) != nil {
		return
	}
	logging.Verbosef(r.server.logger, 3, "Remote UNIX connection")
	defer logging.Verbosef(r.server.logger, 3, "Remote UNIX connection disconnected")
	for {
		kind, payload, err := readFrame(r.conn)
		if err != nil {
			return
		}
		switch kind {
		case frameExecute:
			result := byte(0)
			if line := string(payload); !r.permitted(line) {
				fmt.Fprintf(r, "You don't have permissions to run '%s' command\n", strings.Join(Words(line), " "))
				result = 1
			} else if err := relayed(r, func(out io.Writer) error { return r.server.dispatcher.Execute(ctx, line, out, r) }); err != nil {
				result = 1
			}
			if r.send(frameDone, []byte{result}) != nil {
				return
			}
		case frameComplete:
			offers := strings.Join(r.server.dispatcher.Complete(string(payload)), "\n")
			if r.send(frameOffers, []byte(offers)) != nil {
				return
			}
		case frameVerbose:
			if len(payload) == 1 {
				r.SetVerbose(int(int8(payload[0])))
			}
		default:
			r.server.logger.Warn("console sent what is no request", "type", kind)
			return
		}
	}
}

func (r *remote) showLogs(stop <-chan struct{}) {
	for {
		select {
		case <-stop:
			return
		case line := <-r.logs:
			if r.send(frameLog, line) != nil {
				return
			}
			if len(r.logs) > 0 {
				continue
			}
			if n := r.lost.Swap(0); n > 0 && r.send(frameLog, fmt.Appendf(nil, "%d lines of the log were left out: this console is too slow\n", n)) != nil {
				return
			}
		}
	}
}
