package pipeline

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/octothorpe/octothorpe/internal/sdn/config"
)

// A record is a configuration and what Faucet made of it.
type record struct {
	file   string
	config *config.Config
	told   []txtar.File // what stands behind the configuration
}

// records are all of a folder; there must be at least so many.
func records(t *testing.T, folder string, least int) (list []record) {
	t.Helper()
	files, _ := filepath.Glob(filepath.Join(folder, "*.txtar"))
	if len(files) < least {
		t.Fatalf("only %d records in %s", len(files), folder)
	}
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, record{file, load(t, file, archive.Files[0].Data), archive.Files[1:]})
	}
	return list
}

// load reads a configuration; name is what an error says it is.
func load(t testing.TB, name string, text []byte) *config.Config {
	t.Helper()
	path := filepath.Join(t.TempDir(), "faucet.yaml")
	if err := os.WriteFile(path, text, 0o644); err != nil {
		t.Fatal(err)
	}
	c, err := config.Load(path)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return c
}
