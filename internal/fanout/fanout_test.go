package fanout

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// pair is a connection: ours, and the peer's.
func pair(t *testing.T, network string) (ours, theirs net.Conn) {
	t.Helper()
	if network == "pipe" {
		ours, theirs = net.Pipe()
	} else {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		if theirs, err = net.Dial("tcp", l.Addr().String()); err != nil {
			t.Fatal(err)
		}
		if ours, err = l.Accept(); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() { ours.Close(); theirs.Close() })
	return ours, theirs
}

func both(t *testing.T, test func(t *testing.T, network string)) {
	for _, network := range []string{"tcp", "pipe"} {
		t.Run(network, func(t *testing.T) { test(t, network) })
	}
}

func hub(t *testing.T, o Options) *Hub {
	h := New(o)
	t.Cleanup(h.Close)
	return h
}

// Everybody gets all of a stream, and what is for one alone where it belongs.
func TestOrder(t *testing.T) {
	both(t, func(t *testing.T, network string) {
		h := hub(t, Options{})
		s := h.NewStream()
		var running sync.WaitGroup
		var sinks []*Sink
		for n := range 20 {
			ours, theirs := pair(t, network)
			k := h.NewSink(ours, SinkOptions{})
			k.Follow(s)
			sinks = append(sinks, k)
			running.Go(func() {
				got, err := io.ReadAll(theirs)
				if err != nil {
					t.Error(err)
				}
				var want strings.Builder
				for i := range 5000 {
					fmt.Fprintf(&want, "%d\n", i)
					if i%100 == n {
						fmt.Fprintf(&want, "own %d after %d\n", n, i)
					}
				}
				if string(got) != want.String() {
					t.Errorf("%d got %d bytes, want %d; the ends are %q and %q", n, len(got), want.Len(), tail(string(got)), tail(want.String()))
				}
			})
		}
		for i := range 5000 {
			s.Write(fmt.Appendf(nil, "%d\n", i))
			if n := i % 100; n < len(sinks) {
				sinks[n].Send(fmt.Appendf(nil, "own %d after %d\n", n, i))
				if i%3 == 0 {
					sinks[n].FlushSoon()
				}
			}
		}
		for _, k := range sinks {
			k.Close()
		}
		running.Wait()
		if n := s.Members(); n != 0 {
			t.Errorf("%d members are left", n)
		}
	})
}

func tail(s string) string { return s[max(0, len(s)-60):] }

// Messages of a stream are written together, at most a tick late; those of one alone
// at once.
func TestTick(t *testing.T) {
	h := hub(t, Options{Tick: 50 * time.Millisecond})
	s := h.NewStream()
	ours, theirs := pair(t, "tcp")
	k := h.NewSink(ours, SinkOptions{})
	k.Follow(s)
	began := time.Now()
	s.Write([]byte("a"))
	s.Write([]byte("b"))
	together := time.Since(began) < 50*time.Millisecond // unless the machine has more to do
	b := make([]byte, 10)
	n, err := theirs.Read(b)
	if err != nil || together && string(b[:n]) != "ab" {
		t.Errorf("read %q, %v", b[:n], err)
	}
	if !together && n == 1 {
		if _, err := io.ReadFull(theirs, b[1:2]); err != nil || string(b[:2]) != "ab" {
			t.Errorf("read %q, %v", b[:2], err)
		}
	}
	if took := time.Since(began); took < 50*time.Millisecond {
		t.Errorf("after %v", took)
	}
	s.Write([]byte("c"))
	k.Send([]byte("mine"))
	k.Flush()
	if n, err = io.ReadFull(theirs, b[:5]); err != nil || string(b[:n]) != "cmine" {
		t.Errorf("read %q, %v", b[:n], err)
	}
}

// After a round to many the next one pauses; an answer does not, nor does a round after one
// to few.
func TestPause(t *testing.T) {
	for members, want := range map[int]time.Duration{crowd: time.Millisecond, crowd + 1: time.Second} {
		synctest.Test(t, func(t *testing.T) {
			h := New(Options{Tick: time.Millisecond, Pause: time.Second})
			defer h.Close()
			s := h.NewStream()
			last := &stamped{}
			h.NewSink(last, SinkOptions{}).Follow(s)
			for range members - 1 {
				h.NewSink(discard{}, SinkOptions{}).Follow(s)
			}
			alone := &stamped{}
			own := h.NewSink(alone, SinkOptions{})
			s.Write([]byte("one"))
			time.Sleep(time.Millisecond)
			synctest.Wait()
			began := time.Now()
			s.Write([]byte("two"))
			s.Write([]byte("three"))
			own.Send([]byte("answer"))
			own.FlushSoon()
			synctest.Wait()
			if took := alone.at.Sub(began); took != 0 {
				t.Errorf("%d: an answer waited %v", members, took)
			}
			time.Sleep(2 * time.Second)
			synctest.Wait()
			if took := last.at.Sub(began); took != want || string(last.b) != "onetwothree" {
				t.Errorf("%d: got %q after %v, want %v", members, last.b, took, want)
			}
		})
	}
}

// stamped keeps what is written to it, and when that was.
type stamped struct {
	discard
	b  []byte
	at time.Time
}

func (s *stamped) Write(b []byte) (int, error) {
	s.b, s.at = append(s.b, b...), time.Now()
	return len(b), nil
}

// More than a batch waits for no tick.
func TestNoTickForABatch(t *testing.T) {
	h := hub(t, Options{Tick: time.Hour})
	s := h.NewStream()
	ours, theirs := pair(t, "tcp")
	h.NewSink(ours, SinkOptions{}).Follow(s)
	s.Write(bytes.Repeat([]byte("x"), 70_000))
	_ = theirs.SetReadDeadline(time.Now().Add(time.Minute))
	if _, err := io.ReadFull(theirs, make([]byte, 70_000)); err != nil {
		t.Errorf("a batch: %v", err)
	}
}

