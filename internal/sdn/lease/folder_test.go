package lease

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// What a killed node has left goes with the next start, and nobody else's: not that of a
// node that runs, not one that has only just been made, not what is none of ours.
func TestFoldersOfTheDeadAreSwept(t *testing.T) {
	parent := t.TempDir()
	ago := func(path string) {
		t.Helper()
		past := time.Now().Add(-2 * fresh)
		if err := os.Chtimes(path, past, past); err != nil {
			t.Fatal(err)
		}
	}
	begin := func() *folder {
		t.Helper()
		f, err := newFolderIn(parent)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	runs, dead, young := begin(), begin(), begin()
	other := filepath.Join(parent, folderName+"-of-others")
	if err := os.Mkdir(other, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, f := range []*folder{dead, young} {
		f.lock.Close() // as the system does of who is killed
	}
	for _, path := range []string{runs.path, dead.path, other} {
		ago(path)
	}
	next := begin()
	for path, want := range map[string]bool{runs.path: true, dead.path: false, young.path: true, other: true, next.path: true} {
		if _, err := os.Stat(path); (err == nil) != want {
			t.Errorf("%s: %v, want it there: %t", path, err, want)
		}
	}
	if err := runs.remove(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(runs.path); !os.IsNotExist(err) {
		t.Errorf("a folder that was removed: %v", err)
	}
}
