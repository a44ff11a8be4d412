package phone

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// A keeper writes contacts to the store, off the way of requests. What waits is
// the latest value of each key, so that it holds at most one value per contact
// however slow the store is.
type keeper struct {
	store Store
	log   *slog.Logger

	flushing sync.Mutex // held while what is pending is written; comes before mu
	mu       sync.Mutex // a leaf
	pending  map[storeKey]storeValue
	writing  map[storeKey]storeValue // what is being written
	wake     chan struct{}
}

type storeKey struct{ family, key string }

type storeValue struct {
	value  string
	remove bool
}

func newKeeper(store Store, log *slog.Logger) *keeper {
	return &keeper{store: store, log: log, pending: map[storeKey]storeValue{}, wake: make(chan struct{}, 1)}
}

func (k *keeper) put(family, key, value string) {
	k.set(storeKey{family, key}, storeValue{value: value})
}

func (k *keeper) remove(family, key string) { k.set(storeKey{family, key}, storeValue{remove: true}) }

func (k *keeper) set(key storeKey, value storeValue) {
	if k.store == nil {
		return
	}
	k.mu.Lock()
	k.pending[key] = value
	k.mu.Unlock()
	select {
	case k.wake <- struct{}{}:
	default:
	}
}

// gather is how long a keeper lets more contacts come before it writes: to wake it
// for each costs more than to write it.
const gather = 50 * time.Millisecond

// run writes until ctx ends, and what is left then.
func (k *keeper) run(ctx context.Context) {
	pause := time.NewTimer(gather)
	pause.Stop()
	defer k.flush()
	for {
		select {
		case <-ctx.Done():
			return
		case <-k.wake:
			pause.Reset(gather)
		}
		select {
		case <-ctx.Done():
			return
		case <-pause.C:
			k.flush()
		}
	}
}

// flush writes what is pending. What another one has begun to write is written, too, when it returns.
func (k *keeper) flush() {
	k.flushing.Lock()
	defer k.flushing.Unlock()
	k.mu.Lock()
	pending := k.pending
	k.pending = map[storeKey]storeValue{}
	k.writing = pending
	k.mu.Unlock()
	for key, v := range pending {
		var err error
		if v.remove {
			err = k.store.Delete(key.family, key.key)
		} else {
			err = k.store.Put(key.family, key.key, v.value)
		}
		if err != nil {
			k.log.Warn("a contact was not stored", "key", key.family+"/"+key.key, "error", err)
		}
	}
	k.mu.Lock()
	k.writing = nil
	k.mu.Unlock()
}

// owes reports whether a value of a key is still to be written.
func (k *keeper) owes(family, key string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	one := storeKey{family, key}
	_, waits := k.pending[one]
	_, begun := k.writing[one]
	return waits || begun
}
