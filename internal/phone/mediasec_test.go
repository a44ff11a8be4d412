package phone

import (
	"fmt"
	"net"
	"slices"
	"testing"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/sip"
)

// The agreement about media as Asterisk 22 makes it: what the registrar names in its
// 401 or 494 comes back in the next REGISTER and in INVITEs of the endpoint.
func TestMediasec(t *testing.T) {
	theirs := []string{"msrp-tls;mediasec", "sdes-srtp;mediasec"}
	for _, c := range []struct {
		status     int
		client     bool // Security-Client stands in the second REGISTER, too
		authorized bool
	}{{401, true, true}, {494, false, false}} {
		t.Run(fmt.Sprint(c.status), func(t *testing.T) {
			conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { conn.Close() })
			d, _ := exchanging(t, PJSIP, fmt.Sprintf(callPJSIP+`
[me]
type=auth
username=me
password=x
[reg]
type=registration
security_negotiation=mediasec
security_mechanisms=sdes-srtp\;mediasec,dtls-srtp\;mediasec
client_uri=sip:me@127.0.0.1
server_uri=sip:%s
outbound_auth=me
max_random_initial_delay=0
support_outbound=yes
support_path=yes
line=yes
endpoint=secured
[secured]
type=endpoint
security_negotiation=mediasec
aors=secured
allow=!all,ulaw
[secured]
type=aor
contact=sip:%[1]s
`, conn.LocalAddr()))
			p := &softphone{t: t, conn: conn, server: net.UDPAddrFromAddrPort(d.stack.Transports()[0].Local()), callID: sip.NewCallID(), buffer: make([]byte, 65536)}

			first := p.expect(sip.Register)
			if got := first.List("Security-Client"); !slices.Equal(got, []string{"sdes-srtp;mediasec", "dtls-srtp;mediasec"}) {
				t.Errorf("Security-Client %q", got)
			}
			if got := first.Get("Supported"); got != "path, outbound" {
				t.Errorf("Supported: %s", got)
			}
			refusal := sip.NewResponse(first, c.status, "", "registrar")
			refusal.Add("WWW-Authenticate", `Digest realm="asterisk", nonce="47eb"`)
			for _, mechanism := range theirs {
				refusal.Add("Security-Server", mechanism)
			}
			if _, err := conn.WriteToUDP(refusal.AppendTo(nil), p.server); err != nil {
				t.Fatal(err)
			}

			second := p.expect(sip.Register)
			if got := second.All("Security-Verify"); !slices.Equal(got, theirs) {
				t.Errorf("Security-Verify %q, want %q", got, theirs)
			}
			if got := second.Get("Security-Client") != ""; got != c.client {
				t.Errorf("Security-Client in the second REGISTER: %v, want %v", got, c.client)
			}
			if got := second.Get("Authorization") != ""; got != c.authorized {
				t.Errorf("authorized: %v, want %v", got, c.authorized)
			}
			for _, r := range []*sip.Message{first, second} {
				if r.Get("Require") != "mediasec" || r.Get("Proxy-Require") != "mediasec" {
					t.Errorf("Require %q, Proxy-Require %q", r.Get("Require"), r.Get("Proxy-Require"))
				}
			}
			granted := sip.NewResponse(second, 200, "", "registrar")
			granted.Add("Expires", "0") // nothing has to be taken back at the end
			if _, err := conn.WriteToUDP(granted.AppendTo(nil), p.server); err != nil {
				t.Fatal(err)
			}

			leg, err := d.Request(t.Context(), channel.Request{Destination: "secured"})
			if err != nil {
				t.Fatal(err)
			}
			ended(t, leg)
			if err := leg.Leg().Call(t.Context()); err != nil {
				t.Fatal(err)
			}
			invite := p.expect(sip.Invite)
			if got := invite.All("Security-Verify"); !slices.Equal(got, theirs) || invite.Get("Proxy-Require") != "mediasec" {
				t.Errorf("INVITE: Security-Verify %q, Proxy-Require %q", got, invite.Get("Proxy-Require"))
			}
			p.respond(invite, 486, "phone", "")

			if _, invite = call(t, d, p); invite.Get("Security-Verify") != "" {
				t.Error("an endpoint without a registration sends Security-Verify")
			}
			p.respond(invite, 486, "phone", "")
		})
	}
}
