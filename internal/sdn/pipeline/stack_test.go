package pipeline

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/octothorpe/octothorpe/internal/sdn/config"
)

// testdata/stack/*.txtar are stacks and the tables of all their switches, which
// Faucet 1.10 drove in one Open vSwitch each, with all links and ports up. Flows
// of hosts are left out of the records.
func TestTablesOfStacksAreAsRecorded(t *testing.T) {
	folder := "testdata/stack"
	if other := os.Getenv("OCTOTHORPE_FAUCET_STACKS"); other != "" {
		folder = other
	}
	files, _ := filepath.Glob(filepath.Join(folder, "*.txtar"))
	if len(files) == 0 {
		t.Fatal("no records")
	}
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "faucet.yaml")
		if err := os.WriteFile(path, archive.Files[0].Data, 0o644); err != nil {
			t.Fatal(err)
		}
		c, err := config.Load(path)
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		state := linkedStack(c)
		for _, f := range archive.Files[1:] {
			i := slices.IndexFunc(c.DPs, func(dp *config.DP) bool { return dp.Name == f.Name })
			up := map[uint32]bool{}
			for _, p := range c.DPs[i].Ports {
				up[p.Number] = true
			}
			missing, surplus := compareTables(c.DPs[i], State{Up: up, Stack: state}, string(f.Data))
			if len(missing)+len(surplus) > 0 {
				t.Errorf("%s: %s\n-%s\n+%s", file, f.Name, strings.Join(head(missing), "\n-"), strings.Join(head(surplus), "\n+"))
			}
		}
	}
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
