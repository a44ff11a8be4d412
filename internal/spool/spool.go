package spool

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/octothorpe/octothorpe/internal/call"
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/logging"
	"github.com/octothorpe/octothorpe/internal/media"
)

// A Dialplan is what a spool needs of the executor.
type Dialplan interface {
	// Exists tells whether a place exists for a call from caller.
	Exists(l channel.Location, caller string) bool
	// Run carries c through its plan; it returns when c has ended.
	Run(c *channel.Channel)
	// Assign sets a variable, or a function written NAME(args).
	Assign(ctx context.Context, c *channel.Channel, name, value string) error
}

// A Spool makes the calls of one folder.
type Spool struct {
	Calls    *call.Calls
	Dialplan Dialplan
	Logger   *slog.Logger
	// Folder is where the files come, and Done where those are kept that want to be.
	Folder, Done string

	seen  time.Time            // the folder's time when it was read
	files map[string]time.Time // when each is due, as far as known

	mu      sync.Mutex      // over what is written of calls to their files, and
	calling map[string]bool // files whose calls are under way, by path
}

// interval is how often the folder is looked at.
const interval = time.Second

// Run makes the calls until ctx ends. Calls that are under way then are the
// business of the channels' registry.
func (s *Spool) Run(ctx context.Context) {
	for _, dir := range []string{s.Folder, s.Done} {
		if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // other programs put files there
			s.Logger.Warn("a folder of call files can't be made, so none are read", "error", err)
			return
		}
	}
	clock := time.NewTicker(interval)
	defer clock.Stop()
	for {
		s.look(ctx, time.Now())
		select {
		case <-ctx.Done():
			return
		case <-clock.C:
		}
	}
}

// look attempts the calls of the files that are due. The folder is read only
// when it has changed.
func (s *Spool) look(ctx context.Context, now time.Time) {
	if dir, err := os.Stat(s.Folder); err != nil {
		return
	} else if changed := dir.ModTime(); !changed.Equal(s.seen) || now.Sub(changed) < 2*interval {
		s.seen = changed
		s.list()
	}
	for name, due := range s.files {
		if due.After(now) {
			continue
		}
		path := filepath.Join(s.Folder, name)
		info, err := os.Stat(path)
		switch {
		case err != nil:
			delete(s.files, name)
		case info.ModTime().After(now):
			s.files[name] = info.ModTime()
		default:
			s.files[name] = s.begin(ctx, path, info.ModTime(), now)
		}
	}
}

// list takes the files of the folder up; those that are known stay.
func (s *Spool) list() {
	entries, err := os.ReadDir(s.Folder)
	if err != nil {
		return
	}
	if s.files == nil {
		s.files = map[string]time.Time{}
	}
	for _, e := range entries {
		if !e.Type().IsRegular() || strings.HasPrefix(e.Name(), ".") {
			continue
		}
		s.files[e.Name()] = time.Time{} // its own time tells
	}
}

// begin attempts the call of a file, unless one is under way, and returns when to
// look at it again.
func (s *Spool) begin(ctx context.Context, path string, changed, now time.Time) time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, err := read(path, func(line int, problem string) {
		s.Logger.Warn("a line of a call file", "file", path, "line", line, "problem", problem)
	})
	switch {
	case errors.Is(err, errIncomplete) && now.Sub(changed) < interval:
		return now.Add(interval) // it is perhaps being written still
	case errors.Is(err, errIncomplete):
		s.Logger.Warn(fmt.Sprintf("Invalid file contents in %s, deleting", path), "error", err)
		if err := os.Remove(path); err != nil {
			s.Logger.Warn("a call file can't be deleted", "file", path, "error", err)
			return now.Add(time.Minute)
		}
		return now
	case errors.Is(err, fs.ErrNotExist):
		return now
	case err != nil:
		s.Logger.Warn("a call file can't be read", "file", path, "error", err)
		return now.Add(time.Minute)
	}
	next := now.Add(f.retry)
	// That the file names this process says nothing: in a container each one has the same number.
	if f.trying != 0 && s.calling[path] {
		_ = f.note("DelayedRetry", f.tried, next)
		return next
	}
	if f.trying != 0 { // an exchange that is no more
		f.tried++
		_ = f.note("AbortRetry", f.tried, next)
	}
	if f.tried > f.most {
		s.expire(f)
		return next
	}
	f.tried++
	if err := f.note("StartRetry", f.tried, next); err != nil {
		s.Logger.Warn("a call file can't be written to, so it is not called", "file", path, "error", err)
		return next
	}
	s.call(ctx, f)
	return next
}

