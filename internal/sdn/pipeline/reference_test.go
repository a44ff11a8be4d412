package pipeline

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/octothorpe/octothorpe/internal/sdn/config"
)

// Configurations NAME.yaml beside NAME.flows, the tables that a real Faucet put
// into the first of its switches, as `ovs-ofctl --no-stats dump-flows` prints
// them without cookies, in folders that OCTOTHORPE_FAUCET_FLOWS names (joined by
// colons). NAME.ports has the number of its ports, 4 if there is none.
func TestTablesAreFaucets(t *testing.T) {
	folders := os.Getenv("OCTOTHORPE_FAUCET_FLOWS")
	if folders == "" {
		t.Skip("OCTOTHORPE_FAUCET_FLOWS names no folder")
	}
	all, same := 0, 0
	for _, folder := range strings.Split(folders, ":") {
		files, _ := filepath.Glob(filepath.Join(folder, "*.flows"))
		for _, file := range files {
			want, err := os.ReadFile(file)
			if err != nil || len(want) == 0 {
				continue
			}
			all++
			base := strings.TrimSuffix(file, ".flows")
			missing, surplus := compare(t, base+".yaml", ports(base+".ports"), string(want))
			if len(missing)+len(surplus) == 0 {
				same++
				continue
			}
			t.Logf("%s: %d missing, %d too many\n-%s\n+%s", filepath.Base(base), len(missing), len(surplus),
				strings.Join(head(missing), "\n-"), strings.Join(head(surplus), "\n+"))
		}
	}
	t.Logf("the tables of %d of %d configurations are the same", same, all)
	if same < all {
		t.Fail()
	}
}

func head(list []string) []string { return list[:min(len(list), 12)] }

func ports(file string) uint32 {
	text, err := os.ReadFile(file)
	if err != nil {
		return 4
	}
	n, _ := strconv.Atoi(strings.TrimSpace(string(text)))
	return uint32(n)
}

// compare builds the tables of the first switch of a file, all its first ports up.
func compare(t *testing.T, file string, count uint32, text string) (missing, surplus []string) {
	t.Helper()
	c, err := config.Load(file)
	if err != nil {
		t.Errorf("%v", err)
		return []string{err.Error()}, nil
	}
	return compareTables(c.DPs[0], State{Up: firstPorts(count)}, text)
}

func firstPorts(count uint32) map[uint32]bool {
	up := map[uint32]bool{}
	for n := range count {
		up[n+1] = true
	}
	return up
}

func compareTables(dp *config.DP, s State, text string) (missing, surplus []string) {
	var got, want []string
	for _, f := range Build(dp, s).Flows {
		got = append(got, f.String())
	}
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" && !strings.Contains(line, "hard_timeout=") && !strings.Contains(line, "idle_timeout=") {
			want = append(want, line)
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	return without(want, got), without(got, want)
}

func without(a, b []string) (list []string) {
	for _, s := range a {
		if _, found := slices.BinarySearch(b, s); !found {
			list = append(list, s)
		}
	}
	return list
}
