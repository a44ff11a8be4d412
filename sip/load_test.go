package sip

import (
	"context"
	"math/rand/v2"
	"net/netip"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// Callers cancel at any moment while callees ring, answer and refuse at any
// moment, over a network that loses messages. Whatever crosses on the wire, every
// caller gets exactly one outcome and nothing is left on either side.
func TestCancelAtAnyMoment(t *testing.T) {
	for seed := range uint64(4) {
		synctest.Test(t, func(t *testing.T) { cancelAtAnyMoment(t, seed) })
	}
}

func cancelAtAnyMoment(t *testing.T, seed uint64) {
	var mu sync.Mutex
	source := rand.New(rand.NewPCG(seed, 7))
	random := func(n int) int {
		mu.Lock()
		defer mu.Unlock()
		return source.IntN(n)
	}
	some := func(most time.Duration) time.Duration { return time.Duration(random(int(most))) }
	w := newWire()
	w.lose = func(_, _ netip.AddrPort, _ []byte) bool { return random(10) == 0 }

	server := NewStack(Config{Handler: func(tx *ServerTransaction, m *Message) {
		if _, err := tx.Dialog(DialogOptions{}); err != nil {
			t.Error(err)
			return
		}
		time.AfterFunc(some(time.Second), func() {
			if r := tx.Response(180, ""); r != nil {
				if random(2) == 0 {
					r.Add("Require", "100rel")
				}
				_ = tx.Respond(r) // it may be cancelled
			}
		})
		status := []int{200, 200, 486}[random(3)]
		time.AfterFunc(some(4*time.Second), func() {
			if r := tx.Response(status, ""); r != nil {
				_ = tx.Respond(r) // it may be cancelled
			}
		})
	}})
	client := NewStack(Config{})
	for s, address := range map[*Stack]string{server: ourAddress, client: peerAddress} {
		if _, err := s.Listen("udp", address, ListenOptions{PacketConn: w.open(address)}); err != nil {
			t.Fatal(err)
		}
	}
	const calls = 300
	outcomes := make(chan int, 4*calls)
	for range calls {
		m := ours(Invite)
		m.URI, _ = ParseURI("sip:us@" + ourAddress)
		tx, err := client.Invite(context.Background(), m, InviteOptions{OnResponse: func(d *Dialog, r *Message, err error) {
			switch {
			case err != nil:
				outcomes <- 408
			case r.Status >= 200:
				outcomes <- r.Status
			}
			if d != nil && r.Status == 200 && random(2) == 0 {
				_ = d.ACK("", nil)
				time.AfterFunc(some(2*time.Second), func() { _ = d.Bye() })
			} else if d != nil && r.Status == 200 {
				time.AfterFunc(some(time.Second), func() {
					_ = d.ACK("", nil) // the stack may have done both after a cancel
					_ = d.Bye()
				})
			}
		}})
		if err != nil {
			t.Fatal(err)
		}
		if random(3) > 0 {
			time.AfterFunc(some(5*time.Second), func() { _ = tx.Cancel() }) // it may be too late
		}
		time.Sleep(some(50 * time.Millisecond))
	}
	time.Sleep(3 * time.Minute)
	synctest.Wait()
	close(outcomes)
	count := map[int]int{}
	total := 0
	for status := range outcomes {
		count[status]++
		total++
	}
	if total != calls {
		t.Errorf("seed %d: %d outcomes of %d calls: %v", seed, total, calls, count)
	}
	for _, status := range []int{200, 486, 487} {
		if count[status] < calls/20 {
			t.Errorf("seed %d: status %d came %d times, which tests little: %v", seed, status, count[status], count)
		}
	}
	for name, s := range map[string]*Stack{"server": server, "client": client} {
		m := s.Metrics()
		if a, b, c := m.ServerTransactions.Load(), m.ClientTransactions.Load(), m.Dialogs.Load(); a+b+c != 0 {
			t.Errorf("seed %d: the %s holds %d and %d transactions and %d dialogs in the end", seed, name, a, b, c)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}
