package sip

import (
	"testing"
	"testing/synctest"
	"time"
)

// What has waited longer for its turn than its transaction lasts is left alone: who
// asked has given up.
func TestRequestsThatWaitedTooLong(t *testing.T) {
	tests := []struct{ name, method, tag string }{
		{"outside of dialogs", Options, ""},
		{"of a dialog that is not there", Info, "gone"},
		{"BYE of a dialog that is not there", Bye, "gone"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			calls, wait := 0, (chan struct{})(nil)
			g := Config{UserAgent: "test", Handler: func(*ServerTransaction, *Message) {
				calls++
				<-wait
			}}
			virtual(t, g, func(b *bench) {
				wait = make(chan struct{})
				b.send(request(Invite, cookie+"1", "", 1)) // keeps the lane of the call
				b.send(request(test.method, cookie+"2", test.tag, 2))
				time.Sleep(33 * time.Second)
				b.sent()
				close(wait)
				synctest.Wait()
				if got := b.sent(); len(got) != 0 {
					t.Errorf("sent %v", got)
				}
				if n := b.stack.metrics.HandlerPanics.Load(); n != 0 || calls != 1 {
					t.Errorf("%d panics and %d calls of the handler, want 0 and 1", n, calls)
				}
			})
		})
	}
}

// A BYE ends its dialog however late it comes to its turn.
func TestLateBye(t *testing.T) {
	called(t, func(b *bench, c *callee, tag string) {
		b.send(request(Ack, cookie+"2", tag, 10))
		wait := make(chan struct{})
		b.stack.executor.post(c.d.CallID, forced, task{run: runCall, call: func() { <-wait }})
		b.send(request(Bye, cookie+"3", tag, 11))
		time.Sleep(33 * time.Second)
		close(wait)
		b.expect("")
		c.check(t, "ACK, BYE")
		if n := b.stack.metrics.Dialogs.Load(); n != 0 || b.stack.metrics.HandlerPanics.Load() != 0 {
			t.Errorf("%d dialogs and %d panics, want none", n, b.stack.metrics.HandlerPanics.Load())
		}
	})
}
