package phone

import (
	"net/netip"
	"testing"

	"github.com/octothorpe/octothorpe/sip"
)

// What a console shows of a message keeps its lines and steers no terminal.
func TestTracesSteerNoTerminal(t *testing.T) {
	const message = "INVITE sip:a@b SIP/2.0\r\nFrom: \"\x1b[2Jx\rNOTICE\u009b31m\" <sip:a@b>\r\n\r\nbody\tend\n"
	const clean = "INVITE sip:a@b SIP/2.0\r\nFrom: \" [2Jx NOTICE 31m\" <sip:a@b>\r\n\r\nbody\tend\n"
	way := sip.Source{Transport: &sip.Transport{Network: "udp"}, Remote: netip.MustParseAddrPort("192.0.2.2:5060")}
	for want, technology := range map[string]string{
		"<--- Received SIP request (72 bytes) from UDP:192.0.2.2:5060 --->\n" + clean + "\n": PJSIP,
		"\n<--- SIP read from UDP:192.0.2.2:5060 --->\n" + clean + "\n<------------->\n":     SIP,
	} {
		shown := ""
		d := &Driver{technology: technology, hooks: Hooks{Console: func(text string) { shown += text }}}
		d.traceAll()
		d.traced(false, way, []byte(message))
		if shown != want {
			t.Errorf("%s: got %q, want %q", technology, shown, want)
		}
	}
}
