package lease

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/octothorpe/octothorpe/internal/sdn/loopback"
)

func TestMain(m *testing.M) {
	if what := os.Getenv(nodeEnv); what != "" {
		fmt.Println(asNode(what))
		os.Exit(1)
	}
	goleak.VerifyTestMain(m)
}

// controllers are three that meet in a cluster of their own.
type controllers struct {
	t       *testing.T
	keepers []*Keeper
	meets   []*Meeting
	stops   []func()

	mu    sync.Mutex
	terms []map[int]Term // of each, by shard
	since []map[int]time.Time
}

func begin(t *testing.T, shards int) *controllers {
	t.Helper()
	c := &controllers{t: t}
	addresses := loopback.Addresses(t, 3)
	var wait sync.WaitGroup
	c.meets, c.keepers, c.stops = make([]*Meeting, 3), make([]*Keeper, 3), make([]func(), 3)
	for i := range 3 {
		c.terms, c.since = append(c.terms, map[int]Term{}), append(c.since, map[int]time.Time{})
		wait.Go(func() {
			var peers []string
			for j, a := range addresses {
				if j != i {
					peers = append(peers, a)
				}
			}
			ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
			defer cancel()
			m, err := Meet(ctx, Place{ID: fmt.Sprintf("c%d", i), Listen: addresses[i], Peers: peers, Log: slog.New(slog.DiscardHandler)})
			if err != nil {
				t.Error(err)
				return
			}
			c.meets[i] = m
		})
	}
	wait.Wait()
	if t.Failed() {
		t.FailNow()
	}
	for i, m := range c.meets {
		k := New(Options{ID: fmt.Sprintf("c%d", i), Shards: shards, Meeting: m, Log: slog.New(slog.DiscardHandler),
			Changed: func(shard int, term Term) {
				c.mu.Lock()
				defer c.mu.Unlock()
				c.terms[i][shard], c.since[i][shard] = term, time.Now()
			}})
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan error, 1)
		go func() { done <- k.Run(ctx) }()
		var once sync.Once
		c.keepers[i], c.stops[i] = k, func() { once.Do(func() { cancel(); <-done; m.Close() }) }
		t.Cleanup(c.stops[i])
	}
	return c
}

// masters are those of a shard.
func (c *controllers) masters(shard int) (list []int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, terms := range c.terms {
		if terms[shard].Master {
			list = append(list, i)
		}
	}
	return list
}

func (c *controllers) eventually(what string, is func() bool) {
	c.t.Helper()
	for late := time.Now().Add(30 * time.Second); !is(); time.Sleep(5 * time.Millisecond) { // between two looks
		if time.Now().After(late) {
			c.t.Fatalf("not seen: %s; masters of shard 0 are %v", what, c.masters(0))
		}
	}
}

// One is the master; when it dies another is, within two seconds and never at the
// same time, with a generation that is higher. One that leaves is followed at once.
func TestAnotherTakesOver(t *testing.T) {
	c := begin(t, 1)
	c.eventually("a master", func() bool { return len(c.masters(0)) == 1 })
	first := c.masters(0)[0]
	generation := c.keepers[first].Term(0).Generation
	died := time.Now()
	c.meets[first].conn.Close() // it hears nobody and nobody hears it
	c.meets[first].node.Shutdown()
	other := func() int {
		for _, i := range c.masters(0) {
			if i != first {
				return i
			}
		}
		return -1
	}
	c.eventually("another master", func() bool { return other() >= 0 })
	second := other()
	took := time.Since(died)
	t.Logf("another is master after %v", took)
	if took > 2*time.Second {
		t.Errorf("another took over after %v", took)
	}
	c.mu.Lock()
	let, took2 := c.since[first][0], c.since[second][0]
	still := c.terms[first][0].Master
	c.mu.Unlock()
	if still || let.After(took2) {
		t.Error("there were two masters")
	}
	if next := c.keepers[second].Term(0).Generation; next <= generation {
		t.Errorf("the generation is %d after %d", next, generation)
	}
	c.stops[first]()
}

func TestWhoLeavesIsFollowedAtOnce(t *testing.T) {
	c := begin(t, 1)
	c.eventually("a master", func() bool { return len(c.masters(0)) == 1 })
	first := c.masters(0)[0]
	left := time.Now()
	c.stops[first]()
	c.eventually("another master", func() bool { return len(c.masters(0)) == 1 })
	took := time.Since(left)
	t.Logf("another is master after %v", took)
	if took > 2*time.Second {
		t.Errorf("another took over after %v", took)
	}
}

// alone is a bucket that nobody else has, and a keeper on it.
func alone(t *testing.T) (keeper func(id string, shards int) *Keeper) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	m, err := Meet(ctx, Place{ID: "node", Listen: "127.0.0.1:0", Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Close)
	return func(id string, shards int) *Keeper {
		k := New(Options{ID: id, Shards: shards, Meeting: m, Changed: func(int, Term) {}, Log: slog.New(slog.NewTextHandler(t.Output(), nil))})
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan error, 1)
		go func() { done <- k.Run(ctx) }()
		t.Cleanup(func() { cancel(); <-done })
		return k
	}
}

func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	for late := time.Now().Add(30 * time.Second); !is(); time.Sleep(5 * time.Millisecond) { // between two looks
		if time.Now().After(late) {
			t.Fatal("not seen:", what)
		}
	}
}

// Who divides the switches otherwise than one that is there already drives nothing,
// and the other keeps all that it has.
func TestAnotherNumberOfShardsIsNoMaster(t *testing.T) {
	keeper := alone(t)
	has := func(k *Keeper, shards int) bool {
		for n := range shards {
			if !k.Term(n).Master {
				return false
			}
		}
		return true
	}
	first := keeper("a", 3)
	until(t, "all three shards are of the first", func() bool { return has(first, 3) })
	second := keeper("b", 2)
	until(t, "it has seen the first", func() bool {
		second.mu.Lock()
		defer second.mu.Unlock()
		return second.terms[0].Generation != 0 && second.terms[1].Generation != 0
	})
	begun := time.Now()
	for time.Since(begun) < death+settling+time.Second { // longer than it would wait for others
		if second.Term(0).Master || second.Term(1).Master {
			t.Fatal("two controllers drive one switch")
		}
		time.Sleep(20 * time.Millisecond) // between two looks
	}
	if !has(first, 3) {
		t.Error("the first has lost a shard to who can not have it")
	}
}

func TestARenewedGenerationIsHigher(t *testing.T) {
	k := alone(t)("a", 1)
	until(t, "a master", func() bool { return k.Term(0).Master })
	before := k.Term(0).Generation
	k.Renew(0)
	until(t, "a new generation", func() bool { now := k.Term(0); return now.Master && now.Generation > before })
}

// Several shards are shared, each has one master, and who dies leaves his to the rest.
func TestShardsAreShared(t *testing.T) {
	const shards = 12
	c := begin(t, shards)
	each := func(living int) func() bool {
		return func() bool {
			holds := map[int]int{}
			for n := range shards {
				m := c.masters(n)
				if len(m) != 1 {
					return false
				}
				holds[m[0]]++
			}
			return len(holds) == living
		}
	}
	c.eventually("all three have shards, and each shard one of them", each(3))
	c.stops[2]()
	c.eventually("the two that are left have all", each(2))
	for id := range uint64(100) {
		if n := Shard(id, shards); n < 0 || n >= shards {
			t.Errorf("switch %d is of shard %d", id, n)
		}
	}
}
