package callrecord

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// A target is where a courier takes rows: a database, a web server.
type target interface {
	// row writes what there is to be told of an entry; nil is nothing.
	row(e entry) ([]byte, error)
	// deliver takes rows, in order, and returns how many have arrived. A row that is
	// refused for what is in it is a *refusal: it will never arrive.
	deliver(ctx context.Context, rows [][]byte) (arrived int, err error)
	close()
}

// A refusal is an error of the row behind those that arrived.
type refusal struct{ cause error }

func (r *refusal) Error() string { return "the row is refused: " + r.cause.Error() }
func (r *refusal) Unwrap() error { return r.cause }

// Delivery.
const (
	atOnce       = 100              // rows in one go
	patience     = 20 * time.Second // for one go
	firstPause   = 250 * time.Millisecond
	longestPause = 30 * time.Second
)

// A courier is a backend that may be away. Rows are on disk before anything else is
// done with them, as far as the disk takes them; its goroutine takes them from there, in order, as long as the target
// takes them, and waits and tries again when it does not.
type courier struct {
	title string
	kind  byte // 'r' for records, 'e' for events, 'q' for rows of a Post
	spool *spool
	log   *slog.Logger

	cancel context.CancelCauseFunc
	ended  chan struct{}
	idle   chan struct{} // asks the goroutine to end when nothing waits
	turned chan struct{} // holds one when there is another target

	mu                 sync.Mutex
	to                 target
	retired            []target // were in force before; the goroutine closes them
	trouble            error
	diskTrouble        error
	arrived, lost, bad uint64
}

// newCourier begins with what an earlier run has left in dir.
func newCourier(title string, kind byte, to target, dir string, limit int64, logger *slog.Logger) (*courier, error) {
	s, err := openSpool(dir, limit)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	c := &courier{title: title, kind: kind, to: to, spool: s, log: logger.With("backend", title), cancel: cancel,
		ended: make(chan struct{}), idle: make(chan struct{}), turned: make(chan struct{}, 1)}
	if rows, _, spoilt := s.waiting(); rows > 0 || spoilt > 0 {
		c.log.Warn("records of an earlier run are delivered now", "records", rows, "unreadable", spoilt)
	}
	go c.run(ctx)
	return c, nil
}

func (c *courier) name() string { return c.title }

// write implements backend. It puts rows on disk and waits for nobody.
func (c *courier) write(batch []entry) error {
	var rows [][]byte
	var failed error
	to := c.target()
	for _, e := range batch {
		if c.kind == 'r' && e.record == nil || c.kind == 'e' && e.event == nil {
			continue
		}
		row, err := to.row(e)
		if err != nil {
			failed = errors.Join(failed, err)
		} else if row != nil {
			rows = append(rows, row)
		}
	}
	if len(rows) == 0 {
		return failed
	}
	return errors.Join(failed, c.keep(rows))
}

// keep puts rows on disk, or in memory where the disk takes none, and counts those that
// there is no room for.
func (c *courier) keep(rows [][]byte) error {
	added, err := c.spool.add(rows)
	c.noteDisk(c.spool.inMemory())
	if left := len(rows) - added; left > 0 {
		c.mu.Lock()
		c.lost += uint64(left)
		c.mu.Unlock()
	}
	return err
}

func (c *courier) target() target {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.to
}

// turnTo has what waits, and what comes, go to another target.
func (c *courier) turnTo(to target) {
	c.mu.Lock()
	c.retired = append(c.retired, c.to)
	c.to = to
	c.mu.Unlock()
	select {
	case c.turned <- struct{}{}:
	default: // it will see the newest
	}
}

// current is the target for a delivery, of the goroutine alone.
func (c *courier) current() target {
	c.mu.Lock()
	to, old := c.to, c.retired
	c.retired = nil
	c.mu.Unlock()
	for _, t := range old {
		t.close()
	}
	return to
}

