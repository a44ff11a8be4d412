package rtp

import (
	"net"
	"net/netip"
	"runtime"
	"testing"
	"time"

	"golang.org/x/net/ipv4"
	"golang.org/x/sys/unix"
)

// benchCalls is how many calls a way of relaying carries at once.
const benchCalls = 50

// BenchmarkRelay measures the processor time of a packet from socket to socket:
// of the native relay, of the generic path, and of the barest program that does
// the same, by single reads and by batches. They take turns in one run, each
// turn in another order, so that a busy machine is as busy for each. The
// generator paces itself at 10,000 packets/s, 50 calls in turn; its thread's
// time is subtracted. One operation is a packet on each way.
//
// Batches gain nothing: a call sends a packet every 20 ms to a socket of its own,
// where there is never a second one to read (docs/decisions/011).
func BenchmarkRelay(b *testing.B) {
	ways := []*way{bare(b, "bare", benchCalls, single), native(b), generic(b),
		bare(b, "batch-read", benchCalls, batchRead), bare(b, "batch-both", benchCalls, batchBoth)}
	takeTurns(b, ways)
	b.ReportMetric(float64(ways[1].used)/float64(ways[0].used), "native/bare")
}

// BenchmarkRelayOfBursts measures what batches would gain if one socket had ten
// packets at once, as that of a trunk of many calls might.
func BenchmarkRelayOfBursts(b *testing.B) {
	takeTurns(b, []*way{bare(b, "bare", 1, single), bare(b, "batch-read", 1, batchRead), bare(b, "batch-both", 1, batchBoth)})
}

func takeTurns(b *testing.B, ways []*way) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	source := descriptor(b, listen(b).conn)
	const turn = 2500
	for round := 0; round*turn < b.N; round++ {
		for i := range ways {
			w := ways[(i+round)%len(ways)]
			before := processor(unix.RUSAGE_SELF) - processor(unix.RUSAGE_THREAD)
			w.pass(b, source, turn)
			w.used += processor(unix.RUSAGE_SELF) - processor(unix.RUSAGE_THREAD) - before
		}
	}
	for _, w := range ways {
		relayed := uint64(0)
		for _, s := range w.out {
			relayed += s.Stats().SentPackets
		}
		if w.out != nil && relayed < uint64(w.sent)*99/100 {
			b.Errorf("%s: %d of %d packets were relayed", w.name, relayed, w.sent)
		}
		b.ReportMetric(float64(w.used)/float64(w.sent), w.name+"-cpu-ns")
	}
	b.ReportMetric(0, "ns/op")
}

// way is one way of relaying, with its calls.
type way struct {
	name string
	to   []unix.SockaddrInet4
	out  []*side // sessions that send what the way relays
	sent int
	used time.Duration
}

func (w *way) add(a netip.AddrPort) {
	w.to = append(w.to, unix.SockaddrInet4{Port: int(a.Port()), Addr: a.Addr().As4()})
}

// pass sends n packets, spread over the calls.
func (w *way) pass(b *testing.B, source, n int) {
	p := Packet{SSRC: 1, Payload: media160}
	data := p.bytes()
	for i := range n {
		p.Sequence = uint16((w.sent + i) / len(w.to))
		p.Timestamp = uint32(p.Sequence) * 160
		p.putHeader(data)
		if err := unix.Sendto(source, data, 0, &w.to[(w.sent+i)%len(w.to)]); err != nil {
			b.Fatal(err)
		}
		if i%10 == 9 {
			_ = unix.Nanosleep(&unix.Timespec{Nsec: 940_000}, nil)
		}
	}
	w.sent += n
}

// native is pairs of sessions that are relayed, keys watched.
func native(b *testing.B) *way {
	w := &way{name: "native"}
	for range benchCalls {
		r := newRelayed(b, true, nil)
		w.add(r.a.LocalAddr())
		w.out = append(w.out, r.b)
	}
	return w
}

// bare are relays of two system calls.
func bare(b *testing.B, name string, calls int, pump func(in, out *net.UDPConn, to netip.AddrPort)) *way {
	w := &way{name: name}
	for range calls {
		in, out, sink := listen(b), listen(b), listen(b)
		w.add(in.addr())
		done := make(chan struct{})
		go func() {
			defer close(done)
			pump(in.conn, out.conn, sink.addr())
		}()
		b.Cleanup(func() {
			_ = in.conn.Close()
			<-done
		})
	}
	return w
}

func single(in, out *net.UDPConn, to netip.AddrPort) {
	buffer := make([]byte, maxDatagram)
	for {
		n, _, err := in.ReadFromUDPAddrPort(buffer)
		if err != nil {
			return
		}
		_, _ = out.WriteToUDPAddrPort(buffer[:n], to)
	}
}

// batchRead reads what there is by one system call and sends it by one each.
func batchRead(in, out *net.UDPConn, to netip.AddrPort) {
	batches(in, func(messages []ipv4.Message) {
		for _, m := range messages {
			_, _ = out.WriteToUDPAddrPort(m.Buffers[0][:m.N], to)
		}
	})
}

// batchBoth also sends it by one.
func batchBoth(in, out *net.UDPConn, to netip.AddrPort) {
	conn, addr := ipv4.NewPacketConn(out), net.UDPAddrFromAddrPort(to)
	send := make([]ipv4.Message, batchSize)
	for i := range send {
		send[i].Buffers, send[i].Addr = make([][]byte, 1), addr
	}
	batches(in, func(messages []ipv4.Message) {
		for i, m := range messages {
			send[i].Buffers[0] = m.Buffers[0][:m.N]
		}
		_, _ = conn.WriteBatch(send[:len(messages)], 0)
	})
}

const batchSize = 16

func batches(in *net.UDPConn, forward func([]ipv4.Message)) {
	conn := ipv4.NewPacketConn(in)
	messages := make([]ipv4.Message, batchSize)
	for i := range messages {
		messages[i].Buffers = [][]byte{make([]byte, maxDatagram)}
	}
	for {
		n, err := conn.ReadBatch(messages, 0)
		if err != nil {
			return
		}
		forward(messages[:n])
	}
}

// generic is pairs of sessions between which another goroutine passes frames.
func generic(b *testing.B) *way {
	w := &way{name: "generic"}
	for range benchCalls {
		r := newRelayed(b, true, nil)
		r.stop()
		w.add(r.a.LocalAddr())
		w.out = append(w.out, r.b)
		done, stop := make(chan struct{}), make(chan struct{})
		go func() {
			defer close(done)
			for {
				select {
				case f := <-r.a.frames:
					_ = r.b.Write(f)
				case <-stop:
					return
				}
			}
		}()
		b.Cleanup(func() {
			close(stop)
			<-done
		})
	}
	return w
}

// processor is the processor time of this process, or this thread, so far.
func processor(who int) time.Duration {
	var u unix.Rusage
	_ = unix.Getrusage(who, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func descriptor(b *testing.B, conn *net.UDPConn) (fd int) {
	b.Helper()
	raw, err := conn.SyscallConn()
	if err != nil {
		b.Fatal(err)
	}
	if err := raw.Control(func(d uintptr) { fd = int(d) }); err != nil {
		b.Fatal(err)
	}
	return fd
}
