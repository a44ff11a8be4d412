package exchange

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/octothorpe/octothorpe/agi"
)

// TestAGIDebug has the lines of sessions in the log, in the reference's form, for as long as that is wanted.
func TestAGIDebug(t *testing.T) {
	l := listening(t)
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() {
		served <- (&agi.Server{Handler: agi.HandlerFunc(func(ctx context.Context, s *agi.Session) error {
			_, err := s.Do(ctx, "NOOP "+s.Env.Get("network_script"))
			_, _ = s.Do(ctx, "STREAM FILE")
			return err
		})}).Serve(ctx, l)
	}()
	k := begin(t, fmt.Sprintf("[house]\nexten => 1,1,AGI(agi://%s/x${Y})\n same => n,UserEvent(Done,Status: ${AGISTATUS})\nexten => 2,1,Wait(600)\n", l.Addr()))
	for _, round := range []struct{ switched, y string }{{"on", "first"}, {"off", "second"}} {
		if out := k.execute("agi set debug " + round.switched); !strings.Contains(out, "AGI Debugging") {
			t.Errorf("agi set debug printed %q", out)
		}
		k.execute("dialplan set global Y " + round.y)
		if got := k.told(); got != "SUCCESS" {
			t.Errorf("the status is %s", got)
		}
	}
	log := k.logged()
	for _, line := range []string{"AGI Tx >> agi_network: yes", "AGI Tx >> agi_network_script: xfirst", "AGI Rx << NOOP xfirst", "AGI Tx >> 200 result=0",
		"AGI Rx << STREAM FILE", "AGI Tx >> 520-Invalid command syntax.  Proper usage follows:", "AGI Tx >> 520 End of proper usage."} {
		if !strings.Contains(log, "<Local/1@house-00000000;2>"+line) {
			t.Errorf("the log does not have %q", line)
		}
	}
	if strings.Contains(log, "NOOP xsecond") {
		t.Error("lines are still in the log")
	}
	k.end()
	stop()
	if err := <-served; err != nil {
		t.Error(err)
	}
}
