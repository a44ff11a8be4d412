package phone

import (
	"strconv"
	"strings"
	"testing"
)

// RTCP shares the port of RTP where both sides say so (RFC 5761 §5.1.1), and
// nowhere else: an answer agrees to it for an endpoint with rtcp_mux alone.
func TestRTCPSharesThePortWhereBothSaySo(t *testing.T) {
	for _, c := range []struct {
		mine, theirs, shared bool
	}{{true, true, true}, {false, true, false}, {true, false, false}} {
		name := "ours " + strconv.FormatBool(c.mine) + ", theirs " + strconv.FormatBool(c.theirs)
		t.Run(name, func(t *testing.T) {
			d, legs := exchanging(t, PJSIP, callPJSIP+"[shared]\ntype=endpoint\ncontext=incoming\nallow=!all,ulaw\nrtcp_mux="+choose(c.mine, "yes", "no")+"\n")
			p := newSoftphone(t, d)
			text := offer
			if c.theirs {
				text += "a=rtcp-mux\r\n"
			}
			p.inviteBy(text, "1", "shared", "X-One: first")
			leg := ended(t, <-legs)
			if err := leg.Answer(); err != nil {
				t.Fatal(err)
			}
			if got := strings.Contains(string(p.until(200).Body), "a=rtcp-mux\r\n"); got != c.shared {
				t.Errorf("the answer agrees: %v, want %v", got, c.shared)
			}
			s := leg.Leg().(*session)
			if got := s.audio.ControlAddr().Port() == s.audio.RemoteAddr().Port(); got != c.shared {
				t.Errorf("RTCP goes to %s, RTP to %s", s.audio.ControlAddr(), s.audio.RemoteAddr())
			}
		})
	}
}

// Our own offer has it where the endpoint does.
func TestAnOfferToShareThePort(t *testing.T) {
	for _, yes := range []bool{true, false} {
		d, _ := exchanging(t, PJSIP, callPJSIP)
		d.Model().Endpoints["trunk"].RTCPMux = yes
		p := newSoftphone(t, d)
		_, r := call(t, d, p)
		if got := strings.Contains(string(r.Body), "a=rtcp-mux\r\n"); got != yes {
			t.Errorf("the offer has rtcp-mux: %v, want %v", got, yes)
		}
	}
}
