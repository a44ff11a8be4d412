package socket

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// pair are both ends of a connection: the one that dialled and the one that was accepted.
func pair(t *testing.T, ended *Closer) (Conn, net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	c, err := Dial(context.Background(), l.Addr().(*net.TCPAddr).AddrPort(), time.Now().Add(time.Minute), ended)
	if err != nil {
		t.Fatal(err)
	}
	other, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = c.Close(), other.Close() })
	return c, Quiet(other)
}

// TestMuch sends more than the kernel holds, both ways at once.
func TestMuch(t *testing.T) {
	var ended Closer
	defer ended.Flush()
	a, b := pair(t, &ended)
	want := make([]byte, 20<<20)
	_, _ = rand.Read(want)
	_ = a.SetWriteDeadline(time.Now().Add(time.Minute))
	failed := make(chan error, 2)
	for _, w := range []io.Writer{a, b} {
		go func() {
			_, err := w.Write(want)
			failed <- err
		}()
	}
	for _, r := range []io.Reader{b, a} {
		got := make([]byte, len(want))
		if _, err := io.ReadFull(r, got); err != nil || !bytes.Equal(got, want) {
			t.Error("it came as something else", err)
		}
	}
	for range 2 {
		if err := <-failed; err != nil {
			t.Error(err)
		}
	}
}

func TestDeadlines(t *testing.T) {
	var ended Closer
	defer ended.Flush()
	a, b := pair(t, &ended)
	_ = a.SetReadDeadline(time.Now().Add(10 * time.Millisecond))
	if _, err := a.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error("nothing comes:", err)
	}
	_ = a.SetReadDeadline(time.Time{})
	for n, wait := 0, 10*time.Millisecond; n == 0; wait *= 2 { // a busy machine may let the time pass before anything is written
		_ = a.SetWriteDeadline(time.Now().Add(wait))
		var err error
		if n, err = a.Write(make([]byte, 64<<20)); !errors.Is(err, os.ErrDeadlineExceeded) || wait > time.Minute {
			t.Fatal("nobody reads:", n, err)
		}
	}
	if err := b.Close(); err != nil {
		t.Error(err)
	}
	for i := 0; ; i++ { // what it wrote was not read, so it is told at once
		if _, err := a.Read(make([]byte, 1)); err != nil {
			break
		}
	}
}

// TestEnd closes one end: the other reads to the end, though the descriptor is given back later.
func TestEnd(t *testing.T) {
	var ended Closer
	defer ended.Flush()
	a, b := pair(t, &ended)
	_, _ = a.Write([]byte("last words"))
	if err := a.Close(); err != nil {
		t.Error(err)
	}
	got, err := io.ReadAll(b)
	if string(got) != "last words" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	ended.Flush()
	if _, err := a.Write([]byte("more")); err == nil {
		t.Error("it is written on")
	}
}

func TestRefused(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := l.Addr().(*net.TCPAddr).AddrPort()
	_ = l.Close()
	var ended Closer
	if c, err := Dial(context.Background(), at, time.Now().Add(time.Minute), &ended); err == nil {
		t.Error("somebody took it:", c)
	}
}
