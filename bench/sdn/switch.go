package main

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/octothorpe/octothorpe/internal/sdn/emptyswitch"
	"github.com/octothorpe/octothorpe/openflow"
)

// A simulated switch answers what it is asked, and notes when it was told
// something last.
type simulated struct {
	id      uint64
	ports   int
	conn    *openflow.Conn
	flows   atomic.Int64
	last    atomic.Int64 // when the last flow message came or barrier was answered, ns
	learnt  func(n uint32, at time.Time)
	begun   time.Time
	reading sync.WaitGroup
}

// connect begins a session; learnt, if given, is told of each flow that leads to a
// host.
func connect(ctx context.Context, address string, id uint64, ports int, learnt func(uint32, time.Time)) (*simulated, error) {
	s := &simulated{id: id, ports: ports, learnt: learnt, begun: time.Now()}
	conn, err := openflow.Dial(ctx, "tcp:"+address, nil, openflow.Options{})
	if err != nil {
		return nil, err
	}
	s.conn = conn
	s.reading.Go(s.read)
	return s, nil
}

func (s *simulated) close() {
	s.conn.Close()
	s.reading.Wait()
}

func (s *simulated) read() {
	for {
		r, err := s.conn.Receive(context.Background())
		if err != nil {
			return
		}
		reply := s.answer(r.Message)
		if reply == nil {
			continue
		}
		s.conn.Reply(context.Background(), r.XID, reply)
		if _, barrier := reply.(*openflow.BarrierReply); barrier {
			s.last.Store(time.Now().UnixNano())
		}
	}
}

func (s *simulated) answer(m openflow.Message) openflow.Message {
	switch m := m.(type) {
	case *openflow.FlowMod:
		s.flows.Add(1)
		if s.learnt == nil {
			s.last.Store(time.Now().UnixNano())
		}
		if s.learnt != nil && m.Command == openflow.FlowAdd {
			if mac, ok := m.Match.Get(openflow.EthDst); ok {
				if n, ours := number(mac.MAC()); ours {
					s.learnt(n, time.Now())
				}
			}
		}
	case *openflow.FeaturesRequest:
		return &openflow.FeaturesReply{DatapathID: s.id, Tables: 254, Capabilities: 0x4f}
	case *openflow.MultipartRequest:
		if _, ok := m.Body.(*openflow.PortDescRequest); ok {
			return &openflow.MultipartReply{Body: s.description()}
		}
	}
	return emptyswitch.Answer(m, s.id, nil)
}

func (s *simulated) description() *openflow.PortDescReply {
	list := make([]openflow.Port, s.ports)
	for n := range list {
		list[n] = openflow.Port{Number: uint32(n + 1), State: openflow.Live, CurrentSpeed: 1e6, Name: fmt.Sprint("p", n+1)}
	}
	return &openflow.PortDescReply{Ports: list}
}

// mac is the address of the host n, number the host of an address.
func mac(n uint32) [6]byte {
	return [6]byte{2, 0xbe, byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}
}

func number(m [6]byte) (uint32, bool) {
	return uint32(m[2])<<24 | uint32(m[3])<<16 | uint32(m[4])<<8 | uint32(m[5]), m[0] == 2 && m[1] == 0xbe
}

const (
	cookie   = 1524372928 // Faucet's
	ethSrc   = 1          // the number of the table that learns, without ACLs
	learning = 100        // the VLAN of the hosts
)

// hello sends the first packet of a host on a port: a broadcast of a protocol that
// nobody knows.
func (s *simulated) hello(ctx context.Context, n uint32, port int) error {
	m := mac(n)
	data := append([]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, m[:]...)
	data = append(data, 0x81, 0, 0, learning, 0x88, 0xb5)
	data = append(data, make([]byte, 46)...)
	_, err := s.conn.Send(ctx, &openflow.PacketIn{Buffer: openflow.NoBuffer, TotalLen: uint16(len(data)), Reason: openflow.ReasonAction, Table: ethSrc,
		Cookie: cookie, Match: openflow.Match{openflow.InPort.Uint(uint64(port))}, Data: data})
	return err
}

// settle waits until nothing has come to any switch for a while, and returns when
// the last barrier was answered, or the last flow message came of who sends none after it.
func settle(ctx context.Context, list []*simulated, quiet time.Duration) (time.Time, error) {
	sum, since := int64(-1), time.Now()
	for {
		now, last := int64(0), int64(0)
		for _, s := range list {
			now += s.flows.Load()
			last = max(last, s.last.Load())
			if err := s.conn.Err(); err != nil {
				return time.Time{}, fmt.Errorf("switch %d: %w", s.id, err)
			}
		}
		if now != sum {
			sum, since = now, time.Now()
		}
		if time.Since(since) > quiet && sum > 0 && time.Since(time.Unix(0, last)) > quiet {
			return time.Unix(0, last), nil
		}
		select {
		case <-time.After(5 * time.Millisecond):
		case <-ctx.Done():
			return time.Time{}, fmt.Errorf("%d flow messages came so far: %w", sum, ctx.Err())
		}
	}
}
