package exchange

import (
	"context"
	"os"
	"sync"
	"time"

	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/logging"
)

// stopping is a shutdown that was asked for.
type stopping struct {
	mu      sync.Mutex // a leaf
	cancel  context.CancelFunc
	begun   bool
	restart bool
}

// How says when calls are ended.
type How uint8

// Now ends them, Gracefully takes no new ones and waits for the others,
// WhenConvenient waits until there happen to be none.
const (
	Now How = iota
	Gracefully
	WhenConvenient
)

// Stop asks the exchange to end. It returns at once, and what is closed when that
// was taken back or all calls and phones are gone; Wait returns when it is over.
func (x *Exchange) Stop(how How, restart bool) <-chan struct{} {
	s := &x.stopping
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.begun {
		return x.background.Done()
	}
	if s.cancel != nil {
		s.cancel()
	}
	ctx, cancel := context.WithCancel(x.background)
	s.cancel, s.restart = cancel, restart
	if how == Gracefully {
		x.channels.Refuse(true)
	}
	go func() {
		if how != Now && !x.idle(ctx) {
			return
		}
		if s.begin(ctx) {
			x.shutdown()
		}
	}()
	return ctx.Done()
}

// begin reports whether the shutdown is to begin now: once, and not where it was
// taken back just as the last call ended.
func (s *stopping) begin(ctx context.Context) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	begins := !s.begun && ctx.Err() == nil
	s.begun = s.begun || begins
	return begins
}

// idle waits until there are no channels. It reports false if ctx ends first.
func (x *Exchange) idle(ctx context.Context) bool {
	clock := time.NewTicker(50 * time.Millisecond)
	defer clock.Stop()
	for x.channels.Count() > 0 {
		select {
		case <-ctx.Done():
			return false
		case <-clock.C:
		}
	}
	return true
}

// Abort takes a Stop back that waits for calls.
func (x *Exchange) Abort() bool {
	s := &x.stopping
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.begun || s.cancel == nil {
		return false
	}
	s.cancel()
	s.cancel = nil
	x.channels.Refuse(false)
	return true
}

// Stops reports whether the exchange is about to end.
func (x *Exchange) Stops() bool {
	x.stopping.mu.Lock()
	defer x.stopping.mu.Unlock()
	return x.stopping.cancel != nil
}

// patience is how long calls and clients may take to end.
const patience = 5 * time.Second

// inTime gives a part of the exchange its time to end, however long others took.
func inTime(end func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return end(ctx)
}

// shutdown ends the calls, then what serves them. What is being started or read
// again gets ready first, and nothing is after it.
func (x *Exchange) shutdown() {
	logging.Verbosef(x.log, 0, "Beginning asterisk %s....", map[bool]string{true: "restart", false: "shutdown"}[x.stopping.restart])
	if x.bus.Wants(event.KindShutdown) {
		x.bus.Publish(&event.Shutdown{Cleanly: true, Restart: x.stopping.restart})
	}
	if err := inTime(x.reloading.finish); err != nil {
		x.log.Warn("a part did not end in time", "error", err)
	}
	x.programs.Close()
	x.rest.Close()
	if err := inTime(func(ctx context.Context) error { return x.channels.Shutdown(ctx, 0) }); err != nil {
		x.log.Warn("calls were cut off", "error", err)
	}
	x.phones.stop(x.log)
	x.stopCapture()
	x.stopEndpointFigures()
	if x.iax != nil {
		x.iax.Close()
	}
	if err := inTime(waiting(x.stopNetwork)); err != nil {
		x.log.Warn("the network did not end in time", "error", err)
	}
	if err := inTime(waiting(x.fetched.Close)); err != nil {
		x.log.Warn("sounds that are being fetched did not end in time", "error", err)
	}
	_ = inTime(x.database.Sync) // clients are served while a slow disk has its time; Close tells what is lost
	for _, part := range []func(context.Context) error{x.records.Close, x.http.Close, x.manager.Close, x.database.Close} {
		if err := inTime(part); err != nil {
			x.log.Warn("a part did not end in time", "error", err)
		}
	}
	x.closeQueueLog()
	x.realtime.Close()
	logging.Verbosef(x.log, 0, "Asterisk cleanly ending (0).")
	x.traces.Close(context.Background()) // it is bounded, and tells of calls that did not end in time
	x.cancel()
	x.workers.Wait()
	close(x.ended)
}

// waiting makes of what may wait for ever, with a disk or a command that stands
// still, what is waited for until a context ends.
func waiting(end func()) func(context.Context) error {
	return func(ctx context.Context) error {
		ended := make(chan struct{})
		go func() { defer close(ended); end() }()
		select {
		case <-ended:
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// Wait returns when the exchange has ended, and whether it is to start again.
// Consoles and the log are closed last.
func (x *Exchange) Wait() (restart bool) {
	<-x.ended
	if inTime(waiting(x.socket.Close)) != nil {
		x.log.Warn("consoles did not end in time: a command stands still")
	}
	_ = os.Remove(x.dirs.Pid)
	if inTime(waiting(x.logs.Close)) != nil {
		x.screen.show([]byte("The last lines of the log could not be written in time.\n"))
	}
	x.screen.close()
	return x.stopping.restart
}
