package channeltest

import (
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/octothorpe/octothorpe/internal/event"
)

// A Record keeps what a bus told.
type Record struct {
	mu   sync.Mutex
	told []event.Stamped
}

// Listen records events of some kinds until the test ends.
func Listen(t testing.TB, bus *event.Bus, kinds ...event.Kind) *Record {
	r := &Record{}
	t.Cleanup(bus.Subscribe(event.Kinds(kinds...), func(s event.Stamped) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.told = append(r.told, s)
	}))
	return r
}

// Events returns what was told, in order.
func (r *Record) Events() []event.Stamped {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]event.Stamped(nil), r.told...)
}

// String writes the events in order as "BridgeEnter Test/1; Hangup Test/2": each
// with the channels in it.
func (r *Record) String() string {
	var list []string
	for _, s := range r.Events() {
		v := reflect.ValueOf(s.Event).Elem()
		words := []string{v.Type().Name()}
		for i := range v.NumField() {
			if c, ok := v.Field(i).Interface().(*event.Channel); ok && c != nil {
				words = append(words, c.Name)
			}
		}
		list = append(list, strings.Join(words, " "))
	}
	return strings.Join(list, "; ")
}
