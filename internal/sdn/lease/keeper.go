package lease

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"
)

// Times. A holder must have let go before another may take: patience is less than
// death, and both are told from when the holder's last sign was on its way.
const (
	beat        = 300 * time.Millisecond
	hurriedBeat = 100 * time.Millisecond // until a sign is taken again
	patience    = 500 * time.Millisecond
	death       = time.Second
	settling    = 2 * time.Second // before a shard is given back to who has come
)

// A Term is what a controller may do with a shard.
type Term struct {
	Master     bool
	Generation uint64 // of the holder, for the role requests; 0: nobody has held it yet
}

// Options of a Keeper.
type Options struct {
	ID      string // of the controller, unlike any other's
	Shards  int
	Meeting *Meeting
	// Changed is called from Run with a new term of a shard; it must not wait.
	Changed func(shard int, t Term)
	Log     *slog.Logger
}

// A Keeper holds shards.
type Keeper struct {
	o Options

	mu    sync.Mutex // leaf
	terms []Term
	renew []bool // the generation of a shard that is ours is too old

	// owned by Run
	records []record
	members map[string]time.Time // when their last sign came
	begun   time.Time
	signs   []time.Time    // when ours were sent, the last ones first; signsLimit at most
	run     string         // is before their numbers
	sent    int            // how many there were
	signed  time.Time      // when the last of them was sent that we heard
	last    uint64         // revision that we heard
	stable  time.Time      // since when the members are these
	foreign map[int]record // of holders that divide the switches otherwise, by shard
	apart   bool           // one of them lives, and the log has it
}

// record is that of a shard, as it was last seen.
type record struct {
	Holder     string `json:"holder"` // "" for nobody
	Generation uint64 `json:"generation"`
	Shards     int    `json:"shards"` // into which the holder divides the switches
	revision   uint64
}

// New makes one.
func New(o Options) *Keeper {
	o.Shards = max(o.Shards, 1)
	return &Keeper{o: o, terms: make([]Term, o.Shards), records: make([]record, o.Shards), members: map[string]time.Time{}, foreign: map[int]record{}, renew: make([]bool, o.Shards), run: rand.Text()}
}

// Term is what the controller may do with a shard now.
func (k *Keeper) Term(shard int) Term {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.terms[shard]
}

// Renew asks for a generation that is new, when a switch has seen a higher one than
// its shard's: it was of another shard before.
func (k *Keeper) Renew(shard int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.renew[shard] = true
}

// renewed says whether that was asked for, once.
func (k *Keeper) renewed(shard int) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	was := k.renew[shard]
	k.renew[shard] = false
	return was
}

// Shard is that of a switch.
func Shard(id uint64, shards int) int {
	h := fnv.New64a()
	fmt.Fprintf(h, "%x", id)
	return int(mix(h.Sum64()) % uint64(max(shards, 1)))
}

// mix spreads what FNV makes of texts that are alike.
func mix(x uint64) uint64 {
	x ^= x >> 33
	x *= 0xff51afd7ed558ccd
	x ^= x >> 33
	return x
}

// Run takes, keeps and lets go of shards until the context ends; then it lets all go.
func (k *Keeper) Run(ctx context.Context) error {
	changes, stop, err := k.o.Meeting.changes()
	if err != nil {
		return fmt.Errorf("lease: %w", err)
	}
	defer stop()
	k.begun = time.Now()
	var asking sync.WaitGroup
	defer asking.Wait()
	records := make(chan change)
	reading, signing := make(chan struct{}, 1), make(chan struct{}, 1) // one of each is on its way
	read := func() {                                                   // all records, because some change was not heard
		select {
		case reading <- struct{}{}:
			asking.Go(func() {
				defer func() { <-reading }()
				k.read(ctx, records)
			})
		default:
		}
	}
	read()
	tick := time.NewTicker(beat / 6)
	defer tick.Stop()
	var last time.Time
	for {
		select {
		case m, more := <-changes:
			if !more {
				k.fence()
				return errors.New("lease: NATS tells no more")
			}
			if c, ok := readChange(m); ok {
				if k.missed(c) {
					read()
				}
				k.heard(c, time.Now())
			}
		case c := <-records:
			k.heard(c, time.Now())
		case now := <-tick.C:
			pause := beat
			if now.Sub(k.signed) >= patience { // nobody takes it, or not yet
				pause = hurriedBeat
			}
			if now.Sub(last) >= pause && !k.divided(now) {
				select {
				case signing <- struct{}{}:
					last = now
					sign := k.sign(now)
					asking.Go(func() {
						defer func() { <-signing }()
						writing, cancel := context.WithTimeout(ctx, pause)
						defer cancel()
						_, _ = k.o.Meeting.Bucket.Put(writing, "member."+k.o.ID, sign) // whether it was taken we hear
					})
				default:
				}
			}
			if !k.consider(ctx, time.Now()) {
				read()
			}
		case <-ctx.Done():
			k.fence()
			return k.leave()
		}
	}
}

