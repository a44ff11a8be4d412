package main

import (
	"context"
	"net"
	"os"
	"os/signal"
	"sync"
	"syscall"

	"github.com/octothorpe/octothorpe/openflow"
)

// bare is the least that a controller in Go can be: it answers each packet with
// the two flow messages that a host takes, and does nothing but that.
func bare(address string) error {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	context.AfterFunc(ctx, func() { l.Close() })
	var sessions sync.WaitGroup
	defer sessions.Wait()
	for {
		nc, err := l.Accept()
		if err != nil {
			return nil
		}
		sessions.Go(func() {
			conn, err := openflow.NewConn(ctx, nc, openflow.Options{Queue: 4096})
			if err != nil {
				return // who only looked whether it listens
			}
			defer conn.Close()
			conn.Send(ctx, &openflow.FlowMod{Buffer: openflow.NoBuffer})
			conn.Barrier(ctx)
			for {
				r, err := conn.Receive(ctx)
				if err != nil {
					return
				}
				if p, ok := r.Message.(*openflow.PacketIn); ok && echo(ctx, conn, p) != nil {
					return
				}
			}
		})
	}
}

func echo(ctx context.Context, conn *openflow.Conn, p *openflow.PacketIn) error {
	in, _ := p.Match.Get(openflow.InPort)
	src, vlan := openflow.EthSrc.Bytes(p.Data[6:12], nil), openflow.VLANVID.Uint(learning|openflow.VIDPresent)
	way := []openflow.Instruction{openflow.ApplyActions{Actions: []openflow.Action{openflow.PopVLAN{}, openflow.Output{Port: uint32(in.Uint())}}}}
	for _, m := range []*openflow.FlowMod{
		{Table: ethSrc, Match: openflow.Match{in, src, vlan}, Instructions: []openflow.Instruction{openflow.GotoTable{Table: ethSrc + 1}}},
		{Table: ethSrc + 1, Match: openflow.Match{openflow.EthDst.Bytes(p.Data[6:12], nil), vlan}, Instructions: way},
	} {
		m.Cookie, m.Priority, m.HardTimeout, m.Buffer, m.OutPort, m.OutGroup = cookie, 8192, 300, openflow.NoBuffer, openflow.PortAny, openflow.GroupAny
		if _, err := conn.Send(ctx, m); err != nil {
			return err
		}
	}
	return nil
}
