package call

import "testing"

// What does not fit is dropped, what fits comes out in order, and there is room again.
func TestNewsQueueIsBounded(t *testing.T) {
	q := newsQueue{ready: make(chan struct{}, 1)}
	for i := range dialerNews + 3 {
		n := news{}
		n.frame.Cause = i
		q.put(n)
	}
	if n := q.dropped(); n != 3 {
		t.Errorf("%d news were lost, want 3", n)
	}
	<-q.ready
	for i := range dialerNews {
		if n, ok := q.take(); !ok || n.frame.Cause != i {
			t.Fatalf("news %d: got %d, %t", i, n.frame.Cause, ok)
		}
	}
	if n, ok := q.take(); ok {
		t.Errorf("after the last news came %v", n)
	}
	last := news{}
	last.frame.Cause = -1
	q.put(last)
	<-q.ready
	if n, ok := q.take(); !ok || n.frame.Cause != -1 {
		t.Errorf("got %v, %t after there was room again", n, ok)
	}
}
