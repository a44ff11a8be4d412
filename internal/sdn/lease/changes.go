package lease

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// told is before the key of what was written, in the subjects where the leader of NATS's
// group tells it to whoever listens. A watch of the bucket would need a consumer, which
// lives in one node alone and dies with it: who had his there would hear of nothing until
// NATS has elected everywhere and made another.
const told = "octothorpe-sdn"

// A change is what was written of a key.
type change struct {
	key      string
	value    []byte // nil where it is gone
	revision uint64
}

// changesLimit is how many changes wait for a keeper. When it is full NATS drops some,
// which shows in the revisions of those behind.
const changesLimit = 1024

// changes are those from now on, as long as they are not lost on their way; stop ends it.
func (m *Meeting) changes() (list <-chan *nats.Msg, stop func(), err error) {
	c := make(chan *nats.Msg, changesLimit)
	s, err := m.conn.ChanSubscribe(told+".>", c)
	if err != nil {
		return nil, nil, fmt.Errorf("NATS: %w", err)
	}
	return c, func() { _ = s.Unsubscribe() }, nil
}

// readChange takes apart what the leader told; false if that is no change.
func readChange(m *nats.Msg) (c change, ok bool) {
	revision, err := strconv.ParseUint(m.Header.Get(jetstream.SequenceHeader), 10, 64)
	if err != nil {
		return c, false
	}
	c = change{key: strings.TrimPrefix(m.Subject, told+"."), value: m.Data, revision: revision}
	if c.value == nil {
		c.value = []byte{}
	}
	if m.Header.Get("KV-Operation") != "" { // DEL or PURGE
		c.value = nil
	}
	return c, true
}

// read asks for what a key is now. One of the nodes answers, which may be behind.
func (m *Meeting) read(ctx context.Context, key string) (change, error) {
	e, err := m.Bucket.Get(ctx, key)
	switch {
	case errors.Is(err, jetstream.ErrKeyNotFound):
		return change{key: key}, nil
	case err != nil:
		return change{}, fmt.Errorf("NATS: %w", err)
	}
	return change{key: key, value: e.Value(), revision: e.Revision()}, nil
}
