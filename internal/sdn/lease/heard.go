package lease

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// signsLimit is how many of our signs are waited for; one that took longer to come back
// is of no use.
const signsLimit = 8

// read asks for the records of all shards, until it has them.
func (k *Keeper) read(ctx context.Context, records chan<- change) {
	for n := 0; n < len(k.records); {
		asking, cancel := context.WithTimeout(ctx, patience)
		c, err := k.o.Meeting.read(asking, shardKey(n))
		cancel()
		if err != nil {
			t := time.NewTimer(beat / 6) // between two questions
			select {
			case <-t.C:
				continue
			case <-ctx.Done():
				t.Stop()
				return
			}
		}
		select {
		case records <- c:
			n++
		case <-ctx.Done():
			return
		}
	}
}

func shardKey(n int) string { return "shard." + strconv.Itoa(n) }

// sign makes a sign of life that is sent now.
func (k *Keeper) sign(now time.Time) []byte {
	k.sent++
	k.signs = append([]time.Time{now}, k.signs[:min(len(k.signs), signsLimit-1)]...)
	return fmt.Appendf(nil, "%s %d", k.run, k.sent)
}

// ours takes a sign that is our own: what is written is taken, and we hear.
func (k *Keeper) ours(sign []byte) {
	run, number, _ := strings.Cut(string(sign), " ")
	n, err := strconv.Atoi(number)
	if err != nil || run != k.run || n > k.sent || k.sent-n >= len(k.signs) {
		return
	}
	if at := k.signs[k.sent-n]; at.After(k.signed) {
		k.signed = at
	}
}

// missed says whether changes before this one were not heard. When the revisions begin
// anew, the records have no use for theirs.
func (k *Keeper) missed(c change) bool {
	last := k.last
	k.last = c.revision
	if c.revision < last {
		for n := range k.records {
			k.records[n].revision = 0
		}
	}
	return last != 0 && c.revision != last+1
}

// heard takes what has changed in the store.
func (k *Keeper) heard(c change, now time.Time) {
	kind, name, _ := strings.Cut(c.key, ".")
	gone := c.value == nil
	switch kind {
	case "member":
		if name == k.o.ID && !gone {
			k.ours(c.value)
		}
		if _, known := k.members[name]; known == gone { // it came or went
			k.stable = now
		}
		if gone {
			delete(k.members, name)
		} else {
			k.members[name] = now
		}
	case "shard":
		n, err := strconv.Atoi(name)
		if err != nil || n < 0 {
			return
		}
		r := record{revision: c.revision}
		if n < len(k.records) && r.revision != 0 && r.revision <= k.records[n].revision {
			return // 0 is that of what is not there any more
		}
		if !gone && json.Unmarshal(c.value, &r) != nil {
			k.o.Log.Warn("lease: a record that is none", "shard", n)
		}
		delete(k.foreign, n)
		if r.Holder != "" && r.Holder != k.o.ID && r.Shards != len(k.records) {
			k.foreign[n] = r
		}
		if n < len(k.records) {
			k.records[n] = r
		}
	}
}
