package phone

import (
	"context"
	"net"
	"net/netip"
	"strings"
	"testing"

	"github.com/octothorpe/octothorpe/sip"
)

// :: of sip.conf is both families, as ss says of Asterisk 16's sockets; a registered
// peer is answered by the one that it has.
func TestBothFamiliesOfSIPConf(t *testing.T) {
	if l, err := net.Listen("tcp6", "[::1]:0"); err != nil {
		t.Skip("this machine has no IPv6:", err)
	} else {
		_ = l.Close()
	}
	m, problems := load(t, SIP, "[general]\nudpbindaddr=::\ntcpenable=yes\ntcpbindaddr=[::]:5070\n")
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	var asked []string
	d := New(Config{Model: m})
	d.newSessions = nil
	d.listen = func(network, address string, o sip.ListenOptions) error {
		asked = append(asked, network+" "+address)
		_, err := d.stack.Listen(network, choose(strings.HasPrefix(address, "["), "[::1]:0", "127.0.0.1:0"), o)
		return err
	}
	if err := d.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	if got, want := strings.Join(asked, ", "), "udp [::]:5060, tcp [::]:5070, udp 0.0.0.0:5060, tcp 0.0.0.0:5070"; got != want {
		t.Errorf("listens at %s, want %s", got, want)
	}
	for _, source := range []string{"127.0.0.1:6000", "[::1]:6000"} {
		at := netip.MustParseAddrPort(source)
		for _, network := range []string{"udp", "tcp"} {
			o := d.ways(&sip.Message{}, nil, nil, &Contact{Source: at, Transport: network, URI: "sip:me@" + source})
			if way := o.To.Transport; way == nil || way.Network != network || way.Local().Addr().Is4() != at.Addr().Is4() {
				t.Errorf("to %s by %s: %v", source, network, o.To)
			}
		}
	}
}

// A dial string of sip.conf's face takes addresses of both families for a host.
func TestAddressesAreHosts(t *testing.T) {
	m, _ := load(t, SIP, "[general]\n")
	d := New(Config{Model: m})
	for text, want := range map[string]string{
		"123@[2001:db8::1]:7000": "sip:123@[2001:db8::1]:7000", "[2001:db8::1]": "sip:[2001:db8::1]",
		"123@192.0.2.1": "sip:123@192.0.2.1", "nobody": "", "1@nobody": "",
	} {
		to, err := d.destination(m, text)
		if (err == nil) != (want != "") || err == nil && to.uri.String() != want {
			t.Errorf("SIP/%s: %q, %v, want %q", text, to.uri.String(), err, want)
		}
	}
}
