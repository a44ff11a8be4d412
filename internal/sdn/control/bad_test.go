package control

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/internal/sdn/config"
	"github.com/octothorpe/octothorpe/internal/sdn/pipeline"
	"github.com/octothorpe/octothorpe/openflow"
)

// greeted connects as a switch of a datapath id, by hand.
func greeted(t *testing.T, c *Controller, id uint64) net.Conn {
	t.Helper()
	nc, err := net.Dial("tcp", c.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	hello, _ := openflow.Append(nil, 1, &openflow.Hello{})
	if _, err := nc.Write(hello); err != nil {
		t.Fatal(err)
	}
	for {
		b := make([]byte, openflow.HeaderLen, 1024)
		if _, err := io.ReadFull(nc, b); err != nil {
			t.Fatal(err)
		}
		b = b[:openflow.Length(b)]
		if _, err := io.ReadFull(nc, b[openflow.HeaderLen:]); err != nil {
			t.Fatal(err)
		}
		xid, m, err := openflow.Decode(b)
		if err != nil {
			t.Fatal(err)
		}
		if _, asked := m.(*openflow.FeaturesRequest); asked {
			features, _ := openflow.Append(nil, xid, &openflow.FeaturesReply{DatapathID: id})
			if _, err := nc.Write(features); err != nil {
				t.Fatal(err)
			}
			break
		}
	}
	return nc
}

// flap connects and goes, a hundred times a second.
func flap(ctx context.Context, c *Controller, id uint64) {
	for ctx.Err() == nil {
		s := newFakeSwitch(id, 4)
		if conn, err := openflow.Dial(ctx, "tcp:"+c.Addr().String(), nil, openflow.Options{}); err == nil {
			go func() {
				for {
					r, err := conn.Receive(context.Background())
					if err != nil {
						return
					}
					if reply := s.handle(r.Message); reply != nil {
						conn.Reply(context.Background(), r.XID, reply)
					}
				}
			}()
			time.Sleep(10 * time.Millisecond) // that is the rate
			conn.Close()
		}
	}
}

// garble sends what has the length of a message and the type of one, and is none;
// not so much that nothing more of it is read before the session is there.
func garble(ctx context.Context, nc net.Conn) {
	for n := 0; n < noticeLimit && ctx.Err() == nil; n++ {
		b := make([]byte, 8+rand.IntN(200))
		for i := range b {
			b[i] = byte(rand.Uint32())
		}
		b[0], b[1], b[2], b[3] = openflow.Version, byte(rand.IntN(40)), 0, byte(len(b))
		if len(b) > 255 {
			b[2] = byte(len(b) >> 8)
		}
		nc.SetWriteDeadline(time.Now().Add(time.Second))
		if _, err := nc.Write(b); err != nil {
			return
		}
	}
}

// One that flaps, one that sends garbage, one that reads nothing and one that
// floods from a port harm no other; the one that floods not even its other port.
func TestBadSwitchesHarmNoOtherUnderLoad(t *testing.T) {
	var text strings.Builder
	text.WriteString("vlans: {office: {vid: 100, max_hosts: 1000000}}\ndps:\n")
	for id := range 5 {
		fmt.Fprintf(&text, "  sw%d:\n    dp_id: %d\n    interface_ranges:\n      1-4: {native_vlan: office, max_hosts: 1000}\n", id+1, id+1)
	}
	c, path := controller(t, text.String())
	good, floods := newFakeSwitch(1, 4), newFakeSwitch(5, 4)
	good.connect(t, c.Addr())
	floods.pending = 1 << 14 // what waits in itself is its own delay
	floods.connect(t, c.Addr())
	dp, tables := want(t, path, 1, 2, 3, 4)
	all, err := config.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []*fakeSwitch{good, floods} {
		s.until(t, "the tables", func() bool { return len(s.flows) == len(tables.Flows) })
	}
	ctx, cancel := context.WithCancel(t.Context())
	var bad sync.WaitGroup
	defer bad.Wait()
	defer cancel()
	bad.Go(func() { flap(ctx, c, 2) })
	garbage, stalls := greeted(t, c, 3), greeted(t, c, 4)
	defer garbage.Close()
	defer stalls.Close()
	bad.Go(func() { garble(ctx, garbage) })
	table, _ := tables.Number("eth_src")
	bad.Go(func() {
		for n := uint32(0); ctx.Err() == nil; n++ {
			mac := [6]byte{2, 0xff, byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}
			floods.conn.Send(ctx, &openflow.PacketIn{Buffer: openflow.NoBuffer, Table: table, Cookie: dp.Cookie,
				Match: openflow.Match{openflow.InPort.Uint(1)}, Data: hello(mac, 100)})
		}
	})
	soonMore(t, c, "port_learn_bans", "dp_name", "sw5", "port", "1")
	for _, s := range []*fakeSwitch{good, floods} {
		own, slowest := all.DPs[s.id-1], time.Duration(0)
		for n := range byte(20) {
			mac := [6]byte{0x0a, byte(s.id), 0, 0, 0, n}
			begun := time.Now()
			s.in(t, table, 2, dp.Cookie, hello(mac, 100))
			flows := pipeline.HostFlows(own, tables, pipeline.Host{MAC: mac, VLAN: own.VLAN(100), Port: own.Port(2), Timeout: 300})
			s.until(t, fmt.Sprintf("host %d of switch %d", n, s.id), func() bool { return s.flows[flows[len(flows)-1].Key()] != nil })
			slowest = max(slowest, time.Since(begun))
		}
		t.Logf("the slowest host of switch %d took %v", s.id, slowest)
		if slowest > 5*time.Second {
			t.Errorf("a host took %v", slowest)
		}
	}
	garbage.Close()
	soonMore(t, c, "octothorpe_sdn_undecodable_messages_total", "dp_name", "sw3")
	soonMore(t, c, "of_dp_connections_total", "dp_name", "sw2")
	if lost := metric(t, c, "octothorpe_sdn_packet_ins_dropped_total", "dp_name", "sw5", "port", "2"); lost > 0 {
		t.Errorf("%v packets of the port that does not flood were dropped", lost)
	}
}

// soonMore waits until something was counted.
func soonMore(t *testing.T, c *Controller, name string, labels ...string) {
	t.Helper()
	for late := time.Now().Add(20 * time.Second); metric(t, c, name, labels...) <= 0; {
		if time.Now().After(late) {
			t.Fatalf("%s%v counts nothing", name, labels)
		}
		time.Sleep(10 * time.Millisecond) // between two looks
	}
}
