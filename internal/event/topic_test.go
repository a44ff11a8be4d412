package event

import (
	"reflect"
	"testing"
)

// A topic is a kind that has a name and somebody who listens.
func TestTopics(t *testing.T) {
	for k := Kind(0); k < kinds; k++ {
		if k.String() == "" {
			t.Errorf("kind %d has no name", k)
		}
	}
	for _, e := range []Event{&Newchannel{}, &CEL{}, &Network{}, &MixMonitorStop{}} {
		if got, want := e.Kind().String(), reflect.TypeOf(e).Elem().Name(); got != want {
			t.Errorf("%s is called %s", want, got)
		}
	}
	b := NewBus()
	stop := b.Subscribe(Kinds(KindHangup, KindCdr), func(Stamped) {})
	b.Subscribe(Kinds(KindCdr), func(Stamped) {})
	if got, want := b.Topics(), []Topic{{KindHangup, 1}, {KindCdr, 2}}; !reflect.DeepEqual(got, want) {
		t.Errorf("topics are %v, want %v", got, want)
	}
	stop()
	if got, want := b.Topics(), []Topic{{KindCdr, 1}}; !reflect.DeepEqual(got, want) {
		t.Errorf("topics are %v afterwards, want %v", got, want)
	}
}
