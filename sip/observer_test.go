package sip

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// watcher keeps what it is told. Virtual time runs one goroutine at a time, and
// the tests wait before they look.
type watcher struct {
	deaf bool
	seen chan Outcome
}

func newWatcher() *watcher { return &watcher{seen: make(chan Outcome, 16)} }

func (w *watcher) Observes() bool    { return !w.deaf }
func (w *watcher) Observe(o Outcome) { w.seen <- o }

// next returns the one outcome that was told since the last call.
func (w *watcher) next(t *testing.T) Outcome {
	t.Helper()
	synctest.Wait()
	if n := len(w.seen); n != 1 {
		t.Fatalf("%d outcomes were told, want 1", n)
	}
	return <-w.seen
}

func TestObserverOfServer(t *testing.T) {
	var tx *ServerTransaction
	w := newWatcher()
	virtual(t, Config{Observer: w, Handler: keeping(&tx)}, func(b *bench) {
		b.send(request(Invite, cookie+"1", "", 1))
		d, err := tx.Dialog(DialogOptions{Data: "owner", OnRequest: func(_ *Dialog, tx *ServerTransaction, _ *Message) { _ = tx.Respond(tx.Response(200, "")) }})
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Second)
		b.send(request(Invite, cookie+"1", "", 1)) // a retransmission
		_ = tx.Respond(tx.Response(180, ""))
		_ = tx.Respond(tx.Response(200, "Fine"))
		o := w.next(t)
		if o.Client || o.Method != Invite || o.Status != 200 || o.Reason != "Fine" || o.CallID != "call" || o.Number != 1 || o.Data != "owner" {
			t.Errorf("of the INVITE was told %+v", o)
		}
		if o.Repeats != 1 || o.Ended.Sub(o.Began) != 2*time.Second || o.Peer.Remote.String() != peerAddress {
			t.Errorf("repeats %d, took %v, peer %v, want 1, 2s, %s", o.Repeats, o.Ended.Sub(o.Began), o.Peer.Remote, peerAddress)
		}
		b.send(request(Ack, cookie+"2", d.LocalTag, 1))
		b.send(request(Bye, cookie+"3", d.LocalTag, 2))
		if o = w.next(t); o.Method != Bye || o.Data != "owner" || o.Number != 2 {
			t.Errorf("of the BYE was told %+v", o)
		}
	})
}

func TestObserverOfCancelledServer(t *testing.T) {
	var tx *ServerTransaction
	w := newWatcher()
	virtual(t, Config{Observer: w, Handler: keeping(&tx)}, func(b *bench) {
		b.send(request(Invite, cookie+"1", "", 1))
		if _, err := tx.Dialog(DialogOptions{Data: "owner"}); err != nil {
			t.Fatal(err)
		}
		b.send(request(Cancel, cookie+"1", "", 1))
		synctest.Wait()
		got := map[string]int{}
		for len(w.seen) > 0 {
			if o := <-w.seen; o.Data == "owner" {
				got[o.Method] = o.Status
			}
		}
		if got[Cancel] != 200 || got[Invite] != 487 {
			t.Errorf("told %v, want CANCEL 200 and INVITE 487, both the owner's", got)
		}
	})
}

func TestObserverOfClient(t *testing.T) {
	w := newWatcher()
	virtual(t, Config{Observer: w}, func(b *bench) {
		_, err := b.stack.Invite(context.Background(), ours(Invite), InviteOptions{DialogOptions: DialogOptions{Data: "owner"}})
		if err != nil {
			t.Fatal(err)
		}
		b.timeline(time.Second) // it is repeated after 500 ms
		_, err = b.stack.Request(context.Background(), ours(Options), RequestOptions{})
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(40 * time.Second)
		synctest.Wait()
		first, second := <-w.seen, <-w.seen
		if !first.Client || first.Method != Invite || first.Data != "owner" || first.Status != 0 || !errors.Is(first.Err, ErrTimeout) || first.Repeats != 6 {
			t.Errorf("of the INVITE was told %+v, want ErrTimeout after 6 repetitions", first)
		}
		if second.Method != Options || second.Data != nil || second.Ended.Sub(second.Began) != 32*time.Second {
			t.Errorf("of OPTIONS was told %+v", second)
		}
	})
}

func TestObserverOfClientThatIsAnswered(t *testing.T) {
	w := newWatcher()
	virtual(t, Config{Observer: w}, func(b *bench) {
		tx, err := b.stack.Invite(context.Background(), ours(Invite), InviteOptions{DialogOptions: DialogOptions{Data: "owner"}})
		if err != nil {
			t.Fatal(err)
		}
		invite := b.expect("INVITE")[0]
		b.send(reply(invite, 180, "a"))
		_ = tx.Cancel()
		cancel := b.expect("CANCEL")[0]
		b.send(reply(cancel, 200, "a"))
		if o := w.next(t); o.Method != Cancel || o.Status != 200 || o.Data != "owner" {
			t.Errorf("of CANCEL was told %+v", o)
		}
		b.send(reply(invite, 487, "a"))
		b.expect("ACK")
		if o := w.next(t); o.Method != Invite || o.Status != 487 || o.Data != "owner" {
			t.Errorf("of INVITE was told %+v", o)
		}
	})
}

// An observer that wants nothing costs the transaction nothing.
func TestObserverThatIsDeaf(t *testing.T) {
	var tx *ServerTransaction
	w := newWatcher()
	w.deaf = true
	virtual(t, Config{Observer: w, Handler: keeping(&tx)}, func(b *bench) {
		b.send(request(Options, cookie+"1", "", 1))
		_ = tx.Respond(tx.Response(200, ""))
		if got := b.sent(); !slices.Equal(got, []string{"200"}) || len(w.seen) != 0 {
			t.Errorf("sent %v and told %d, want 200 and nothing", got, len(w.seen))
		}
	})
}
