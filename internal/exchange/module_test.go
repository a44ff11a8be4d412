package exchange

import (
	"strings"
	"testing"
)

// asking is a console on which a module is asked for while the list is written: a
// call would do so.
type asking struct {
	strings.Builder
	modules *modules
}

func (a *asking) Write(p []byte) (int, error) {
	if !a.modules.loaded("chan_pjsip") {
		return 0, nil
	}
	return a.Builder.Write(p)
}

// A console that takes its time over the list of modules holds nobody up.
func TestModulesAreShownWithoutALock(t *testing.T) {
	m := newModules()
	out := &asking{modules: m}
	m.show(out, "PJSIP_sdp")
	if got, want := out.String(), "res_pjsip_sdp_rtp.so           SIP audio"; !strings.Contains(got, want) || !strings.HasSuffix(got, "\n1 modules loaded\n") {
		t.Errorf("shown\n%s\nwant %s", got, want)
	}
}
