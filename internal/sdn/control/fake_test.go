package control

import (
	"context"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/internal/sdn/emptyswitch"
	"github.com/octothorpe/octothorpe/internal/sdn/pipeline"
	"github.com/octothorpe/octothorpe/openflow"
)

// A fakeSwitch is a switch in memory: it keeps flows, groups and meters as it is
// told, and says what it has.
type fakeSwitch struct {
	id    uint64
	conn  *openflow.Conn
	ports []openflow.Port
	wires map[uint32]func(frame []byte) // what is joined to a port; set before connect

	pending int // of its connection

	mu    sync.Mutex
	flows map[string]*pipeline.Flow
	mods  int // flow messages
	role  openflow.RoleRequest
	outs  []*openflow.PacketOut
	news  chan struct{} // whenever something was done
	done  chan struct{}

	described int // times it was told its tables
}

func newFakeSwitch(id uint64, ports int) *fakeSwitch {
	s := &fakeSwitch{id: id, flows: map[string]*pipeline.Flow{}, news: make(chan struct{}, 1)}
	for n := range ports {
		s.ports = append(s.ports, openflow.Port{Number: uint32(n + 1), State: openflow.Live})
	}
	return s
}

// connect begins a session.
func (s *fakeSwitch) connect(t *testing.T, to net.Addr) {
	t.Helper()
	conn, err := openflow.Dial(t.Context(), "tcp:"+to.String(), nil, openflow.Options{Pending: s.pending})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	s.conn, s.done = conn, done
	go func() {
		defer close(done)
		for {
			r, err := conn.Receive(context.Background())
			if err != nil {
				return
			}
			if reply := s.handle(r.Message); reply != nil {
				conn.Reply(context.Background(), r.XID, reply)
			}
			select {
			case s.news <- struct{}{}:
			default:
			}
		}
	}()
	t.Cleanup(s.disconnect)
}

func (s *fakeSwitch) disconnect() {
	s.conn.Close()
	<-s.done
}

func (s *fakeSwitch) handle(m openflow.Message) openflow.Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch m := m.(type) {
	case *openflow.RoleRequest:
		if m.GenerationID < s.role.GenerationID {
			return &openflow.Error{Kind: openflow.RoleRequestFailed} // stale
		}
		s.role = *m
		return &openflow.RoleReply{Role: m.Role, GenerationID: m.GenerationID}
	case *openflow.PacketOut:
		s.outs = append(s.outs, m)
		for _, a := range m.Actions {
			if o, ok := a.(openflow.Output); ok && s.wires[o.Port] != nil {
				s.wires[o.Port](m.Data)
			}
		}
	case *openflow.FlowMod:
		s.mods++
		f := &pipeline.Flow{Table: m.Table, Priority: m.Priority, Match: m.Match, Instructions: m.Instructions, Cookie: m.Cookie,
			Idle: m.IdleTimeout, Hard: m.HardTimeout, Flags: m.Flags}
		switch m.Command {
		case openflow.FlowAdd:
			s.flows[f.Key()] = f
		case openflow.FlowDeleteStrict:
			delete(s.flows, f.Key())
		case openflow.FlowDelete:
			clear(s.flows)
		}
	case *openflow.MultipartRequest:
		switch m.Body.(type) {
		case *openflow.TableFeaturesRequest:
			s.described++
		case *openflow.FlowStatsRequest:
			reply := &openflow.FlowStatsReply{}
			for _, f := range s.flows {
				reply.Flows = append(reply.Flows, openflow.FlowStats{Table: f.Table, Priority: f.Priority, IdleTimeout: f.Idle, HardTimeout: f.Hard,
					Flags: f.Flags, Cookie: f.Cookie, Match: f.Match, Instructions: f.Instructions})
			}
			return &openflow.MultipartReply{Body: reply}
		}
	}
	return emptyswitch.Answer(m, s.id, s.ports)
}

// until waits until the switch is as wanted.
func (s *fakeSwitch) until(t *testing.T, what string, wanted func() bool) {
	t.Helper()
	late := time.After(20 * time.Second)
	for {
		s.mu.Lock()
		ok := wanted()
		s.mu.Unlock()
		if ok {
			return
		}
		select {
		case <-s.news:
		case <-late:
			s.mu.Lock()
			for _, f := range s.flows {
				t.Log(f)
			}
			s.mu.Unlock()
			t.Fatalf("not seen: %s", what)
		}
	}
}

// is says whether the switch has exactly these flows.
func (s *fakeSwitch) is(flows []*pipeline.Flow) bool {
	if len(s.flows) != len(flows) {
		return false
	}
	for _, f := range flows {
		if have := s.flows[f.Key()]; have == nil || have.String() != f.String() {
			return false
		}
	}
	return true
}

// in sends a packet to the controller, as a table does.
func (s *fakeSwitch) in(t *testing.T, table uint8, port uint32, cookie uint64, data []byte) {
	t.Helper()
	if _, err := s.conn.Send(t.Context(), &openflow.PacketIn{Buffer: openflow.NoBuffer, TotalLen: uint16(len(data)), Reason: openflow.ReasonAction, Table: table,
		Cookie: cookie, Match: openflow.Match{openflow.InPort.Uint(uint64(port))}, Data: data}); err != nil {
		t.Fatal(err)
	}
}
