package phone

import (
	"net/netip"
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/sip"
)

// TestByeAfterParting looks at the BYE of a leg whose far end was told, and has accepted,
// that its media goes by way of us again because the other leg is gone. The machine is so
// busy that two seconds pass before the leg ends.
func TestByeAfterParting(t *testing.T) {
	for _, c := range []struct {
		name    string
		parting channel.Parting
		before  func(c *channel.Channel) // what comes before the end
		want    string
	}{
		{"the leg ends with its bridge", channel.BothLeave, func(*channel.Channel) {}, ""},
		{"the dialplan goes on", channel.BothLeave, func(c *channel.Channel) {
			c.Step(channel.Location{Context: "office", Exten: "1", Priority: 7}, "Wait", "5")
		}, "Q.850;cause=16"},
		{"another comes", channel.BothLeave, func(c *channel.Channel) { c.Leg().(*session).Bridged(true) }, "Q.850;cause=16"},
		{"the bridge stays", channel.OneLeft, func(*channel.Channel) {}, "Q.850;cause=16"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, leg, ok := called(t, renewing)
			p.numbered(ok, sip.Ack, 1, "")
			acknowledged(t, leg)
			s := leg.Leg().(*session)
			s.aim(netip.MustParseAddrPort("127.0.0.1:7078"), nil)
			leg.HandOver(channel.Together)
			p.told(t, s)
			s.aim(netip.AddrPort{}, nil)
			leg.HandOver(c.parting)
			p.told(t, s)
			s.mu.Lock()
			s.direct.parted.at = time.Now().Add(-2 * time.Second)
			s.mu.Unlock()
			c.before(leg)
			hangup(leg)
			bye := p.asked(sip.Bye)
			if got := bye.Get("Reason"); got != c.want {
				t.Errorf("Reason: %q, want %q", got, c.want)
			}
			p.answer(bye, 200, "X: y")
		})
	}
}

// told accepts a re-INVITE, and returns when its answer was taken.
func (p *softphone) told(t *testing.T, s *session) {
	t.Helper()
	p.sdp(p.asked(sip.Invite), offer)
	p.asked(sip.Ack)
	eventually(t, func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return !s.renewals.busy
	})
}
