package phone

import (
	"testing"

	"github.com/octothorpe/octothorpe/sip"
)

// A phone may answer before the goroutine that sent the INVITE goes on. What it
// would keep then is over: a hang-up that cancelled it would send no BYE.
func TestAnswerBeforeTheInviteIsKept(t *testing.T) {
	tx := &sip.ClientTransaction{}
	for _, c := range []struct {
		name string
		s    *session
		want *sip.ClientTransaction
	}{
		{"not answered", &session{stage: fresh}, tx},
		{"ringing", &session{stage: ringing}, tx},
		{"answered", &session{stage: up}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.s.sent(tx, nil); c.s.calling != c.want {
				t.Errorf("the INVITE to cancel is %p, want %p", c.s.calling, c.want)
			}
		})
	}
}