// alive says whether a controller is, as far as we can hear.
func (k *Keeper) alive(id string, now time.Time) bool {
	if id == k.o.ID {
		return true
	}
	return now.Sub(k.members[id]) < death
}

// divided says whether one that holds a shard divides the switches into another
// number of shards than we do: then two would drive one switch. Who finds that
// takes nothing, gives no sign and is missed by nobody.
func (k *Keeper) divided(now time.Time) bool {
	for _, r := range k.foreign {
		if now.Sub(k.members[r.Holder]) >= death {
			continue
		}
		if !k.apart {
			k.o.Log.Error("lease: this controller drives nothing, since another divides the switches otherwise: all must say the same number of shards",
				"shards", len(k.records), "other", r.Holder, "of_the_other", r.Shards)
		}
		k.apart = true
		return true
	}
	k.apart = false
	return false
}

// consider does what the time asks for; false if a record was not as it was seen, or
// could not be written: then the rest waits, since who holds a shard must be told in time.
func (k *Keeper) consider(ctx context.Context, now time.Time) bool {
	for id, at := range k.members {
		if now.Sub(at) >= death {
			delete(k.members, id)
			k.stable = now
		}
	}
	since, connected := k.o.Meeting.Connected()
	healthy := connected && now.Sub(k.signed) < patience && !k.divided(now)
	for n, r := range k.records {
		k.set(n, Term{Master: r.Holder == k.o.ID && healthy, Generation: r.Generation})
	}
	if !healthy {
		return true
	}
	for n, r := range k.records {
		next := record{Holder: k.o.ID, Generation: max(r.Generation+1, uint64(now.UnixMilli()))}
		switch {
		case r.Holder == k.o.ID && k.renewed(n):
		case r.Holder == k.o.ID:
			if len(k.records) == 1 || now.Sub(k.stable) <= settling || k.preferred(n, now) == k.o.ID {
				continue
			}
			k.set(n, Term{Generation: r.Generation})
			next = record{Generation: r.Generation}
		case r.Holder != "" && k.alive(r.Holder, now):
			continue
		case now.Sub(since) < death || now.Sub(k.begun) < death: // we could not have heard them
			continue
		case k.preferred(n, now) != k.o.ID && len(k.records) > 1:
			continue
		}
		if !k.write(ctx, n, next) {
			return false
		}
	}
	return true
}

// preferred is who is to have a shard, of those that live.
func (k *Keeper) preferred(shard int, now time.Time) string {
	best, most := "", uint64(0)
	for _, id := range append(slices.Sorted(maps.Keys(k.members)), k.o.ID) {
		if !k.alive(id, now) {
			continue
		}
		h := fnv.New64a()
		fmt.Fprintf(h, "%d %s", shard, id)
		if v := mix(h.Sum64()); best == "" || v > most {
			best, most = id, v
		}
	}
	return best
}

// write puts a record in the place of the one that was seen; false if that was not done:
// perhaps somebody was faster, and was not heard.
func (k *Keeper) write(ctx context.Context, n int, r record) bool {
	r.Shards = len(k.records)
	value, err := json.Marshal(r)
	if err != nil {
		return false // texts and numbers are always JSON
	}
	ctx, cancel := context.WithTimeout(ctx, patience/2)
	defer cancel()
	revision, err := k.o.Meeting.Bucket.Update(ctx, shardKey(n), value, k.records[n].revision)
	if err != nil {
		k.o.Log.Debug("lease", "shard", n, "error", err)
		return false
	}
	r.revision = revision
	k.records[n] = r
	if r.Holder == k.o.ID {
		k.o.Log.Info("lease: this controller is the master now", "shard", n, "generation", r.Generation)
	}
	return true
}

// set tells a term that is new.
func (k *Keeper) set(n int, t Term) {
	k.mu.Lock()
	changed := k.terms[n] != t
	lost := k.terms[n].Master && !t.Master
	k.terms[n] = t
	k.mu.Unlock()
	if !changed {
		return
	}
	if lost {
		k.o.Log.Info("lease: this controller is no master any more", "shard", n)
	}
	k.o.Changed(n, t)
}

// fence is no master any more.
func (k *Keeper) fence() {
	for n, r := range k.records {
		k.set(n, Term{Generation: r.Generation})
	}
}

// leave lets go of what is held, so that nobody need wait.
func (k *Keeper) leave() error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var failed error
	for n, r := range k.records {
		if r.Holder == k.o.ID {
			k.write(ctx, n, record{Generation: r.Generation})
		}
	}
	if err := k.o.Meeting.Bucket.Delete(ctx, "member."+k.o.ID); err != nil {
		failed = fmt.Errorf("lease: %w", err)
	}
	return failed
}
