package phone

import (
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/internal/jitter"
)

func TestJitterBufferOfSIP(t *testing.T) {
	for _, c := range []struct {
		name, lines string
		want        *jitter.Config
		settings    []field
	}{
		{"none", "jbmaxsize=100", nil, []field{{"Jitterbuffer enabled:", "No"}}},
		{"as it comes", "jbenable=yes", &jitter.Config{MaxSize: 200 * time.Millisecond, Resync: time.Second, TargetExtra: 40 * time.Millisecond},
			[]field{{"Jitterbuffer enabled:", "Yes"}, {"Jitterbuffer forced:", "No"}, {"Jitterbuffer max size:", "200"},
				{"Jitterbuffer resync:", "1000"}, {"Jitterbuffer impl:", "fixed"}, {"Jitterbuffer log:", "No"}}},
		{"all", "jbenable=yes\njbforce=yes\njbimpl=ADAPTIVE\njbmaxsize=100\njbresyncthreshold=300\njbtargetextra=0\njblog=yes",
			&jitter.Config{Kind: jitter.Adaptive, MaxSize: 100 * time.Millisecond, Resync: 300 * time.Millisecond},
			[]field{{"Jitterbuffer enabled:", "Yes"}, {"Jitterbuffer forced:", "Yes"}, {"Jitterbuffer max size:", "100"},
				{"Jitterbuffer resync:", "300"}, {"Jitterbuffer impl:", "ADAPTIVE"}, {"Jitterbuffer tgt extra:", "0"}, {"Jitterbuffer log:", "Yes"}}},
		{"wrong values", "jbenable=yes\njbimpl=other\njbmaxsize=0\njbresyncthreshold=-1", &jitter.Config{MaxSize: 200 * time.Millisecond,
			Resync: time.Second, TargetExtra: 40 * time.Millisecond},
			[]field{{"Jitterbuffer enabled:", "Yes"}, {"Jitterbuffer forced:", "No"}, {"Jitterbuffer max size:", "200"},
				{"Jitterbuffer resync:", "1000"}, {"Jitterbuffer impl:", "other"}, {"Jitterbuffer log:", "No"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, problems := load(t, SIP, "[general]\n"+c.lines+"\n[100]\ntype=friend\nhost=dynamic\njbenable=yes\n")
			if len(problems) > 0 {
				t.Errorf("problems: %v", problems)
			}
			j := m.Global.General.Jitter
			got := j.buffer()
			if (got == nil) != (c.want == nil) || got != nil && *got != *c.want {
				t.Errorf("the buffer is %+v, want %+v", got, c.want)
			}
			list := j.settings()
			if len(list) != len(c.settings) {
				t.Fatalf("settings %v, want %v", list, c.settings)
			}
			for i := range list {
				if list[i] != c.settings[i] {
					t.Errorf("setting %v, want %v", list[i], c.settings[i])
				}
			}
		})
	}
}
