package rtp

import (
	"net"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// BenchmarkRelay measures the processor time of a packet from socket to socket:
// of the native relay, of the generic path, and of the barest program that does
// the same. They take turns in one run, so that a busy machine is as busy for
// each. What the generator itself takes is measured, too, and subtracted.
//
// Reading in batches (recvmmsg) is no part of this: a phone sends a packet every
// 20 ms to a socket of its own, so that there is never a second one to read.
func BenchmarkRelay(b *testing.B) {
	direct := listen(b)
	ways := []struct {
		name         string
		source, sink *wire
		used         time.Duration
	}{
		{name: "generator", source: listen(b), sink: direct},
		{name: "bare"}, {name: "native"}, {name: "generic"},
	}
	ways[0].source.to = direct.addr()
	ways[1].source, ways[1].sink = bare(b)
	native := newRelayed(b, true, nil)
	ways[2].source, ways[2].sink = native.alice, native.bob
	ways[3].source, ways[3].sink = generic(b)

	const turn = 100
	var p Packet
	for done := 0; done < b.N; done += turn {
		for i := range ways {
			w := &ways[i]
			before := processor()
			pass(b, w.source, w.sink, &p, turn)
			w.used += processor() - before
		}
	}
	packets := time.Duration((b.N + turn - 1) / turn * turn)
	alone := ways[0].used / packets
	for _, w := range ways[1:] {
		b.ReportMetric(float64(w.used/packets-alone), w.name+"-cpu-ns")
	}
	b.ReportMetric(float64(ways[2].used/packets-alone)/float64(ways[1].used/packets-alone), "native/bare")
	b.ReportMetric(0, "ns/op")
}

// bare is a relay of two system calls.
func bare(b *testing.B) (source, sink *wire) {
	source, sink = listen(b), listen(b)
	in, out, to := listen(b), listen(b), sink.addr()
	source.to = in.addr()
	done := make(chan struct{})
	go func() {
		defer close(done)
		buffer := make([]byte, maxDatagram)
		for {
			n, _, err := in.conn.ReadFromUDPAddrPort(buffer)
			if err != nil {
				return
			}
			_, _ = out.conn.WriteToUDPAddrPort(buffer[:n], to)
		}
	}()
	b.Cleanup(func() {
		_ = in.conn.Close()
		<-done
	})
	return source, sink
}

// generic is two sessions whose frames another goroutine passes on.
func generic(b *testing.B) (source, sink *wire) {
	r := newRelayed(b, true, nil)
	r.stop()
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
	return r.alice, r.bob
}

// pass sends packets one at a time, as a call does, and waits for each. It uses
// system calls of its own, lest it measure the runtime's.
func pass(b *testing.B, source, sink *wire, p *Packet, n int) {
	p.SSRC, p.Payload = 1, media160
	data := p.bytes()
	in, out := descriptor(b, sink.conn), descriptor(b, source.conn)
	to := &unix.SockaddrInet4{Port: int(source.to.Port()), Addr: source.to.Addr().As4()}
	wait := []unix.PollFd{{Fd: int32(in), Events: unix.POLLIN}}
	var buffer [maxDatagram]byte
	for range n {
		p.putHeader(data)
		p.Sequence, p.Timestamp = p.Sequence+1, p.Timestamp+160
		if err := unix.Sendto(out, data, 0, to); err != nil {
			b.Fatal(err)
		}
		for {
			ready, err := unix.Poll(wait, 5000)
			if err == unix.EINTR {
				continue
			}
			if ready == 0 {
				b.Fatal("a packet was lost")
			}
			break
		}
		if _, err := unix.Read(in, buffer[:]); err != nil {
			b.Fatal(err)
		}
	}
}

// processor is the processor time of this process so far.
func processor() time.Duration {
	var u unix.Rusage
	_ = unix.Getrusage(unix.RUSAGE_SELF, &u)
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
