package exchange

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"

	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/logging"
	"github.com/octothorpe/octothorpe/internal/rtp"
	"github.com/octothorpe/octothorpe/internal/udptl"
)

// packetCommands are the console commands that follow packets of media.
func (x *Exchange) packetCommands() []command.Console {
	return []command.Console{
		{Row: command.Row{Name: "rtp set debug {on|off|ip}", Syntax: "rtp set debug {on|off|ip host[:port]}",
			Synopsis: "Tell of packets of RTP as they come and go", Module: "res_rtp_asterisk"}, Run: follows(&x.rtpTrace.Wanted, "RTP Packet Debugging", "address")},
		{Row: command.Row{Name: "rtcp set debug {on|off|ip}", Syntax: "rtcp set debug {on|off|ip host[:port]}",
			Synopsis: "Tell of packets of RTCP as they come and go", Module: "res_rtp_asterisk"}, Run: follows(&x.rtpTrace.Control, "RTCP Packet Debugging", "address")},
		{Row: command.Row{Name: "rtcp set stats {on|off}", Syntax: "rtcp set stats {on|off}", Synopsis: "Tell of the figures of RTCP",
			Description: "Nothing more is told: the figures are in pjsip show channelstats and in\nAMI's events.", Module: "res_rtp_asterisk"}, Run: setRTCPStats},
		{Row: command.Row{Name: "udptl set debug {on|off|ip}", Syntax: "udptl set debug {on|off|ip host[:port]}",
			Synopsis: "Tell of datagrams of faxes as they come and go"}, Run: follows(x.faxTrace, "UDPTL Debugging", "IP")},
		{Row: command.Row{Name: "stun set debug {on|off}", Syntax: "stun set debug {on|off}",
			Synopsis: "Tell of messages of STUN as they come and go"}, Run: x.setSTUNDebug},
		{Row: command.Row{Name: "rtp resolve stun hostname", Synopsis: "Look the name of the STUN server up",
			Description: "Each call looks it up anew, too.", Module: "res_rtp_asterisk"}, Run: x.resolveSTUN},
	}
}

// packets are told of: all, those of one address, or none.
type packets interface {
	All()
	Of(peer netip.AddrPort)
	Off()
}

// newRTPTrace makes what tells of packets, in the words of the reference.
func (x *Exchange) newRTPTrace() *rtp.Trace {
	words := [...]string{rtp.Got: "Got  RTP packet from   ", rtp.Sent: "Sent RTP packet to     "}
	return &rtp.Trace{Controlled: x.tellControl, Line: func(way rtp.Way, p rtp.Passed) {
		logging.Verbosef(x.log, 0, "%s %s (type %02d, seq %06d, ts %06d, len %06d)", words[way], p.Peer, p.Type, p.Sequence, p.Timestamp, p.Size)
	}, STUN: func(way rtp.Way, peer netip.AddrPort, kind uint16, size int) {
		logging.Verbosef(x.log, 0, "%s STUN message of type %04x, %d bytes, %s", [...]string{rtp.Got: "Got", rtp.Sent: "Sent"}[way], kind, size, peer)
	}}
}

// newFaxTrace makes what tells of datagrams of faxes.
func (x *Exchange) newFaxTrace() *udptl.Trace {
	return &udptl.Trace{Line: func(sent bool, peer netip.AddrPort, sequence uint16, size int) {
		words := "Got  UDPTL packet from"
		if sent {
			words = "Sent UDPTL packet to  "
		}
		logging.Verbosef(x.log, 0, "%s %s (type 0, seq %d, len %d)", words, peer, sequence, size)
	}}
}

// follows is the command that says of which packets to tell. name is what it is called,
// and one what a single address is.
func follows(of packets, name, one string) func(context.Context, *command.ConsoleRequest) error {
	return func(_ context.Context, r *command.ConsoleRequest) error {
		switch word := strings.ToLower(r.Words[3]); {
		case word == "ip" && len(r.Args) == 1:
			peer, ok := peerOf(r.Args[0])
			if !ok {
				if one == "IP" { // of fax, where the reference says how it is used
					return &command.UsageError{}
				}
				return command.Refusal(fmt.Sprintf("Lookup failed for '%s'", r.Args[0]))
			}
			of.Of(peer)
			fmt.Fprintf(r.Out, "%s Enabled for %s: %s\n", name, one, peer)
		case len(r.Args) > 0 || word == "ip":
			return &command.UsageError{}
		case word == "on":
			of.All()
			fmt.Fprintln(r.Out, name+" Enabled")
		default:
			of.Off()
			fmt.Fprintln(r.Out, name+" Disabled")
		}
		return nil
	}
}

func (x *Exchange) setSTUNDebug(_ context.Context, r *command.ConsoleRequest) error {
	if len(r.Args) > 0 {
		return &command.UsageError{}
	}
	on := strings.EqualFold(r.Words[3], "on")
	x.rtpTrace.TellSTUN(on)
	fmt.Fprintln(r.Out, map[bool]string{true: "STUN Debugging Enabled", false: "STUN Debugging Disabled"}[on])
	return nil
}

// resolveSTUN shows what the name of rtp.conf's STUN server stands for.
func (x *Exchange) resolveSTUN(ctx context.Context, r *command.ConsoleRequest) error {
	if len(r.Args) > 0 {
		return &command.UsageError{}
	}
	server := ""
	if m := x.phones.media.Load(); m != nil {
		server = m.ice.STUN
	}
	host, _, err := net.SplitHostPort(server)
	_, notAddress := netip.ParseAddr(host)
	switch {
	case server == "":
		fmt.Fprint(r.Out, "RTP STUN disabled./n\n") // the reference writes it so
	case err != nil || notAddress == nil:
		fmt.Fprintf(r.Out, "RTP STUN server specified as IP address '%s'. Resolution not required./n\n", host)
	default:
		addresses, err := x.names.LookupAddr(ctx, host)
		if err != nil {
			return fmt.Errorf("look up the STUN server: %w", err)
		}
		fmt.Fprintf(r.Out, "%s is %v\n", host, addresses)
	}
	return nil
}

// peerOf reads an address, with a port or without: then it is all of its ports.
func peerOf(text string) (netip.AddrPort, bool) {
	host, port, err := net.SplitHostPort(text)
	if err != nil {
		host, port = strings.Trim(text, "[]"), "0"
	}
	n, err := strconv.ParseUint(port, 10, 16)
	a, bad := netip.ParseAddr(host)
	return netip.AddrPortFrom(a.Unmap(), uint16(n)), err == nil && bad == nil
}
