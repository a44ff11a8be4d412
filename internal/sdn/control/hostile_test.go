package control

import (
	"context"
	"io"
	"net"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"

	"github.com/octothorpe/octothorpe/internal/sdn/pipeline"
	"github.com/octothorpe/octothorpe/openflow"
)

const twoSwitches = "vlans: {office: {vid: 100}}\ndps:\n  sw1:\n    dp_id: 1\n    interfaces: {1: {native_vlan: office}}\n  sw2:\n    dp_id: 2\n    interfaces: {1: {native_vlan: office}}\n"

// A switch whose answer does not end is given up and counted, and another does not
// notice.
func TestAnAnswerThatDoesNotEndIsGivenUp(t *testing.T) {
	c, path := controller(t, twoSwitches)
	good := newFakeSwitch(1, 1)
	good.connect(t, c.Addr())
	dp, tables := want(t, path, 1)
	good.until(t, "the tables", func() bool { return len(good.flows) == len(tables.Flows) })
	endless := greeted(t, c, 2)
	defer endless.Close()
	part, err := openflow.Append(nil, 0, &openflow.MultipartReply{Flags: openflow.More, Body: &openflow.PortDescReply{Ports: make([]openflow.Port, 1000)}})
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		for { // until the controller closes it
			b := make([]byte, openflow.HeaderLen, 1<<16)
			if _, err := io.ReadFull(endless, b); err != nil {
				return
			}
			b = b[:openflow.Length(b)]
			if _, err := io.ReadFull(endless, b[openflow.HeaderLen:]); err != nil {
				return
			}
			if xid, m, err := openflow.Decode(b); err == nil && m.Type() == (*openflow.MultipartRequest)(nil).Type() {
				part[4], part[5], part[6], part[7] = byte(xid>>24), byte(xid>>16), byte(xid>>8), byte(xid)
				for {
					if _, err := endless.Write(part); err != nil {
						return
					}
				}
			}
		}
	}()
	soonMore(t, c, "octothorpe_sdn_replies_too_long_total", "dp_name", "sw2")
	soonMore(t, c, "of_dp_disconnections_total", "dp_name", "sw2")
	table, _ := tables.Number("eth_src")
	mac := [6]byte{0x0a, 0, 0, 0, 0, 1}
	good.in(t, table, 1, dp.Cookie, hello(mac, 100))
	flows := pipeline.HostFlows(dp, tables, pipeline.Host{MAC: mac, VLAN: dp.VLAN(100), Port: dp.Port(1), Timeout: 300})
	good.until(t, "a host", func() bool { return good.flows[flows[len(flows)-1].Key()] != nil })
}

// starved is a listener on a machine that has no file left for a while.
type starved struct {
	net.Listener
	mu   sync.Mutex
	left int
}

func (l *starved) Accept() (net.Conn, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.left > 0 {
		l.left--
		return nil, &net.OpError{Op: "accept", Err: os.NewSyscallError("accept4", syscall.EMFILE)}
	}
	return l.Listener.Accept()
}

func TestALackOfFilesEndsNoController(t *testing.T) {
	path := filepath.Join(t.TempDir(), "faucet.yaml")
	if err := os.WriteFile(path, []byte(twoSwitches), 0o644); err != nil {
		t.Fatal(err)
	}
	c, err := New(Options{Config: path, Listen: "ptcp:0:127.0.0.1"})
	if err != nil {
		t.Fatal(err)
	}
	c.listener = &starved{Listener: c.listener, left: 2}
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- c.Serve(ctx) }()
	s := newFakeSwitch(1, 1)
	s.connect(t, c.Addr())
	_, tables := want(t, path, 1)
	s.until(t, "the tables", func() bool { return len(s.flows) == len(tables.Flows) })
	if n := metric(t, c, "octothorpe_sdn_connections_refused_total"); n != 2 {
		t.Errorf("%v were refused", n)
	}
	s.disconnect()
	cancel()
	if err := <-served; err != nil {
		t.Error(err)
	}
}

// Whatever a switch says, its session ends with its connection.
func FuzzSwitch(f *testing.F) {
	path := filepath.Join(f.TempDir(), "faucet.yaml")
	if err := os.WriteFile(path, []byte(twoSwitches), 0o644); err != nil {
		f.Fatal(err)
	}
	c, err := New(Options{Config: path, Listen: "ptcp:0:127.0.0.1"})
	if err != nil {
		f.Fatal(err)
	}
	defer c.listener.Close()
	say := func(b []byte, xid uint32, m openflow.Message) []byte {
		b, err := openflow.Append(b, xid, m)
		if err != nil {
			f.Fatal(err)
		}
		return b
	}
	const features = 2 // what the first request of a session has as xid
	var whole []byte
	for xid := uint32(features + 1); xid < 20; xid++ { // one of them is the answer to what was asked
		for _, body := range []openflow.ReplyBody{&openflow.PortDescReply{Ports: []openflow.Port{{Number: 1, State: openflow.Live}}},
			&openflow.FlowStatsReply{Flows: []openflow.FlowStats{{Table: 1, Match: openflow.Match{openflow.InPort.Uint(1)}}}}, &openflow.GroupDescReply{}, &openflow.MeterConfigReply{}} {
			whole = say(whole, xid, &openflow.MultipartReply{Body: body})
		}
		whole = say(whole, xid, &openflow.BarrierReply{})
	}
	f.Add(whole)
	f.Add(say(nil, 3, &openflow.MultipartReply{Flags: openflow.More, Body: &openflow.PortDescReply{}}))
	f.Add(say(say(nil, 9, &openflow.PacketIn{Match: openflow.Match{openflow.InPort.Uint(1)}, Data: hello([6]byte{2}, 100)}), 0, &openflow.PortStatus{Port: openflow.Port{Number: 1}}))
	f.Add([]byte{4, 19, 0, 8, 0, 0, 0, 3})
	f.Fuzz(func(t *testing.T, said []byte) {
		ours, theirs := net.Pipe()
		over := make(chan struct{})
		go func() { c.attend(t.Context(), ours); close(over) }()
		go io.Copy(io.Discard, theirs)
		begin := say(say(nil, 1, &openflow.Hello{}), features, &openflow.FeaturesReply{DatapathID: 1})
		if _, err := theirs.Write(append(begin, said...)); err != nil && len(said) == 0 {
			t.Error(err)
		}
		theirs.Close()
		<-over
	})
}
