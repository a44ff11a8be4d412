package exchange

import (
	"slices"
	"testing"

	"github.com/octothorpe/octothorpe/internal/rest"
)

// A module is in use as often as legs run what it has.
func TestModuleUses(t *testing.T) {
	k := begin(t, "[house]\nexten => echo,1,Answer()\n same => n,Echo()\n")
	find := func(name string) rest.Module {
		all := (*outlook)(k.Exchange).Modules()
		return all[slices.IndexFunc(all, func(m rest.Module) bool { return m.Name == name })]
	}
	if m := find("app_echo.so"); m.Uses != 0 || m.Level != "core" {
		t.Errorf("it is %+v", m)
	}
	if m := find("app_amd.so"); m.Level != "extended" {
		t.Errorf("it is %+v", m)
	}
	boss := k.login()
	for range 2 {
		boss.do("Action: Originate\nChannel: Local/echo@house/n\nApplication: Wait\nData: 600\nAsync: true")
		boss.until("Event: OriginateResponse")
	}
	k.eventually("two legs echo", func() bool { return find("app_echo.so").Uses == 2 })
	for _, c := range k.channels.All() {
		c.Hangup(16)
	}
	k.eventually("none does", func() bool { return find("app_echo.so").Uses == 0 })
	k.end()
}
