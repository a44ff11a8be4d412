package exchange

import (
	"slices"
	"strings"
	"testing"

	"github.com/octothorpe/octothorpe/internal/config"
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
	m.show(out, "PJSIP_sdp", nil)
	if got, want := out.String(), "res_pjsip_sdp_rtp.so           SIP audio"; !strings.Contains(got, want) || !strings.HasSuffix(got, "\n1 modules loaded\n") {
		t.Errorf("shown\n%s\nwant %s", got, want)
	}
}

// What belongs to the dialplan itself is there whatever modules.conf loads.
func TestBuiltInApplicationsNeedNoModule(t *testing.T) {
	f, err := config.Parse("modules.conf", []byte("[modules]\nautoload=no\nload => app_echo.so\n"), config.Options{})
	if err != nil {
		t.Fatal(err)
	}
	m := newModules()
	m.configure(f)
	m.add("app_echo", "echo")
	m.add(builtin, "answer")
	for name, want := range map[string]bool{builtin: true, "app_echo": true, "app_dial": false} {
		if got := m.wants(name); got != want {
			t.Errorf("%s is wanted: %t", name, got)
		}
	}
	if list := m.running(); len(list) != 1 || list[0] != "app_echo.so" {
		t.Errorf("running are %v", list)
	}
}

// modules.conf may name what is no application's or function's own module.
func TestPartsAreModules(t *testing.T) {
	f, err := config.Parse("modules.conf", []byte("[modules]\nautoload=no\nrequire => app_stack.so\npreload => res_srtp.so\nload => res_pjsip_pubsub.so\nload => nothing.so\n"), config.Options{})
	if err != nil {
		t.Fatal(err)
	}
	m := newModules()
	m.configure(f)
	if list := m.missing(); len(list) != 0 {
		t.Errorf("missing are %v", list)
	}
	if told := m.strangers(f); len(told) != 1 || !strings.Contains(told[0].Problem, "nothing") {
		t.Errorf("told %v, want what is nothing alone", told)
	}
	if f, err = config.Parse("modules.conf", []byte("[modules]\nautoload=yes\nnoload => codec_gsm.so\nnoload => res_ari.so\n"), config.Options{}); err != nil {
		t.Fatal(err)
	}
	if told := m.strangers(f); len(told) != 1 || !strings.Contains(told[0].Problem, "codec_gsm") {
		t.Errorf("told %v, want what stays alone", told)
	}
	if got, want := m.running(), []string{"app_stack.so", "res_pjsip_pubsub.so", "res_srtp.so"}; !slices.Equal(got, want) {
		t.Errorf("running are %v, want %v", got, want)
	}
}
