package exchange

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"

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

// deliveries are those of call records, and those of the queues.
func (x *Exchange) deliveries() []callrecord.Delivery {
	list := x.records.Deliveries()
	for _, post := range x.queuePosts() {
		list = append(list, post.Delivery())
	}
	return list
}

// queuePosts are those of the queues' log and of changes of members, as far as there are any.
func (x *Exchange) queuePosts() []*callrecord.Post {
	x.queuePost.mu.Lock()
	defer x.queuePost.mu.Unlock()
	x.inQueues.mu.Lock()
	defer x.inQueues.mu.Unlock()
	return slices.DeleteFunc([]*callrecord.Post{x.queuePost.post, x.inQueues.post}, func(p *callrecord.Post) bool { return p == nil })
}

// closeQueueLog writes what waits: lines to the file and the database, changes of members
// to theirs. What can't be written in time stays on disk for the next start.
func (x *Exchange) closeQueueLog() {
	if inTime(waiting(x.queueLog.Close)) != nil {
		x.log.Warn("the last lines of the queues' log could not be written in time")
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for _, post := range x.queuePosts() {
		post.Close(ctx)
	}
}