// call attempts the call of a file in the background; s.mu is held.
func (s *Spool) call(ctx context.Context, f *file) {
	if s.calling == nil {
		s.calling = map[string]bool{}
	}
	s.calling[f.path] = true
	s.Calls.Channels.Go("call file "+filepath.Base(f.path), func() {
		note := func() {}
		defer func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			note()
			delete(s.calling, f.path)
		}()
		note = s.attempt(ctx, f)
	})
}

// attempt makes the call and waits until it is over. What it returns sees to the file.
func (s *Spool) attempt(ctx context.Context, f *file) (note func()) {
	logging.Verbosef(s.Logger, 3, "Attempting call on %s for %s (Retry %d)", f.device(), f.what(), f.tried)
	var leg *channel.Channel
	o := call.Origination{Device: f.device(), Timeout: f.wait, To: f.to, Application: f.application, Data: f.data,
		Caller: f.caller, Account: f.account, Variables: f.variables, Assign: s.assign, Formats: f.formats}
	got, err := s.Calls.Originate(ctx, o, func(c *channel.Channel) { leg = c })
	if err == nil {
		<-leg.CallContext().Done()
		s.Logger.Log(context.Background(), logging.Notice, "Call completed to "+f.device())
		return func() { s.remove(f, "Completed") }
	}
	if ctx.Err() != nil {
		return func() {} // the exchange ends: the next one finds the attempt unfinished
	}
	s.failed(f, got.Reason)
	s.Logger.Log(context.Background(), logging.Notice, fmt.Sprintf("Call failed to go through, reason (%d) %s", got.Reason, reasons[got.Reason]), "file", f.path, "error", err)
	if f.tried > f.most {
		return func() { s.expire(f) }
	}
	return func() { _ = f.note("EndRetry", f.tried, s.due(f)) }
}

// due is when a file is to be tried again: it was set when the attempt began, and
// the file's owner may have changed it since.
func (s *Spool) due(f *file) time.Time {
	now := time.Now()
	if info, err := os.Stat(f.path); err == nil && info.ModTime().After(now) {
		return info.ModTime()
	}
	return now
}

var reasons = map[int]string{
	call.ReasonFailure:    "Call Failure (not BUSY, and not NO_ANSWER, maybe Circuit busy or down?)",
	call.ReasonNoAnswer:   "Remote end Ringing",
	call.ReasonBusy:       "Remote end is Busy",
	call.ReasonCongestion: "Congestion (circuits busy)",
}

func (s *Spool) expire(f *file) {
	plural := "s"
	if f.most == 1 {
		plural = ""
	}
	s.Logger.Log(context.Background(), logging.Notice, fmt.Sprintf("Queued call to %s expired without completion after %d attempt%s", f.device(), f.most, plural))
	s.remove(f, "Expired")
}

// remove takes a file out of the folder: to where those are kept that want to be,
// else away, unless it was given a time in the future and is to stay then.
func (s *Spool) remove(f *file, status string) {
	if !f.archive {
		if info, err := os.Stat(f.path); err == nil && info.ModTime().After(time.Now()) && !f.alwaysDelete {
			return
		}
		if err := os.Remove(f.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			s.Logger.Warn("a call file can't be deleted", "file", f.path, "error", err)
		}
		return
	}
	if err := appended(f.path, "Status: "+status+"\n", time.Now()); err != nil {
		s.Logger.Warn("a call file can't be written to", "file", f.path, "error", err)
	}
	if err := os.Rename(f.path, filepath.Join(s.Done, filepath.Base(f.path))); err != nil {
		s.Logger.Warn("a call file can't be kept", "file", f.path, "error", err)
		_ = os.Remove(f.path)
	}
}

// assign sets a variable of a new leg.
func (s *Spool) assign(c *channel.Channel, name, value string) {
	if err := s.Dialplan.Assign(c.Context(), c, name, value); err != nil {
		s.Logger.Warn("a variable of a call file was not set", "channel", c.Name(), "variable", name, "error", err)
	}
}

// failed runs the extension failed of the context to which the call would have
// gone, if there is one, on a leg without a far end.
func (s *Spool) failed(f *file, reason int) {
	to := channel.Location{Context: f.to.Context, Exten: "failed", Priority: 1}
	if f.application != "" || !s.Dialplan.Exists(to, f.caller.Number.Text) {
		return
	}
	c, err := s.Calls.Channels.New(channel.Config{Name: "OutgoingSpoolFailed", Leg: channel.Nowhere{Format: media.SLin}, State: event.Down, Caller: f.caller,
		AccountCode: f.account, Context: to.Context, Exten: to.Exten})
	if err != nil {
		s.Logger.Warn("the extension failed can't be run", "error", err)
		return
	}
	for _, v := range f.variables {
		s.assign(c, v.Name, v.Value)
	}
	c.SetVariable("REASON", fmt.Sprint(reason))
	c.SetLocation(to)
	s.Dialplan.Run(c)
}
