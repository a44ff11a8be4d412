package config

import (
	"bufio"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Configurations with the verdict of the real Faucet, in a folder that
// OCTOTHORPE_FAUCET_CORPUS names: verdicts.tsv has a line "file, kind, verdict"
// for each.
func TestCorpusOfVerdicts(t *testing.T) {
	folder := os.Getenv("OCTOTHORPE_FAUCET_CORPUS")
	if folder == "" {
		t.Skip("OCTOTHORPE_FAUCET_CORPUS names no folder")
	}
	f, err := os.Open(filepath.Join(folder, "verdicts.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	all, same := 0, 0
	for s := bufio.NewScanner(f); s.Scan(); {
		cells := strings.Split(s.Text(), "\t")
		if len(cells) < 3 || strings.HasPrefix(cells[0], "#") {
			continue
		}
		all++
		var err error
		if cells[1] == "gauge" {
			_, err = LoadGauge(filepath.Join(folder, cells[0]))
		} else {
			_, err = Load(filepath.Join(folder, cells[0]))
		}
		if (err == nil) == (cells[2] == "valid") {
			same++
		} else {
			t.Logf("%s is %s to Faucet; here: %v", cells[0], cells[2], err)
		}
	}
	t.Logf("%d of %d verdicts are the same", same, all)
	if same*100 < all*99 {
		t.Errorf("less than 99 %%")
	}
}
