package sdn

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/octothorpe/octothorpe/internal/sdn/config"
	"github.com/octothorpe/octothorpe/internal/sdn/lease"
)

// Cluster says that this controller is one of several, and where they meet.
type Cluster struct {
	URL    string   // a NATS cluster of the user's own
	Listen string   // or: host and port of the node that is embedded here,
	Peers  []string // and those of the others'
	Secret string   // of the nodes
	ID     string   // of this controller; "" makes one up
	Shards int      // into which the switches are divided; 0 for 1: one controller drives all
}

// wanted says whether there are several.
func (c Cluster) wanted() bool { return c.URL != "" || c.Listen != "" }

// mastership is what the controller may do, as the lease says.
type mastership struct {
	keeper *lease.Keeper
	shards int
	stop   context.CancelFunc
	done   chan struct{}

	mu      sync.Mutex // leaf
	changed []chan struct{}
}

// meetTimeout is how long other controllers may take to come, at a start.
const meetTimeout = 5 * time.Minute

// join meets the other controllers in the background and takes part from then on;
// until then nothing is driven.
func join(c Cluster, log *slog.Logger) (*mastership, error) {
	if c.URL != "" && c.Listen != "" {
		return nil, errors.New("the controllers meet in a NATS cluster of yours or in their own, not in both")
	}
	if c.ID == "" {
		host, _ := os.Hostname()
		c.ID = fmt.Sprintf("%s-%s", host, rand.Text()[:8])
	}
	c.Shards = max(c.Shards, 1)
	m := &mastership{shards: c.Shards, done: make(chan struct{})}
	for range c.Shards {
		m.changed = append(m.changed, make(chan struct{}))
	}
	ctx, stop := context.WithCancel(context.Background())
	m.stop = stop
	go func() { // ended by Close
		defer close(m.done)
		for ctx.Err() == nil {
			meeting, cancel := context.WithTimeout(ctx, meetTimeout)
			err := m.take(meeting, ctx, c, log)
			cancel()
			if err != nil && ctx.Err() == nil {
				log.Error("this controller drives nothing until it meets the others", "error", err)
				select {
				case <-time.After(time.Second):
				case <-ctx.Done():
				}
			}
		}
	}()
	return m, nil
}

// take part, until the context ends or NATS does.
func (m *mastership) take(meeting, ctx context.Context, c Cluster, log *slog.Logger) error {
	place, err := lease.Meet(meeting, lease.Place{ID: c.ID, URL: c.URL, Listen: c.Listen, Peers: c.Peers, Secret: c.Secret, Log: log})
	if err != nil {
		return err
	}
	defer place.Close()
	keeper := lease.New(lease.Options{ID: c.ID, Shards: c.Shards, Bucket: place.Bucket, Connected: place.Connected, Log: log,
		Changed: func(shard int, _ lease.Term) {
			m.mu.Lock()
			defer m.mu.Unlock()
			close(m.changed[shard])
			m.changed[shard] = make(chan struct{})
		}})
	m.mu.Lock()
	m.keeper = keeper
	m.mu.Unlock()
	return keeper.Run(ctx)
}

// Term implements control.Mastership. The switches of a stack are of one shard.
func (m *mastership) Term(dp *config.DP) (master bool, generation uint64, changed <-chan struct{}) {
	id := dp.DatapathID()
	if dp.Stack != nil {
		id = dp.Stack.Members[0].DatapathID()
	}
	shard := lease.Shard(id, m.shards)
	m.mu.Lock()
	changed, keeper := m.changed[shard], m.keeper
	m.mu.Unlock()
	if keeper == nil {
		return false, 0, changed
	}
	t := keeper.Term(shard)
	return t.Master, t.Generation, changed
}

// Close lets go, so that another takes over at once.
func (m *mastership) Close() {
	m.stop()
	<-m.done
}
