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