// run is the goroutine of the courier, which close waits for.
func (c *courier) run(ctx context.Context) {
	defer close(c.ended)
	pause := firstPause
	idle := c.idle
	for {
		n, err := c.carry(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			if n > 0 {
				pause = firstPause
			}
			c.note(err)
			select {
			case <-ctx.Done():
				return
			case <-idle: // once more before the end
				idle = nil
			case <-c.turned:
				pause = firstPause
			case <-time.After(pause):
			}
			pause = min(2*pause, longestPause)
			continue
		case n > 0:
			c.note(nil)
			pause = firstPause
			continue
		}
		if idle == nil {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-idle:
			idle = nil
		case <-c.spool.appended:
		}
	}
}

// carry delivers the oldest rows. It returns how many need not be delivered any more.
func (c *courier) carry(ctx context.Context) (int, error) {
	l, err := c.spool.next(atOnce)
	if err != nil || len(l.rows) == 0 {
		return 0, err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	n, err := c.current().deliver(ctx, l.rows)
	done := n
	var refused *refusal
	if errors.As(err, &refused) {
		c.putAside(l.rows[n], refused)
		done, err = n+1, nil
	}
	c.mu.Lock()
	c.arrived += uint64(n)
	c.bad += uint64(done - n)
	c.mu.Unlock()
	return done, errors.Join(err, c.spool.delivered(l, done))
}

// refusedFile has the rows that a target will never take, for somebody to look at.
const refusedFile = "refused"

// putAside keeps a row that is refused, so that those behind it arrive.
func (c *courier) putAside(row []byte, why *refusal) {
	path := filepath.Join(c.spool.dir, refusedFile)
	c.log.Error("a record is refused and put aside", "file", path, "error", why.cause)
	line := strings.ReplaceAll(why.cause.Error(), "\n", " ") + "\t" + string(row) + "\n"
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o640)
	if err == nil {
		_, err = f.WriteString(line)
		err = errors.Join(err, f.Close())
	}
	if err != nil {
		c.log.Error("a record that was refused is lost", "record", string(row), "error", err)
	}
}

// note tells once that the target is away, and once that it is back.
func (c *courier) note(err error) {
	c.mu.Lock()
	before := c.trouble
	c.trouble = err
	c.mu.Unlock()
	rows, _, _ := c.spool.waiting()
	switch {
	case err != nil && before == nil:
		c.log.Error("records wait on disk: they can't be delivered", "waiting", rows, "error", err)
	case err == nil && before != nil:
		c.log.Warn("records are delivered again", "waiting", rows)
	}
}

// noteDisk tells once that rows are in memory, and once that the disk takes them again.
func (c *courier) noteDisk(err error) {
	c.mu.Lock()
	before := c.diskTrouble
	c.diskTrouble = err
	c.mu.Unlock()
	switch {
	case err != nil && before == nil:
		c.log.Error("records wait in memory alone: the disk does not take them", "error", err)
	case err == nil && before != nil:
		c.log.Warn("records are kept on disk again")
	}
}

// close delivers what waits as long as the target takes it and ctx lasts. The rest
// stays on disk for the next start.
func (c *courier) close(ctx context.Context) {
	close(c.idle)
	select {
	case <-c.ended:
	case <-ctx.Done():
		c.cancel(context.Cause(ctx))
		<-c.ended
	}
	c.cancel(context.Canceled)
	c.current().close()
	c.spool.close()
}

// A Delivery is how a backend that may be away is doing.
type Delivery struct {
	Backend       string
	Events        bool // of CEL, not records
	Waiting       int  // rows on disk
	Bytes         int64
	Delivered     uint64
	Refused, Lost uint64 // for what is in them; because too many waited
	Trouble       error  // why none arrive at present
}

func (c *courier) delivery() Delivery {
	rows, size, _ := c.spool.waiting()
	c.mu.Lock()
	defer c.mu.Unlock()
	return Delivery{Backend: c.title, Events: c.kind == 'e', Waiting: rows, Bytes: size, Delivered: c.arrived, Refused: c.bad, Lost: c.lost, Trouble: c.trouble}
}
