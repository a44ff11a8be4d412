package openflow

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"strings"
)

// DefaultPort is the one that IANA gave to OpenFlow.
const DefaultPort = "6653"

// Dial connects to a switch that listens: tcp:HOST[:PORT], ssl:HOST[:PORT] or
// unix:PATH. security is needed for ssl alone.
func Dial(ctx context.Context, address string, security *tls.Config, o Options) (*Conn, error) {
	network, host, err := split(address, "tcp", "ssl", "unix")
	if err != nil {
		return nil, err
	}
	var d net.Dialer
	nc, err := d.DialContext(ctx, dialled(network), host)
	if err != nil {
		return nil, err
	}
	if network == "ssl" {
		t := tls.Client(nc, security)
		if err := t.HandshakeContext(ctx); err != nil {
			nc.Close()
			return nil, err
		}
		nc = t
	}
	return NewConn(ctx, nc, o)
}

// Listen waits for switches that connect: ptcp:[PORT][:HOST], pssl:[PORT][:HOST]
// or punix:PATH; security is needed for pssl alone. What it accepts is for
// NewConn, best in a goroutine of its own, since greeting may take as long as
// the other side wants.
func Listen(address string, security *tls.Config) (net.Listener, error) {
	network, rest, err := split(address, "ptcp", "pssl", "punix")
	if err != nil {
		return nil, err
	}
	l, err := net.Listen(dialled(network[1:]), rest)
	if err != nil || network != "pssl" {
		return l, err
	}
	return tls.NewListener(l, security), nil
}

func dialled(network string) string {
	if network == "unix" {
		return "unix"
	}
	return "tcp"
}

// split takes an address of Open vSwitch's apart, ovs-vsctl(8): of the passive
// ones the port comes first.
func split(address string, networks ...string) (network, host string, err error) {
	network, rest, ok := strings.Cut(address, ":")
	known := false
	for _, n := range networks {
		known = known || n == network
	}
	switch {
	case !known || !ok && network[0] != 'p' || network == "punix" && rest == "":
		return "", "", fmt.Errorf("openflow: %q is none of %s", address, strings.Join(networks, ", "))
	case strings.HasSuffix(network, "unix"):
		return network, rest, nil
	case network[0] == 'p':
		port, where, _ := strings.Cut(rest, ":")
		if port == "" {
			port = DefaultPort
		}
		return network, net.JoinHostPort(strings.Trim(where, "[]"), port), nil
	}
	if h, p, err := net.SplitHostPort(rest); err == nil {
		return network, net.JoinHostPort(h, p), nil
	}
	return network, net.JoinHostPort(strings.Trim(rest, "[]"), DefaultPort), nil
}
