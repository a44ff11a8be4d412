package sip

import (
	"context"
	"runtime"
	"testing"
	"weak"
)

// After the call a repeated 2xx is acknowledged again, one of another branch is
// acknowledged and ended, and what the program gave is let go.
func TestInviteOverBeforeItsTransaction(t *testing.T) {
	virtual(t, Config{}, func(b *bench) {
		var owner weak.Pointer[caller]
		begin := func() *Message {
			c := &caller{dialogs: map[string]*Dialog{}, ack: true}
			owner = weak.Make(c)
			o := InviteOptions{OnResponse: c.response, DialogOptions: DialogOptions{Data: c}}
			if _, err := b.stack.Invite(context.Background(), ours(Invite), o); err != nil {
				t.Fatal(err)
			}
			m := b.expect("INVITE")[0]
			b.send(reply(m, 180, "one"))
			b.send(reply(m, 200, "one"))
			b.expect("ACK")
			_ = c.dialogs["one"].Bye()
			b.send(reply(b.expect("BYE")[0], 200, "one"))
			return m
		}
		m := begin()
		for range 2 {
			b.send(reply(m, 200, "one"))
			if ack := b.expect("ACK")[0]; ack.To.Tag() != "one" {
				t.Errorf("ACK to %s, want one", ack.To.Tag())
			}
			b.send(reply(m, 200, "two"))
			for _, r := range b.expect("ACK BYE") {
				if r.To.Tag() != "two" {
					t.Errorf("%s to %s, want two", r.Method, r.To.Tag())
				}
				if r.Method == Bye {
					b.send(reply(r, 200, "two"))
				}
			}
			b.send(reply(m, 200, "two"))
			b.expect("ACK")
			b.send(reply(m, 180, "one"))
			b.expect("")
			if n := b.stack.metrics.Dialogs.Load(); n != 0 {
				t.Errorf("%d dialogs, want 0", n)
			}
			m = begin()
		}
		runtime.GC()
		if owner.Value() != nil {
			t.Error("the transaction still holds what the program gave")
		}
	})
}
