package pipeline

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/octothorpe/octothorpe/internal/sdn/config"
	"github.com/octothorpe/octothorpe/openflow"
)

// testdata/stack/*.txtar are stacks and the tables of all their switches, which
// Faucet 1.10 drove in one Open vSwitch each, with all links and ports up. Flows
// of hosts are left out of the records. testdata/mixed has single switches in the
// same form, of configurations that have many things together, with the groups and
// meters (NAME.groups, NAME.meters) that the switch had.
func TestTablesOfStacksAreAsRecorded(t *testing.T) {
	list := records(t, "testdata/stack", 30)
	list = append(list, records(t, "testdata/mixed", 20)...)
	if other := os.Getenv("OCTOTHORPE_FAUCET_STACKS"); other != "" {
		list = records(t, other, 1)
	}
	for _, r := range list {
		state := linkedStack(r.config)
		for _, f := range r.told {
			name, kind, _ := strings.Cut(f.Name, ".")
			i := slices.IndexFunc(r.config.DPs, func(dp *config.DP) bool { return dp.Name == name })
			up := map[uint32]bool{}
			for _, p := range r.config.DPs[i].Ports {
				up[p.Number] = true
			}
			s := State{Up: up, Stack: state}
			var missing, surplus []string
			switch kind {
			case "":
				missing, surplus = compareTables(r.config.DPs[i], s, string(f.Data))
			case "groups":
				missing, surplus = compareLines(groupLines(Build(r.config.DPs[i], s).Groups), string(f.Data))
			case "meters":
				missing, surplus = compareLines(meterLines(Build(r.config.DPs[i], s).Meters), string(f.Data))
			}
			if len(missing)+len(surplus) > 0 {
				t.Errorf("%s: %s\n-%s\n+%s", r.file, f.Name, strings.Join(missing, "\n-"), strings.Join(surplus, "\n+"))
			}
		}
	}
}

func compareLines(got []string, text string) (missing, surplus []string) {
	want := strings.Split(strings.ReplaceAll(strings.TrimSpace(text), "\n\n", "\n"), "\n")
	slices.Sort(got)
	slices.Sort(want)
	return without(want, got), without(got, want)
}

// groupLines are groups as ovs-ofctl prints them.
func groupLines(groups []*openflow.GroupMod) (list []string) {
	for _, g := range groups {
		kind := map[openflow.GroupType]string{openflow.GroupTypeAll: "all", openflow.GroupTypeFastFailover: "ff"}[g.Kind]
		line := fmt.Sprintf("group_id=%d,type=%s", g.Group, kind)
		for _, b := range g.Buckets {
			line += ",bucket="
			if b.WatchPort != openflow.PortAny {
				line += fmt.Sprintf("watch_port:%d,", b.WatchPort)
			}
			line += "actions=" + actionsText(instructions(b.Actions))
		}
		list = append(list, line)
	}
	return list
}

// meterLines are meters as ovs-ofctl prints them.
func meterLines(meters []*openflow.MeterMod) (list []string) {
	for _, m := range meters {
		name := fmt.Sprint(m.Meter)
		switch m.Meter {
		case openflow.MeterCtrl:
			name = "controller"
		case openflow.MeterSlowpath:
			name = "slowpath"
		}
		line := "meter=" + name
		for _, flag := range []struct {
			bit  openflow.MeterFlags
			text string
		}{{openflow.MeterKbps, "kbps"}, {openflow.MeterPktps, "pktps"}, {openflow.MeterBurst, "burst"}, {openflow.MeterStatistics, "stats"}} {
			if m.Flags&flag.bit != 0 {
				line += " " + flag.text
			}
		}
		list = append(list, line+" bands=")
		for _, b := range m.Bands {
			burst := func(n uint32) string {
				if m.Flags&openflow.MeterBurst == 0 {
					return ""
				}
				return fmt.Sprintf(" burst_size=%d", n)
			}
			switch b := b.(type) {
			case openflow.DropBand:
				list = append(list, fmt.Sprintf("type=drop rate=%d%s", b.Rate, burst(b.Burst)))
			case openflow.RemarkBand:
				list = append(list, fmt.Sprintf("type=dscp_remark rate=%d%s prec_level=%d", b.Rate, burst(b.Burst), b.Precedence))
			}
		}
	}
	return list
}

// linkedStack is the state in which all links work.
func linkedStack(c *config.Config) *StackState {
	s := &StackState{Up: map[LinkEnd]bool{}}
	for _, dp := range c.DPs {
		for _, p := range dp.Ports {
			if p.IsStack() {
				s.Up[End(p)] = true
			}
		}
	}
	return s
}
