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
)

// rtpCommands are the console commands that follow packets of RTP.
func (x *Exchange) rtpCommands() []command.Console {
	return []command.Console{{Row: command.Row{Name: "rtp set debug {on|off|ip}", Syntax: "rtp set debug {on|off|ip host[:port]}",
		Synopsis: "Tell of packets of RTP as they come and go", Module: "res_rtp_asterisk"}, Run: x.setRTPDebug}}
}

// newRTPTrace makes what tells of packets, in the words of the reference.
func (x *Exchange) newRTPTrace() *rtp.Trace {
	words := [...]string{rtp.Got: "Got  RTP packet from   ", rtp.Sent: "Sent RTP packet to     "}
	return &rtp.Trace{Line: func(way rtp.Way, p rtp.Passed) {
		logging.Verbosef(x.log, 0, "%s %s (type %02d, seq %06d, ts %06d, len %06d)", words[way], p.Peer, p.Type, p.Sequence, p.Timestamp, p.Size)
	}}
}

func (x *Exchange) setRTPDebug(_ context.Context, r *command.ConsoleRequest) error {
	switch word := strings.ToLower(r.Words[3]); {
	case word == "ip" && len(r.Args) == 1:
		peer, ok := peerOf(r.Args[0])
		if !ok {
			fmt.Fprintf(r.Out, "Lookup failed for '%s'\n", r.Args[0])
			return nil
		}
		x.rtpTrace.Of(peer)
		fmt.Fprintf(r.Out, "RTP Packet Debugging Enabled for address: %s\n", peer)
	case len(r.Args) > 0 || word == "ip":
		return &command.UsageError{}
	case word == "on":
		x.rtpTrace.All()
		fmt.Fprintln(r.Out, "RTP Packet Debugging Enabled")
	default:
		x.rtpTrace.Off()
		fmt.Fprintln(r.Out, "RTP Packet Debugging Disabled")
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
