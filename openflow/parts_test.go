package openflow

import (
	"errors"
	"runtime"
	"testing"
)

// endless answers each multipart request with parts that never end, n of them.
func endless(t *testing.T, s *Conn, n int, part func(i int) ReplyBody) {
	for {
		r, err := s.Receive(t.Context())
		if err != nil {
			return
		}
		switch r.Message.(type) {
		case *MultipartRequest:
			for i := range n {
				if s.Reply(t.Context(), r.XID, &MultipartReply{Flags: More, Body: part(i)}) != nil {
					return
				}
			}
		case *BarrierRequest:
			s.Reply(t.Context(), r.XID, &BarrierReply{})
		}
	}
}

// A reply that never ends is given up, what came of it is let go, and the session
// goes on. So do replies of which nothing is in a part.
func TestARepliesPartsAreBounded(t *testing.T) {
	match := Match{}
	for range 200 {
		match = append(match, InPort.Uint(1))
	}
	big := &FlowStatsReply{Flows: []FlowStats{{Match: match}}}
	for name, part := range map[string]ReplyBody{"fields": big, "empty": &PortDescReply{}, "ports": &PortDescReply{Ports: make([]Port, 100)}} {
		t.Run(name, func(t *testing.T) {
			controller, s := pair(t, Options{Parts: 1 << 17})
			go endless(t, s, 700, func(int) ReplyBody { return part })
			for n := range uint64(2) {
				if _, err := controller.Request(t.Context(), &MultipartRequest{Body: &FlowStatsRequest{}}); !errors.Is(err, ErrReply) {
					t.Fatalf("got %v", err)
				}
				if got := controller.Stats().TooLong; got != n+1 {
					t.Errorf("%d replies were too long, want %d", got, n+1)
				}
				controller.mu.Lock()
				kept := controller.parts
				controller.mu.Unlock()
				if kept != 0 {
					t.Errorf("%d bytes are kept", kept)
				}
			}
			if err := controller.Barrier(t.Context()); err != nil { // what comes behind is read, and nobody gets it
				t.Error(err)
			}
		})
	}
}

func TestPartsThatDoNotFitTogetherAreNoAnswer(t *testing.T) {
	controller, s := pair(t, Options{})
	go func() {
		for {
			r, err := s.Receive(t.Context())
			if err != nil {
				return
			}
			if _, barrier := r.Message.(*BarrierRequest); barrier {
				s.Reply(t.Context(), r.XID, &BarrierReply{})
				continue
			}
			s.Reply(t.Context(), r.XID, &MultipartReply{Flags: More, Body: &PortDescReply{}})
			s.Reply(t.Context(), r.XID, &MultipartReply{Flags: More, Body: &FlowStatsReply{}})
			s.Reply(t.Context(), r.XID, &MultipartReply{Body: &PortDescReply{}})
		}
	}()
	if _, err := controller.Request(t.Context(), &MultipartRequest{Body: &PortDescRequest{}}); !errors.Is(err, ErrReply) {
		t.Errorf("got %v", err)
	}
	if err := controller.Barrier(t.Context()); err != nil {
		t.Error(err)
	}
	if len(controller.in) != 0 {
		t.Error("what came behind was given to Receive")
	}
}

// What a reply is counted as is not less than the memory that it takes.
func TestTheCostOfARepliesPartIsItsMemory(t *testing.T) {
	actions := []Action{}
	for range 100 {
		actions = append(actions, SetField{Field: EthDst.MAC([6]byte{1})}, Output{Port: 1})
	}
	match := Match{}
	for range 500 {
		match = append(match, InPort.Uint(1))
	}
	groups := []GroupDesc{}
	for range 20 {
		groups = append(groups, GroupDesc{Buckets: []Bucket{{Actions: []Action{PopVLAN{}, PopVLAN{}, Output{}}}, {Actions: []Action{PopVLAN{}}}, {}}})
	}
	for name, body := range map[string]ReplyBody{
		"match":   &FlowStatsReply{Flows: []FlowStats{{Match: match}, {Match: match}}},
		"actions": &FlowStatsReply{Flows: []FlowStats{{Instructions: []Instruction{ApplyActions{Actions: actions}}}}},
		"flows":   &FlowStatsReply{Flows: make([]FlowStats, 1000)},
		"ports":   &PortDescReply{Ports: make([]Port, 500)},
		"groups":  &GroupDescReply{Groups: groups},
	} {
		wire, err := Append(nil, 1, &MultipartReply{Body: body})
		if err != nil {
			t.Fatal(err)
		}
		const many = 200
		var kept [many]Message
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		for i := range kept {
			if _, kept[i], err = Decode(wire); err != nil {
				t.Fatal(err)
			}
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		each := int(after.HeapAlloc-before.HeapAlloc) / many
		if said := cost(kept[0].(*MultipartReply).Body, len(wire)); each > said+said/4 {
			t.Errorf("%s: %d bytes on the wire take %d and are counted as %d", name, len(wire), each, said)
		}
		runtime.KeepAlive(&kept)
	}
}
