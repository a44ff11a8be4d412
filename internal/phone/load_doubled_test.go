package phone

import (
	"strings"
	"testing"

	"github.com/octothorpe/octothorpe/internal/config"
)

// Two objects of one type and name: none of the type, or at a reload those of before.
func TestDoubledSections(t *testing.T) {
	load := func(before *Model, text string) (*Model, []config.Diagnostic) {
		file, err := config.Parse("pjsip.conf", []byte(text), config.Options{})
		if err != nil {
			t.Fatal(err)
		}
		return (&Loader{Before: before}).LoadPJSIP(file)
	}
	const good = "[a]\ntype=aor\n[a]\ntype=auth\npassword=x\n[b]\ntype=auth\npassword=x\n"
	m, problems := load(nil, good)
	if len(m.AORs) != 1 || len(m.Auths) != 2 || len(problems) != 0 {
		t.Fatalf("%d AORs, %d auths, %v", len(m.AORs), len(m.Auths), problems)
	}
	const bad = good + "[b]\ntype=auth\npassword=y\n[c]\ntype=auth\npassword=z\n"
	m, problems = load(nil, bad)
	if len(m.AORs) != 1 || len(m.Auths) != 0 {
		t.Errorf("%d AORs and %d auths, want 1 and 0", len(m.AORs), len(m.Auths))
	}
	if len(problems) != 1 || !strings.Contains(problems[0].String(), "pjsip.conf:9: error: there is a second auth named b, the first is at pjsip.conf:6") {
		t.Errorf("%v", problems)
	}
	before, _ := load(nil, good)
	if m, _ = load(before, bad); len(m.Auths) != 2 || m.Auths["b"] == nil {
		t.Errorf("after a reload %v", m.Auths)
	}
}