// What may wait for more is one write with it, and goes at once with what may not.
func TestPatient(t *testing.T) {
	h := hub(t, Options{Tick: 50 * time.Millisecond})
	ours, theirs := pair(t, "tcp")
	k := h.NewSink(ours, SinkOptions{})
	shared, began := []byte("shared"), time.Now()
	for _, end := range []string{" one\n", " two\n"} {
		k.SendParts([]byte("> "), shared, []byte(end))
		k.FlushTick()
	}
	b := make([]byte, 100)
	n, err := theirs.Read(b)
	if want := "> shared one\n> shared two\n"; string(b[:n]) != want || err != nil {
		t.Errorf("read %q, %v, want %q", b[:n], err, want)
	}
	if took := time.Since(began); took < 50*time.Millisecond {
		t.Errorf("after %v", took)
	}
	for range 3 { // it is the same when a tick is over
		began = time.Now()
		k.Send([]byte("patient"))
		k.FlushTick()
		k.Send([]byte(" and not"))
		k.FlushSoon()
		if n, err = io.ReadFull(theirs, b[:15]); string(b[:n]) != "patient and not" || err != nil || time.Since(began) > 40*time.Millisecond {
			t.Errorf("read %q, %v, after %v", b[:n], err, time.Since(began))
		}
	}
}

// Who follows another stream first gets the rest of the one before.
func TestFollow(t *testing.T) {
	both(t, func(t *testing.T, network string) {
		h := hub(t, Options{Tick: time.Hour})
		one, two := h.NewStream(), h.NewStream()
		ours, theirs := pair(t, network)
		k := h.NewSink(ours, SinkOptions{})
		one.Write([]byte("before "))
		k.Follow(one)
		k.Send([]byte("A "))
		one.Write([]byte("one "))
		k.Send([]byte("B "))
		one.Write([]byte("more "))
		k.Follow(two)
		one.Write([]byte("lost "))
		two.Write([]byte("two "))
		k.Send([]byte("C "))
		k.Follow(nil)
		two.Write([]byte("lost "))
		k.Send([]byte("D"))
		go k.Close()
		got, err := io.ReadAll(theirs)
		if want := "A one B more two C D"; string(got) != want || err != nil {
			t.Errorf("got %q, %v, want %q", got, err, want)
		}
	})
}

// A peer that does not read is cut off, and the others do not notice.
func TestSlow(t *testing.T) {
	both(t, func(t *testing.T, network string) {
		h := hub(t, Options{})
		s := h.NewStream()
		failed := make(chan error, 1)
		stalled, _ := pair(t, network)
		slow := h.NewSink(stalled, SinkOptions{Limit: 1 << 20, Failed: func(err error) { failed <- err }})
		slow.Follow(s)
		ours, theirs := pair(t, network)
		k := h.NewSink(ours, SinkOptions{Limit: 64 << 20})
		k.Follow(s)
		read := make(chan int64)
		go func() {
			n, _ := io.Copy(io.Discard, theirs)
			read <- n
		}()
		message := bytes.Repeat([]byte("x"), 10_000)
		sent := int64(0)
		for s.Members() == 2 {
			s.Write(message)
			sent += int64(len(message))
			if sent > 200<<20 {
				t.Fatal("nobody is cut off")
			}
			for k.Waiting() > 32<<20 {
				time.Sleep(time.Millisecond)
			}
		}
		if err := <-failed; !errors.Is(err, ErrSlow) {
			t.Errorf("failed with %v", err)
		}
		k.Close()
		if n := <-read; n != sent || k.Written() != uint64(sent) {
			t.Errorf("the other got %d of %d, and wrote %d", n, sent, k.Written())
		}
	})
}

// A peer that takes nothing for too long is slow, too, however little waits.
func TestStall(t *testing.T) {
	h := hub(t, Options{})
	failed := make(chan error, 1)
	ours, _ := pair(t, "pipe")
	k := h.NewSink(ours, SinkOptions{Stall: 20 * time.Millisecond, Failed: func(err error) { failed <- err }})
	k.Send([]byte("x"))
	k.Flush()
	if err := <-failed; !errors.Is(err, ErrSlow) {
		t.Errorf("failed with %v", err)
	}
	k.Send([]byte("y")) // nothing comes of it
	k.Follow(h.NewStream())
	if n := k.Waiting(); n != 0 {
		t.Errorf("%d bytes wait", n)
	}
}

// A peer that went away.
func TestGone(t *testing.T) {
	both(t, func(t *testing.T, network string) {
		h := hub(t, Options{})
		s := h.NewStream()
		failed := make(chan error, 1)
		ours, theirs := pair(t, network)
		k := h.NewSink(ours, SinkOptions{Failed: func(err error) { failed <- err }})
		k.Follow(s)
		theirs.Close()
		for {
			s.Write(bytes.Repeat([]byte("x"), 1000))
			select {
			case <-failed:
				return
			case <-time.After(time.Millisecond):
			}
		}
	})
}

// BenchmarkFanout is a message to a thousand members that discard it.
func BenchmarkFanout(b *testing.B) {
	h := New(Options{})
	defer h.Close()
	s := h.NewStream()
	for range 1000 {
		h.NewSink(discard{}, SinkOptions{}).Follow(s)
	}
	message := bytes.Repeat([]byte("x"), 400)
	b.ReportAllocs()
	for b.Loop() {
		s.Write(message)
	}
}

type discard struct{ net.Conn }

func (discard) Write(b []byte) (int, error)      { return len(b), nil }
func (discard) SetWriteDeadline(time.Time) error { return nil }
func (discard) Close() error                     { return nil }
