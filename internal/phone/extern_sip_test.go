package phone

import (
	"net/netip"
	"testing"
)

// What Asterisk 16 writes into Via and Contact for a peer at 192.0.2.1, and shows in
// `sip show settings`, where it listens at 127.0.0.1.
func TestExternalAddressOfSIP(t *testing.T) {
	for _, c := range []struct {
		name, lines, resolved, protocol string
		host                            string
		port                            int
		remap, shown                    string
	}{
		{"no localnet", "externaddr=203.0.113.5", "", "udp", "", 0, "Disabled, no localnet list", "203.0.113.5:0"},
		{"outside", "externaddr=203.0.113.5\nlocalnet=10.0.0.0/8", "", "udp", "203.0.113.5", 0, "Enabled using externaddr", "203.0.113.5:0"},
		{"inside", "externaddr=203.0.113.5\nlocalnet=192.0.2.0/24", "", "udp", "", 0, "Enabled using externaddr", "203.0.113.5:0"},
		{"a port", "externip=203.0.113.5:5080\nlocalnet=10.0.0.0/8", "", "udp", "203.0.113.5", 5080, "Enabled using externaddr", "203.0.113.5:5080"},
		{"a port of TCP", "externaddr=203.0.113.5\nexterntcpport=5090\nlocalnet=10.0.0.0/8", "", "tcp", "203.0.113.5", 5090, "Enabled using externaddr", "203.0.113.5:0"},
		{"a port of TLS", "externaddr=203.0.113.5\nexterntlsport=5091\nlocalnet=10.0.0.0/8", "", "tls", "203.0.113.5", 5091, "Enabled using externaddr", "203.0.113.5:0"},
		{"from elsewhere", "externaddr=203.0.113.5\nlocalnet=10.0.0.0/8\nmatchexternaddrlocally=yes", "", "udp", "", 0, "Enabled using externaddr", "203.0.113.5:0"},
		{"a name", "externhost=pbx.example:5070\nlocalnet=10.0.0.0/8", "203.0.113.9", "udp", "203.0.113.9", 5070, "Enabled using externhost", "203.0.113.9:5070"},
		{"a name before an address", "externaddr=203.0.113.5\nexternhost=pbx.example\nlocalnet=10.0.0.0/8", "203.0.113.9", "udp", "203.0.113.9", 0, "Enabled using externhost", "203.0.113.9:0"},
		{"an unknown name", "externhost=pbx.example\nlocalnet=10.0.0.0/8", "", "udp", "", 0, "Disabled", "(null)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, problems := load(t, SIP, "[general]\nbindaddr=127.0.0.1\ntcpenable=yes\n"+c.lines+"\n")
			if len(problems) > 0 {
				t.Error(problems)
			}
			d := &Driver{technology: SIP}
			d.model.Store(m)
			if c.resolved != "" {
				d.resolved.Store(&resolved{extern: netip.MustParseAddr(c.resolved)})
			}
			transport := *m.Transports[0]
			transport.Protocol = c.protocol
			host, port := d.sentBy(&transport, netip.MustParseAddrPort("192.0.2.1:5060"))
			if host != c.host || port != c.port {
				t.Errorf("it writes %q and %d, want %q and %d", host, port, c.host, c.port)
			}
			shown := map[string]string{}
			for _, f := range networkSettings(m, d.resolved.Load()) {
				shown[f.name] = f.value
			}
			if shown["SIP address remapping:"] != c.remap || shown["Externaddr:"] != c.shown {
				t.Errorf("it shows %q, want %q and %q", shown, c.remap, c.shown)
			}
		})
	}
}
