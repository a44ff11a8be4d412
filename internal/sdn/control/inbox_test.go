package control

import (
	"testing"

	"github.com/octothorpe/octothorpe/openflow"
)

func from(port uint32, n int) *openflow.PacketIn {
	return &openflow.PacketIn{Match: openflow.Match{openflow.InPort.Uint(uint64(port))}, Cookie: uint64(n)}
}

func TestPortsHaveTheirTurnWhateverOneFloods(t *testing.T) {
	b := newInbox()
	for n := range 3 * inboxLimit {
		b.put(from(1, n))
	}
	// There is no room left, but for ports that have less than their share.
	for n := range 10 {
		b.put(from(2, n))
		b.put(from(3, n))
	}
	b.put(&openflow.PortStatus{})
	if _, first := b.take().(*openflow.PortStatus); !first {
		t.Error("what is no packet is not first")
	}
	next := map[uint32]uint64{}
	for i := range 30 {
		p := b.take().(*openflow.PacketIn)
		in, _ := p.Match.Get(openflow.InPort)
		port := uint32(in.Uint())
		if want := uint32(i%3 + 1); port != want {
			t.Fatalf("packet %d is of port %d, want %d", i, port, want)
		}
		if p.Cookie != next[port] {
			t.Errorf("port %d: packet %d, want %d", port, p.Cookie, next[port])
		}
		next[port]++
	}
	lost := b.lost()
	if lost[1] != 2*inboxLimit+20 || lost[2] != 0 || lost[3] != 0 {
		t.Errorf("lost %v", lost)
	}
	left := 0
	for b.take() != nil {
		left++
	}
	if left != inboxLimit-30 {
		t.Errorf("%d were left", left)
	}
	if b.lost() != nil || len(b.packets) != 0 {
		t.Error("something is left")
	}
}

func TestTwoPortsThatFloodShareTheRoom(t *testing.T) {
	b := newInbox()
	for n := range 3 * inboxLimit {
		b.put(from(1, n))
	}
	for n := range 3 * inboxLimit {
		b.put(from(2, n))
	}
	if one, two := len(b.packets[1]), len(b.packets[2]); one != inboxLimit/2 || two != inboxLimit/2 {
		t.Errorf("%d of one and %d of the other wait", one, two)
	}
}

// Long packets take the room of several: what waits is bounded in bytes.
func TestLongPacketsTakeMoreRoom(t *testing.T) {
	b := newInbox()
	long := func(port uint32) *openflow.PacketIn {
		p := from(port, 0)
		p.Data = make([]byte, 60_000)
		return p
	}
	for range inboxLimit {
		b.put(long(1))
	}
	for n := range 1000 {
		b.put(from(2, n))
	}
	bytes := 0
	for _, p := range b.packets[1] {
		bytes += len(p.Data)
	}
	if len(b.packets[1]) == 0 || bytes > inboxLimit*1024 {
		t.Errorf("%d packets with %d bytes wait", len(b.packets[1]), bytes)
	}
	if len(b.packets[2]) != 1000 {
		t.Errorf("%d short packets of another port wait, want all 1000", len(b.packets[2]))
	}
	b.put(long(2)) // it has less than its share, and others make room for it
	if lost := b.lost(); lost[2] != 0 || len(b.packets[2]) != 1001 {
		t.Errorf("lost %v", lost)
	}
	for b.take() != nil {
	}
	if b.count != 0 || len(b.load) != 0 || len(b.packets) != 0 || len(b.turns) != 0 {
		t.Errorf("%d, %v, %v are left", b.count, b.load, b.turns)
	}
}

// Answers that nobody waits for any more are not kept, and long errors are few.
func TestNoticesAreBoundedInBytes(t *testing.T) {
	b := newInbox()
	for range 3 * noticeLimit {
		b.put(&openflow.MultipartReply{Body: &openflow.PortDescReply{}})
		b.put(&openflow.EchoReply{})
	}
	if len(b.notices) != 0 {
		t.Errorf("%d answers wait", len(b.notices))
	}
	put := make(chan struct{})
	go func() {
		defer close(put)
		for range 20 {
			b.put(&openflow.Error{Data: make([]byte, 60_000)})
		}
	}()
	for range 20 {
		for b.take() == nil {
			<-b.news
		}
		b.mu.Lock()
		if waits := len(b.notices); waits > noticeLimit/59+1 {
			t.Errorf("%d wait", waits)
		}
		b.mu.Unlock()
	}
	<-put
}

func TestNoticesWaitForRoom(t *testing.T) {
	b := newInbox()
	for range noticeLimit {
		b.put(&openflow.PortStatus{})
	}
	put := make(chan struct{})
	go func() { b.put(&openflow.Error{}); close(put) }()
	b.take()
	<-put
	if len(b.notices) != noticeLimit {
		t.Errorf("%d wait", len(b.notices))
	}
	b.close()
	b.put(&openflow.Error{}) // nobody takes any more
	if len(b.notices) != noticeLimit {
		t.Errorf("%d wait", len(b.notices))
	}
}

func BenchmarkInbox(bench *testing.B) {
	b := newInbox()
	p := from(1, 0)
	for bench.Loop() {
		b.put(p)
		b.take()
	}
}

// What put would drop is refused before, and nothing else is.
func TestWhatWouldBeDroppedIsRefused(t *testing.T) {
	b := newInbox()
	for n := range inboxLimit {
		if b.refuse(1) {
			t.Fatalf("packet %d is refused", n)
		}
		b.put(from(1, n))
	}
	if !b.refuse(1) {
		t.Error("there is no room, and a packet of the port that took it all is not refused")
	}
	if b.refuse(2) {
		t.Error("a packet of a port that has less than its share is refused")
	}
	b.put(from(2, 0))
	b.take()
	if b.refuse(1) {
		t.Error("there is room, and a packet is refused")
	}
	if lost := b.lost(); lost[1] != 2 || lost[2] != 0 { // one refused, one for the other port
		t.Errorf("lost %v", lost)
	}
}
