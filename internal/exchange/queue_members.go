package exchange

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"sync"

	"github.com/octothorpe/octothorpe/internal/callrecord"
	"github.com/octothorpe/octothorpe/internal/queue"
	"github.com/octothorpe/octothorpe/internal/realtime"
)

// memberPost brings changes of members to the database where they lie, one after the
// other. They wait on disk while it is away.
type memberPost struct {
	mu      sync.Mutex
	post    *callrecord.Post // nil until there is a family for it
	run     string           // tells changes of this run from those that an earlier one has left
	last    uint64
	waiting map[uint64]func() // by the number of a change: what to do once it is written, or never will be
}

// A keptChange is a change as it waits on disk.
type keptChange struct {
	queue.Change
	Run    string
	Number uint64
}

// open begins with what an earlier run has left. p.mu is held.
func (p *memberPost) open(x *Exchange) error {
	if p.post != nil {
		return nil
	}
	post, err := callrecord.OpenPost(memberFamily, filepath.Join(x.dirs.Spool, "callrecord", memberFamily), x.system.SpoolLimit, x.storeMember, x.log)
	if err != nil {
		return err
	}
	p.post, p.run, p.waiting = post, rand.Text(), map[uint64]func(){}
	return nil
}

// resumeMembers writes what an earlier run could not.
func (x *Exchange) resumeMembers() {
	p := &x.inQueues
	p.mu.Lock()
	defer p.mu.Unlock()
	if !x.realtime.Has(memberFamily) {
		return
	}
	if err := p.open(x); err != nil {
		x.log.Error("changes of queues' members that are left from before are not written", "error", err)
	}
}

// keepMember hands a change over and does not wait for the database.
func (x *Exchange) keepMember(c queue.Change, done func()) {
	if err := x.postMember(c, done); err != nil {
		x.log.Error("a change of a queue's member is not in its database", "queue", c.Queue, "member", c.Interface, "error", err)
		done()
	}
}

func (x *Exchange) postMember(c queue.Change, done func()) error {
	p := &x.inQueues
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.open(x); err != nil {
		return err
	}
	p.last++
	row, err := json.Marshal(keptChange{c, p.run, p.last})
	if err != nil {
		return fmt.Errorf("keep a change: %w", err)
	}
	if err := p.post.Add([][]byte{row}); err != nil {
		return err
	}
	p.waiting[p.last] = done
	return nil
}

// storeMember writes a change. An error that does not wrap callrecord.ErrRefused has it be
// tried again.
func (x *Exchange) storeMember(ctx context.Context, row []byte) error {
	var c keptChange
	if err := json.Unmarshal(row, &c); err != nil {
		return fmt.Errorf("%w: %w", callrecord.ErrRefused, err)
	}
	err := x.writeMember(ctx, c.Change)
	if err != nil && realtime.Refused(err) {
		err = fmt.Errorf("%w: %w", callrecord.ErrRefused, err)
	}
	if err == nil || errors.Is(err, callrecord.ErrRefused) {
		x.inQueues.written(c)
	}
	return err
}

// written says that a change does not wait any more.
func (p *memberPost) written(c keptChange) {
	p.mu.Lock()
	var done func()
	if c.Run == p.run {
		done = p.waiting[c.Number]
		delete(p.waiting, c.Number)
	}
	p.mu.Unlock()
	if done != nil {
		done()
	}
}

// writeMember changes the columns that there are.
func (x *Exchange) writeMember(ctx context.Context, c queue.Change) error {
	columns, err := x.realtime.Columns(ctx, memberFamily)
	if err != nil {
		return err
	}
	var to []realtime.Field
	for _, v := range c.Values {
		if columns == nil || hasColumn(columns, v.Name) {
			to = append(to, realtime.Field{Name: v.Name, Value: v.Value})
		}
	}
	if len(to) == 0 {
		return nil
	}
	where := realtime.Where("uniqueid", c.ID)
	if c.ID == "" {
		where = realtime.Where("queue_name", c.Queue, "interface", c.Interface)
	}
	n, err := x.realtime.Update(ctx, memberFamily, where, to...)
	if err == nil && n == 0 {
		err = fmt.Errorf("%w: member %s of queue %s has no row", callrecord.ErrRefused, c.Interface, c.Queue)
	}
	return err
}
