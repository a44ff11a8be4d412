package control

import (
	"slices"
	"sync"

	"github.com/octothorpe/octothorpe/openflow"
)

// inboxLimit is how many packets wait for a session, and noticeLimit how many
// other messages; a longer one counts as several. When there is no room for a packet,
// one of the port that has most is dropped and counted; for other messages the reader
// waits, and with it the switch.
const (
	inboxLimit  = 4096
	noticeLimit = 1024
)

// What a kilobyte is for packets and 16 fields are for matches counts as one more.
func packetCost(p *openflow.PacketIn) int { return 1 + len(p.Data)/1024 + len(p.Match)/16 }

func noticeCost(m openflow.Message) int {
	switch m := m.(type) {
	case *openflow.Error:
		return 1 + len(m.Data)/1024
	case *openflow.FlowRemoved:
		return 1 + len(m.Match)/16
	}
	return 1
}

// wanted says whether a session does anything with a message that nobody asked for.
func wanted(m openflow.Message) bool {
	switch m.(type) {
	case *openflow.PortStatus, *openflow.FlowRemoved, *openflow.Error:
		return true
	}
	return false
}

// An inbox holds what a switch said until its session comes to it: the packets of
// each port in their order, the ports in turn, so that one that floods delays the
// others by a packet a turn and no more.
type inbox struct {
	news chan struct{} // something is there
	room chan struct{} // a notice was taken
	over chan struct{} // closed when nobody takes any more

	mu      sync.Mutex // leaf
	notices []openflow.Message
	costs   int // of the notices
	packets map[uint32][]*openflow.PacketIn
	load    map[uint32]int    // costs of the packets of a port
	turns   []uint32          // ports that have packets, the next one first
	count   int               // costs of all packets
	dropped map[uint32]uint64 // since it was asked
}

func newInbox() *inbox {
	return &inbox{news: make(chan struct{}, 1), room: make(chan struct{}, 1), over: make(chan struct{}), packets: map[uint32][]*openflow.PacketIn{}, load: map[uint32]int{}, dropped: map[uint32]uint64{}}
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// close lets nobody wait any more. It is called once.
func (b *inbox) close() { close(b.over) }

// put takes a message; it waits only for room for what is no packet.
func (b *inbox) put(m openflow.Message) {
	if p, ok := m.(*openflow.PacketIn); ok {
		b.packet(p)
		return
	}
	if !wanted(m) {
		return
	}
	for {
		b.mu.Lock()
		if b.costs < noticeLimit {
			b.notices = append(b.notices, m)
			b.costs += noticeCost(m)
			b.mu.Unlock()
			signal(b.news)
			return
		}
		b.mu.Unlock()
		select {
		case <-b.room:
		case <-b.over:
			return
		}
	}
}

// refuse says whether packet would drop one of a port, however short, and counts it then.
func (b *inbox) refuse(port uint32) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.count < inboxLimit || !b.greedy(port) {
		return false
	}
	b.dropped[port]++
	return true
}

// greedy says whether a port has its share of the room, or more.
func (b *inbox) greedy(port uint32) bool {
	return b.load[port]*max(len(b.turns), 1) >= inboxLimit || len(b.turns) == 0
}

func (b *inbox) packet(p *openflow.PacketIn) {
	in, _ := p.Match.Get(openflow.InPort)
	port := uint32(in.Uint())
	b.mu.Lock()
	defer b.mu.Unlock()
	cost := packetCost(p)
	for b.count+cost > inboxLimit {
		// Above its share a port gives way itself; below it the one that has most does.
		if b.greedy(port) {
			b.dropped[port]++
			return
		}
		b.evict()
	}
	list := b.packets[port]
	if len(list) == 0 {
		b.turns = append(b.turns, port)
	}
	b.packets[port] = append(list, p)
	b.load[port] += cost
	b.count += cost
	signal(b.news)
}

// evict drops the newest packet of the port that has most.
func (b *inbox) evict() {
	most := b.turns[0]
	for _, port := range b.turns {
		if b.load[port] > b.load[most] {
			most = port
		}
	}
	list := b.packets[most]
	p := list[len(list)-1]
	list[len(list)-1] = nil
	b.dropped[most]++
	b.taken(most, p, list[:len(list)-1])
	if len(list) == 1 {
		b.turns = slices.DeleteFunc(b.turns, func(port uint32) bool { return port == most })
	}
}

// taken notes that a packet of a port is gone, and what is left.
func (b *inbox) taken(port uint32, p *openflow.PacketIn, left []*openflow.PacketIn) {
	cost := packetCost(p)
	b.count -= cost
	b.load[port] -= cost
	if b.packets[port] = left; len(left) == 0 {
		delete(b.packets, port)
		delete(b.load, port)
	}
}

// take returns what is next: other messages before packets; nil if nothing waits.
func (b *inbox) take() openflow.Message {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.notices) > 0 {
		m := b.notices[0]
		b.notices[0] = nil
		b.notices = b.notices[1:]
		b.costs -= noticeCost(m)
		signal(b.room)
		return m
	}
	if len(b.turns) == 0 {
		return nil
	}
	port := b.turns[0]
	b.turns = b.turns[1:]
	list := b.packets[port]
	p := list[0]
	list[0] = nil
	b.taken(port, p, list[1:])
	if len(list) > 1 {
		b.turns = append(b.turns, port)
	}
	return p
}

// lost is how many packets were dropped since it was asked last, by port.
func (b *inbox) lost() map[uint32]uint64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.dropped) == 0 {
		return nil
	}
	lost := b.dropped
	b.dropped = map[uint32]uint64{}
	return lost
}
