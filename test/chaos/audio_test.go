package chaos

import (
	"encoding/binary"
	"net"
	"net/netip"
	"sync/atomic"
	"testing"
	"time"
)

// An ear is a socket for audio. It talks, 50 packets a second, once it knows
// where to, and counts what it hears of the other ear.
type ear struct {
	conn  *net.UDPConn
	mark  byte // fills the packets
	heard atomic.Int64
	wrong atomic.Int64 // packets that the other did not send
	said  atomic.Int64
	stop  chan struct{}
	done  chan struct{}
}

// packet is the size of 20 ms of PCMU with its header (RFC 3550 §5.1).
const packet = 12 + 160

func newEar(t *testing.T, address string, mark, other byte) *ear {
	t.Helper()
	conn, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.MustParseAddrPort(address+":0")))
	if err != nil {
		t.Fatal(err)
	}
	e := &ear{conn: conn, mark: mark, stop: make(chan struct{}), done: make(chan struct{})}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		b := make([]byte, 2048)
		for {
			n, _, err := conn.ReadFromUDPAddrPort(b)
			switch {
			case err != nil:
				return
			case n == packet && b[1]&0x7f == 0 && b[12] == other && b[packet-1] == other:
				e.heard.Add(1)
			default:
				e.wrong.Add(1)
			}
		}
	}()
	t.Cleanup(func() { e.hush(); _ = conn.Close(); <-ended })
	return e
}

func (e *ear) address() string { return e.conn.LocalAddr().String() }

// talk begins to send.
func (e *ear) talk(to netip.AddrPort) {
	go func() {
		defer close(e.done)
		b := make([]byte, packet)
		b[0] = 2 << 6
		binary.BigEndian.PutUint32(b[8:], uint32(e.mark))
		for i := 12; i < packet; i++ {
			b[i] = e.mark
		}
		clock := time.NewTicker(20 * time.Millisecond)
		defer clock.Stop()
		for n := uint32(0); ; n++ {
			binary.BigEndian.PutUint16(b[2:], uint16(n))
			binary.BigEndian.PutUint32(b[4:], 160*n)
			if _, err := e.conn.WriteToUDPAddrPort(b, to); err == nil {
				e.said.Add(1)
			}
			select {
			case <-e.stop:
				return
			case <-clock.C:
			}
		}
	}()
}

// hush ends the talk.
func (e *ear) hush() {
	select {
	case <-e.stop:
		return
	default:
		close(e.stop)
	}
	if e.said.Load() > 0 {
		<-e.done
	}
}

// A talk is a call with audio: both phones are its own.
type talk struct {
	caller, callee       *phone
	callerEar, calleeEar *ear
	call                 *call
}

// startTalk calls a number at which the callee answers, and both talk.
func startTalk(t *testing.T, exchange, number string, callee *phone, mark byte) *talk {
	t.Helper()
	k := &talk{caller: newPhone(t, callerAddress, exchange), callee: callee,
		callerEar: newEar(t, callerAddress, mark, mark+1), calleeEar: newEar(t, calleeAddress, mark+1, mark)}
	k.caller.media = k.callerEar.address()
	callee.mu.Lock()
	callee.media = k.calleeEar.address()
	callee.mu.Unlock()
	var err error
	if k.call, err = k.caller.dial(number); err != nil {
		t.Fatal(err)
	}
	callee.mu.Lock()
	there := callee.numbers[number]
	callee.media = ""
	callee.mu.Unlock()
	k.callerEar.talk(k.call.media)
	k.calleeEar.talk(there.media)
	return k
}

// passes waits until each ear has heard some more of the other.
func (k *talk) passes(t *testing.T, when string) {
	t.Helper()
	here, there := k.callerEar.heard.Load(), k.calleeEar.heard.Load()
	eventually(t, "audio passes both ways "+when, 10*time.Second, func() bool {
		return k.callerEar.heard.Load() >= here+25 && k.calleeEar.heard.Load() >= there+25
	})
	if n := k.callerEar.wrong.Load() + k.calleeEar.wrong.Load(); n > 0 {
		t.Errorf("%d packets arrived that nobody had said", n)
	}
}
