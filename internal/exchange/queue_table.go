package exchange

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/octothorpe/octothorpe/internal/callrecord"
	"github.com/octothorpe/octothorpe/internal/logging"
	"github.com/octothorpe/octothorpe/internal/queue"
	"github.com/octothorpe/octothorpe/internal/realtime"
)

// queueLogFamily is where the log of queues goes if extconfig.conf has such a family.
const queueLogFamily = "queue_log"

// queuePost brings lines of the queues' log to a database. They wait on disk while it is
// away.
type queuePost struct {
	mu       sync.Mutex
	post     *callrecord.Post // nil until there is a family
	settings logging.Settings
}

// tableOfQueueLog returns who takes the lines for a database; nil: there is none for them.
func (x *Exchange) tableOfQueueLog(s logging.Settings) func([]queue.Line) error {
	p := &x.queuePost
	p.mu.Lock()
	defer p.mu.Unlock()
	p.settings = s
	if !x.realtime.Has(queueLogFamily) {
		return nil
	}
	if p.post == nil {
		post, err := callrecord.OpenPost(queueLogFamily, filepath.Join(x.dirs.Spool, "callrecord", queueLogFamily), x.system.SpoolLimit, x.storeQueueLine, x.log)
		if err != nil {
			x.log.Error("the queues' log can't go to its database", "error", err)
			return nil
		}
		p.post = post
	}
	post := p.post
	return func(lines []queue.Line) error {
		rows := make([][]byte, 0, len(lines))
		for _, l := range lines {
			row, err := json.Marshal(l)
			if err != nil {
				return fmt.Errorf("keep a line: %w", err)
			}
			rows = append(rows, row)
		}
		return post.Add(rows)
	}
}

// storeQueueLine writes a line as a row. Its data go to the columns data1 to data5, if the
// table has them all, and else to data.
func (x *Exchange) storeQueueLine(ctx context.Context, row []byte) error {
	var l queue.Line
	if err := json.Unmarshal(row, &l); err != nil {
		return fmt.Errorf("%w: %w", callrecord.ErrRefused, err)
	}
	columns, err := x.realtime.Columns(ctx, queueLogFamily)
	if err != nil {
		return err
	}
	x.queuePost.mu.Lock()
	s := x.queuePost.settings
	x.queuePost.mu.Unlock()
	if s.QueueLogGMT {
		l.Time = l.Time.UTC()
	} else {
		l.Time = l.Time.Local()
	}
	fields := []realtime.Field{{Name: "time", Value: l.Time.Format("2006-01-02 15:04:05.000000")}, {Name: "callid", Value: l.Call},
		{Name: "queuename", Value: l.Queue}, {Name: "agent", Value: l.Agent}, {Name: "event", Value: l.Event}}
	fields = append(fields, queueData(strings.Join(l.Data, "|"), partedData(columns, s))...)
	if columns != nil {
		fields = slices.DeleteFunc(fields, func(f realtime.Field) bool { return !hasColumn(columns, f.Name) })
	}
	_, err = x.realtime.Store(ctx, queueLogFamily, fields...)
	if err != nil && realtime.Refused(err) {
		err = fmt.Errorf("%w: %w", callrecord.ErrRefused, err)
	}
	return err
}

func hasColumn(columns []string, name string) bool {
	return slices.ContainsFunc(columns, func(c string) bool { return strings.EqualFold(c, name) })
}

// dataColumns are those that data may be parted into.
var dataColumns = []string{"data1", "data2", "data3", "data4", "data5"}

// partedData tells whether data go to columns of their own. With queue_log = no they do
// not, as in Asterisk.
func partedData(columns []string, s logging.Settings) bool {
	if columns == nil {
		return s.QueueLogParted
	}
	for _, name := range dataColumns {
		if !hasColumn(columns, name) {
			return false
		}
	}
	return !s.NoQueueLog
}

func queueData(data string, parted bool) []realtime.Field {
	if !parted {
		return []realtime.Field{{Name: "data", Value: data}}
	}
	parts := append(strings.SplitN(data, "|", len(dataColumns)), make([]string, len(dataColumns))...)
	var list []realtime.Field
	for i, name := range dataColumns {
		list = append(list, realtime.Field{Name: name, Value: parts[i]})
	}
	return list
}

// deliveries are those of call records, and that of the queues' log.
func (x *Exchange) deliveries() []callrecord.Delivery {
	list := x.records.Deliveries()
	x.queuePost.mu.Lock()
	defer x.queuePost.mu.Unlock()
	if x.queuePost.post != nil {
		list = append(list, x.queuePost.post.Delivery())
	}
	return list
}

// closeQueueLog writes what waits: lines to the file and the database, changes of members
// to theirs.
func (x *Exchange) closeQueueLog() {
	if inTime(waiting(x.queueLog.Close)) != nil {
		x.log.Warn("the last lines of the queues' log could not be written in time")
	}
	if inTime(x.keeper.close) != nil {
		x.log.Warn("the last changes of queues' members could not be written to their database in time")
	}
	x.queuePost.mu.Lock()
	post := x.queuePost.post
	x.queuePost.mu.Unlock()
	if post != nil {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		post.Close(ctx)
	}
}

// memberKeeper writes changes of members to the database where they lie, one after the
// other. Its goroutine is started with the queues.
type memberKeeper struct {
	todo  chan keptChange
	ended chan struct{}

	mu     sync.RWMutex // held while something is handed over
	closed bool
}

type keptChange struct {
	queue.Change
	done func()
}

// changesKept may wait; those beyond are not written.
const changesKept = 4096

var errTooManyChanges = errors.New("too many changes wait already")

func newMemberKeeper() *memberKeeper {
	return &memberKeeper{todo: make(chan keptChange, changesKept), ended: make(chan struct{})}
}

// keepMember hands a change over and waits for nobody.
func (x *Exchange) keepMember(c queue.Change, done func()) {
	k := x.keeper
	k.mu.RLock()
	defer k.mu.RUnlock()
	if !k.closed {
		select {
		case k.todo <- keptChange{c, done}:
			return
		default:
		}
	}
	done()
	x.log.Error("a change of a queue's member is not in its database", "queue", c.Queue, "member", c.Interface, "error", errTooManyChanges)
}

func (k *memberKeeper) run(x *Exchange) {
	defer close(k.ended)
	for c := range k.todo {
		if err := x.writeMember(c.Change); err != nil {
			x.log.Error("a change of a queue's member is not in its database", "queue", c.Queue, "member", c.Interface, "error", err)
		}
		c.done()
	}
}

// close lets what waits be written, as long as ctx lasts.
func (k *memberKeeper) close(ctx context.Context) error {
	k.mu.Lock()
	if !k.closed {
		k.closed = true
		close(k.todo)
	}
	k.mu.Unlock()
	select {
	case <-k.ended:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// writeMember changes the columns that there are.
func (x *Exchange) writeMember(c queue.Change) error {
	ctx, cancel := context.WithTimeout(x.background, 2*time.Second)
	defer cancel()
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
		err = errors.New("there is no such row")
	}
	return err
}
