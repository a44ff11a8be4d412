package exchange

import "testing"

func TestBuiltinVariablesOfTheExchange(t *testing.T) {
	x := &Exchange{dirs: Directories{Etc: "/e", DB: "/d", Key: "/k", AGI: "/a"}, system: SystemOptions{SystemName: "one", EntityID: "00:11:22:33:44:55"}}
	for name, want := range map[string]string{"ASTETCDIR": "/e", "ASTDBDIR": "/d/astdb", "ASTKEYDIR": "/k/keys", "ASTAGIDIR": "/a",
		"SYSTEMNAME": "one", "ENTITYID": "00:11:22:33:44:55"} {
		if got, ok := x.builtin(name); got != want || !ok {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if _, ok := x.builtin("NOTHING"); ok {
		t.Error("a variable that is none is there")
	}
}

// A leg of which nothing says another language has that of asterisk.conf.
func TestDefaultLanguage(t *testing.T) {
	k := beginTraced(t, "[house]\nexten => say,1,Set(GLOBAL(SPOKEN)=${CHANNEL(language)})\n", "defaultlanguage=es\n")
	defer k.end()
	k.execute("channel originate Local/say@house/n application Wait 0")
	k.eventually("a call", func() bool { return k.global("SPOKEN") != "" })
	if got := k.global("SPOKEN"); got != "es" {
		t.Errorf("the language is %q, want es", got)
	}
}
