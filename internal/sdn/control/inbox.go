package control

import (
	"sync"

	"github.com/octothorpe/octothorpe/openflow"
)

// inboxLimit is how many packets wait for a session, and noticeLimit how many
// other messages. When there is no room for a packet, one of the port that has most
// is dropped and counted; for other messages the reader waits, and with it the
// switch.
const (
	inboxLimit  = 4096
	noticeLimit = 1024
)

// An inbox holds what a switch said until its session comes to it: the packets of
// each port in their order, the ports in turn, so that one that floods delays the
// others by a packet a turn and no more.
type inbox struct {
	news chan struct{} // something is there
	room chan struct{} // a notice was taken
	over chan struct{} // closed when nobody takes any more

	mu      sync.Mutex // leaf
	notices []openflow.Message
	packets map[uint32][]*openflow.PacketIn
	turns   []uint32 // ports that have packets, the next one first
	count   int
	dropped map[uint32]uint64 // since it was asked
}

func newInbox() *inbox {
	return &inbox{news: make(chan struct{}, 1), room: make(chan struct{}, 1), over: make(chan struct{}), packets: map[uint32][]*openflow.PacketIn{}, dropped: map[uint32]uint64{}}
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
	for {
		b.mu.Lock()
		if len(b.notices) < noticeLimit {
			b.notices = append(b.notices, m)
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

func (b *inbox) packet(p *openflow.PacketIn) {
	in, _ := p.Match.Get(openflow.InPort)
	port := uint32(in.Uint())
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.count >= inboxLimit {
		// Above its share a port gives way itself; below it the one that has most does.
		if len(b.packets[port])*max(len(b.turns), 1) >= inboxLimit {
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
	b.count++
	signal(b.news)
}

// evict drops the newest packet of the port that has most.
func (b *inbox) evict() {
	most := b.turns[0]
	for _, port := range b.turns {
		if len(b.packets[port]) > len(b.packets[most]) {
			most = port
		}
	}
	list := b.packets[most]
	list[len(list)-1] = nil
	b.packets[most] = list[:len(list)-1]
	b.dropped[most]++
	b.count--
}

// take returns what is next: other messages before packets; nil if nothing waits.
func (b *inbox) take() openflow.Message {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.notices) > 0 {
		m := b.notices[0]
		b.notices = b.notices[1:]
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
	b.count--
	if list = list[1:]; len(list) == 0 {
		delete(b.packets, port)
	} else {
		b.packets[port] = list
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
