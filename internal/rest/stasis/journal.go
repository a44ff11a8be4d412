package stasis

import (
	"errors"
	"iter"
	"strconv"
	"strings"
	"time"
)

// Keeping is for how long and how much is kept of what applications are told.
type Keeping struct {
	// Bytes and Time bound what is kept for clients that count their events, to be told
	// again to one that comes back. Nothing is kept if one of them is 0.
	Bytes int
	Time  time.Duration
	// Grace is how long legs wait to enter an application that has lost its last client,
	// and how long those of a client that shares it wait for that client.
	Grace time.Duration
}

// ErrTooLate is why an application can't be told what came since a place.
var ErrTooLate = errors.New("the events since then are not kept any more")

// A kept message is all of it but its place and its end.
type kept struct {
	number uint64
	at     time.Time
	to     []*client // nil is all of the application
	b      []byte
}

// size is about what it takes.
func (k *kept) size() int { return len(k.b) + 64 }

// A journal is what an application was told lately. Journals stand under Hub.telling.
type journal struct {
	list  []kept
	bytes int
	floor uint64 // what has this number, or a smaller one, is not there
}

// journals are those that there are, which share one room.
type journals struct {
	all   map[*journal]bool
	bytes int
}

// begin makes a journal that has nothing up to a number.
func (j *journals) begin(floor uint64) *journal {
	one := &journal{floor: floor}
	j.all[one] = true
	return one
}

// end forgets a journal.
func (j *journals) end(one *journal) {
	if one != nil {
		j.bytes -= one.bytes
		delete(j.all, one)
	}
}

// add keeps a message, and forgets what is too old or too much: of the journal that has most.
func (j *journals) add(one *journal, k kept, limits Keeping) {
	one.list = append(one.list, k)
	one.bytes += k.size()
	j.bytes += k.size()
	j.expire(one, k.at.Add(-limits.Time))
	for j.bytes > limits.Bytes {
		largest := one
		for other := range j.all {
			if other.bytes > largest.bytes {
				largest = other
			}
		}
		j.drop(largest)
	}
}

// expire forgets what is older than a moment.
func (j *journals) expire(one *journal, before time.Time) {
	for len(one.list) > 0 && one.list[0].at.Before(before) {
		j.drop(one)
	}
}

// drop forgets the oldest message.
func (j *journals) drop(one *journal) {
	k := &one.list[0]
	one.floor = k.number
	one.bytes -= k.size()
	j.bytes -= k.size()
	*k = kept{}
	one.list = one.list[1:]
}

// A Backlog is what a client is told first: what it missed.
type Backlog struct {
	client *client
	list   []kept
}

// Len is how many messages there are.
func (b *Backlog) Len() int {
	if b == nil {
		return 0
	}
	return len(b.list)
}

// All are the messages, in their order.
func (b *Backlog) All() iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		if b == nil {
			return
		}
		for _, k := range b.list {
			if !yield(b.client.numbered(k.b, k.number)) {
				return
			}
		}
	}
}

// A mark is what stands before the number in the place of an event: the epoch, and the
// client where several share an application.
//
//	sgl3x8k2-17    sgl3x8k2.4-17

// parsePlace reads a place.
func parsePlace(text string) (mark string, number uint64, ok bool) {
	i := strings.LastIndexByte(text, '-')
	if i < 0 {
		return "", 0, false
	}
	number, err := strconv.ParseUint(text[i+1:], 10, 64)
	return text[:i], number, err == nil
}
