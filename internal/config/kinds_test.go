package config

import (
	"os"
	"path/filepath"
	"testing"
)

func TestKeysThatNobodyDials(t *testing.T) {
	for _, c := range []struct {
		text string
		most int
		ok   bool
	}{{"#1", 0, true}, {"*12D", 4, true}, {"", 1, true}, {"b", 1, false}, {"*12", 2, false}, {"1-2", 0, false}, {"x", 0, false}} {
		if err := CheckKeys(c.text, c.most); (err == nil) != c.ok {
			t.Errorf("%q of at most %d: %v", c.text, c.most, err)
		}
	}
}

func TestCommandsThatAreNotThere(t *testing.T) {
	dir := t.TempDir()
	program, text := filepath.Join(dir, "program"), filepath.Join(dir, "text")
	for path, mode := range map[string]os.FileMode{program: 0o700, text: 0o600} {
		if err := os.WriteFile(path, nil, mode); err != nil {
			t.Fatal(err)
		}
	}
	for line, ok := range map[string]bool{program + " -t": true, "sendmail -t": true, "": true, "$HOME/x": true, dir + "/${X}": true,
		text: false, dir: false, filepath.Join(dir, "none") + " -t": false} {
		if err := CheckCommand(line); (err == nil) != ok {
			t.Errorf("%q: %v", line, err)
		}
	}
}
