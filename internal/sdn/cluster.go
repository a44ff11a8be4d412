package sdn

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"slices"
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

// maxShards is how many parts the switches can be divided into: more than there are
// controllers by far.
const maxShards = 1024

// check says what is wrong with it, and of which key in the configuration.
func (c Cluster) check() (key string, err error) {
	switch {
	case c.URL != "" && c.Listen != "":
		return "nats", errors.New("the controllers meet in a NATS cluster of yours or in their own, not in both")
	case len(c.Peers) > 0 && c.Listen == "":
		return "peers", errors.New("they are those of a node of the controllers' own cluster, and this is none")
	case c.Shards > 1 && !c.wanted():
		return "shards", errors.New("shards are shared with other controllers, and it is not said where they meet")
	case c.Shards < 0 || c.Shards > maxShards:
		return "shards", fmt.Errorf("it is not from 1 to %d", maxShards)
	}
	for _, address := range append(slices.Clone(c.Peers), c.Listen) {
		if _, _, err := net.SplitHostPort(address); address != "" && err != nil {
			return cmp.Or(map[bool]string{true: "cluster"}[address == c.Listen], "peers"), fmt.Errorf("%s is no host and port", address)
		}
	}
	return "", nil
}

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
	keeper := lease.New(lease.Options{ID: c.ID, Shards: c.Shards, Meeting: place, Log: log,
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

// Term implements control.Mastership.
func (m *mastership) Term(dp *config.DP) (master bool, generation uint64, changed <-chan struct{}) {
	shard := m.shard(dp)
	m.mu.Lock()
	changed, keeper := m.changed[shard], m.keeper
	m.mu.Unlock()
	if keeper == nil {
		return false, 0, changed
	}
	t := keeper.Term(shard)
	return t.Master, t.Generation, changed
}

// Renew implements control.Mastership.
func (m *mastership) Renew(dp *config.DP) {
	m.mu.Lock()
	keeper := m.keeper
	m.mu.Unlock()
	if keeper != nil {
		keeper.Renew(m.shard(dp))
	}
}

// shard is that of a switch. The switches of a stack are of one.
func (m *mastership) shard(dp *config.DP) int {
	id := dp.DatapathID()
	if dp.Stack != nil {
		id = dp.Stack.Members[0].DatapathID()
	}
	return lease.Shard(id, m.shards)
}

// Close lets go, so that another takes over at once.
func (m *mastership) Close() {
	m.stop()
	<-m.done
}
