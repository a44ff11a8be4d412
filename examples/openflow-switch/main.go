package main

import (
	"context"
	"log"
	"net"

	"github.com/octothorpe/octothorpe/openflow"
)

func main() {
	l, err := openflow.Listen("ptcp:6653", nil)
	if err != nil {
		log.Fatal(err)
	}
	for {
		nc, err := l.Accept()
		if err != nil {
			log.Fatal(err)
		}
		go func() { log.Print(nc.RemoteAddr(), ": ", serve(context.Background(), nc)) }()
	}
}

// serve drives one switch until it goes away.
func serve(ctx context.Context, nc net.Conn) error {
	c, err := openflow.NewConn(ctx, nc, openflow.Options{})
	if err != nil {
		return err
	}
	defer c.Close()
	toUs := openflow.Output{Port: openflow.PortController, MaxLen: openflow.ControllerMax}
	if err := flow(ctx, c, 0, nil, toUs); err != nil { // what no flow takes comes to us
		return err
	}
	hosts := map[[6]byte]uint32{}
	for {
		r, err := c.Receive(ctx)
		if err != nil {
			return err
		}
		in, ok := r.Message.(*openflow.PacketIn)
		if !ok || len(in.Data) < 12 {
			continue
		}
		port, _ := in.Match.Get(openflow.InPort)
		dst, src := [6]byte(in.Data[:6]), [6]byte(in.Data[6:12])
		hosts[src] = uint32(port.Uint())
		out := openflow.Output{Port: openflow.PortFlood}
		if to, known := hosts[dst]; known {
			out.Port = to
			match := openflow.Match{openflow.InPort.Uint(port.Uint()), openflow.EthDst.MAC(dst), openflow.EthSrc.MAC(src)}
			if err := flow(ctx, c, 1, match, out); err != nil {
				return err
			}
		}
		if _, err := c.Send(ctx, &openflow.PacketOut{Buffer: openflow.NoBuffer, InPort: uint32(port.Uint()),
			Actions: []openflow.Action{out}, Data: in.Data}); err != nil {
			return err
		}
	}
}

// flow adds one, which a learnt host keeps while it speaks.
func flow(ctx context.Context, c *openflow.Conn, priority uint16, m openflow.Match, out openflow.Output) error {
	_, err := c.Send(ctx, &openflow.FlowMod{Priority: priority, IdleTimeout: priority * 60, Buffer: openflow.NoBuffer, OutPort: openflow.PortAny,
		OutGroup: openflow.GroupAny, Match: m, Instructions: []openflow.Instruction{openflow.ApplyActions{Actions: []openflow.Action{out}}}})
	return err
}
