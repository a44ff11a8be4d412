package control

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/octothorpe/octothorpe/internal/sdn/config"
	"github.com/octothorpe/octothorpe/internal/sdn/emptyswitch"
	"github.com/octothorpe/octothorpe/openflow"
)

// A sink is a switch that counts what it is told and keeps nothing.
func sink(b *testing.B, c *Controller, id uint64, ports int) (conn *openflow.Conn, flows *atomic.Int64, barriers chan struct{}) {
	conn, err := openflow.Dial(context.Background(), "tcp:"+c.Addr().String(), nil, openflow.Options{})
	if err != nil {
		b.Fatal(err)
	}
	flows, barriers = new(atomic.Int64), make(chan struct{}, 1024)
	list := make([]openflow.Port, ports)
	for n := range list {
		list[n] = openflow.Port{Number: uint32(n + 1), State: openflow.Live}
	}
	go func() {
		for {
			r, err := conn.Receive(context.Background())
			if err != nil {
				return
			}
			if _, ok := r.Message.(*openflow.FlowMod); ok {
				flows.Add(1)
			}
			reply := emptyswitch.Answer(r.Message, id, list)
			if reply != nil {
				conn.Reply(context.Background(), r.XID, reply)
				if reply.Type() == (*openflow.BarrierReply)(nil).Type() {
					barriers <- struct{}{}
				}
			}
		}
	}()
	return conn, flows, barriers
}

func benchController(b *testing.B, text string) *Controller {
	path := filepath.Join(b.TempDir(), "faucet.yaml")
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		b.Fatal(err)
	}
	c, err := New(Options{Config: path, Listen: "ptcp:0:127.0.0.1"})
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- c.Serve(ctx) }()
	b.Cleanup(func() { cancel(); <-done })
	return c
}

// From connecting to the last barrier reply, 200 ports with untagged VLANs.
func BenchmarkProvision200PortsOf100VLANs(b *testing.B) {
	var text strings.Builder
	text.WriteString("dps:\n  sw1:\n    dp_id: 1\n    interfaces:\n")
	for n := range 200 {
		fmt.Fprintf(&text, "      %d: {native_vlan: %d}\n", n+1, n%100+1)
	}
	c := benchController(b, text.String())
	for b.Loop() {
		conn, flows, barriers := sink(b, c, 1, 200)
		<-barriers
		b.ReportMetric(float64(flows.Load()), "flows")
		conn.Close()
	}
}

// Packets of hosts that are new, until all of their flows are at the switch.
func BenchmarkLearn(b *testing.B) {
	c := benchController(b, "vlans: {office: {vid: 100, max_hosts: 100000000}}\ndps:\n  sw1:\n    dp_id: 1\n    interfaces:\n      1: {native_vlan: office, max_hosts: 100000000}\n")
	conn, flows, barriers := sink(b, c, 1, 1)
	defer conn.Close()
	<-barriers
	before := flows.Load()
	in := openflow.Match{openflow.InPort.Uint(1)}
	b.ResetTimer()
	for n := range b.N {
		mac := [6]byte{2, 0, byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}
		// At most half of the queue is under way: what is more would be dropped.
		for flows.Load()-before < int64(2*(n-2000)) {
			runtime.Gosched()
		}
		if _, err := conn.Send(context.Background(), &openflow.PacketIn{Buffer: openflow.NoBuffer, Table: 1, Cookie: config.DefaultCookie, Match: in,
			Data: hello(mac, 100)}); err != nil {
			b.Fatal(err)
		}
	}
	for flows.Load()-before < int64(2*b.N) {
		runtime.Gosched()
	}
}

// Many switches of 48 ports that connect at once, until all have their tables.
func BenchmarkProvision100Switches(b *testing.B)  { benchSwitches(b, 100) }
func BenchmarkProvision1000Switches(b *testing.B) { benchSwitches(b, 1000) }

func benchSwitches(b *testing.B, count int) {
	var text strings.Builder
	text.WriteString("dps:\n")
	for id := range count {
		fmt.Fprintf(&text, "  sw%d:\n    dp_id: %d\n    interface_ranges:\n      1-48: {native_vlan: 100}\n", id+1, id+1)
	}
	c := benchController(b, text.String())
	for b.Loop() {
		conns := make([]*openflow.Conn, count)
		ready := make([]chan struct{}, count)
		for i := range count {
			conns[i], _, ready[i] = sink(b, c, uint64(i+1), 48)
		}
		for i := range count {
			<-ready[i]
		}
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		b.ReportMetric(float64(m.HeapAlloc)/1e6, "MB")
		for i := range count {
			conns[i].Close()
		}
	}
}
