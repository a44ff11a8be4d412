package external

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"strconv"
	"sync/atomic"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/media"
	"github.com/octothorpe/octothorpe/internal/rtp"
)

// Unicast is the driver of UnicastRTP/host:port/c(format).
type Unicast struct {
	Channels *channel.Registry
	Logger   *slog.Logger
	// Ports are those of RTP, as they are now.
	Ports func() *rtp.Ports

	next atomic.Uint64
}

// The payload types that the reference gives to formats that have none of their own, where they
// are not those under which phones are offered them.
var payloadTypes = map[string]uint8{"slin": 10, "slin12": 122, "slin16": 118, "slin24": 123, "slin32": 124, "slin44": 125, "slin48": 126,
	"slin96": 127, "slin192": 96}

// keysType is the payload type of keys.
const keysType = 101

func payloadType(f *media.Format) uint8 {
	switch kind, ok := payloadTypes[f.Name]; {
	case ok:
		return kind
	case f.Payload >= 0:
		return uint8(f.Payload) //nolint:gosec // below 128
	case f.Offer > 0:
		return uint8(f.Offer) //nolint:gosec // below 128
	}
	return 97
}

// Technology implements channel.Driver.
func (*Unicast) Technology() string { return "UnicastRTP" }

// DeviceState implements channel.Driver: nobody knows.
func (*Unicast) DeviceState(string) string { return "UNKNOWN" }

// A unicast is a leg.
type unicast struct {
	c       *channel.Channel
	session *rtp.Session
	format  *media.Format
}

// Request implements channel.Driver.
func (d *Unicast) Request(ctx context.Context, q channel.Request) (*channel.Channel, error) {
	to := parse(q.Destination, 1)
	format, err := to.format(q.Formats, media.ULaw)
	if err != nil {
		return nil, err
	}
	remote, local, err := way(ctx, to.parts[0])
	if err != nil {
		return nil, refused("%v", err)
	}
	leg := &unicast{format: format}
	kind := payloadType(format)
	leg.session, err = rtp.New(rtp.Config{Ports: d.Ports(), Local: local, Kind: media.Audio, Deliver: leg.deliver, Log: d.Logger,
		Payloads: []rtp.Payload{{Type: kind, Format: format}, {Type: keysType, Use: rtp.Events}}})
	if err != nil {
		return nil, &channel.RequestError{Cause: channel.CauseCongestion, Why: err.Error()}
	}
	name := fmt.Sprintf("UnicastRTP/%s-0x%08x", to.parts[0], d.next.Add(1))
	leg.c, err = open(d.Channels, q, name, d.Technology(), leg)
	if err != nil {
		leg.session.Close()
		return nil, err
	}
	leg.session.SetRemote(remote, netip.AddrPortFrom(remote.Addr(), remote.Port()+1))
	leg.session.Start()
	leg.c.SetVariable("UNICASTRTP_LOCAL_ADDRESS", local.String())
	leg.c.SetVariable("UNICASTRTP_LOCAL_PORT", strconv.Itoa(leg.session.Port()))
	return leg.c, nil
}

// way finds an address and ours towards it.
func way(ctx context.Context, host string) (remote netip.AddrPort, local netip.Addr, err error) {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "udp", host) // sends nothing
	if err != nil {
		return remote, local, err
	}
	defer func() { _ = conn.Close() }()
	to, from := conn.RemoteAddr().(*net.UDPAddr), conn.LocalAddr().(*net.UDPAddr)
	remote = to.AddrPort()
	return netip.AddrPortFrom(remote.Addr().Unmap(), remote.Port()), from.AddrPort().Addr().Unmap(), nil
}

func (u *unicast) deliver(f media.Frame) {
	if u.c != nil {
		u.c.Deliver(f)
	}
}

// The methods of channel.Leg.
func (u *unicast) Call(context.Context) error { answered(u.c); return nil }
func (u *unicast) Answer() error              { return nil }
func (u *unicast) Indicate(media.Frame) error { return channel.ErrNotIndicated }
func (u *unicast) Write(f media.Frame) error  { return u.session.Write(f) }
func (u *unicast) WriteFormat() *media.Format { return u.format }
func (u *unicast) Hangup(int)                 { u.session.Close() }
