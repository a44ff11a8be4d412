package blackbox

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

var programs struct {
	sync.Mutex
	dir  string
	made map[string]string
}

// Build makes a program of this repository, cmd/octothorpe or an example, once for all tests of a process, whose TestMain
// calls [Clean].
func Build(t testing.TB, folder string) (binary string) {
	t.Helper()
	programs.Lock()
	defer programs.Unlock()
	if made := programs.made[folder]; made != "" {
		return made
	}
	if programs.dir == "" {
		dir, err := os.MkdirTemp("", "octothorpe")
		if err != nil {
			t.Fatal(err)
		}
		programs.dir, programs.made = dir, map[string]string{}
	}
	made := filepath.Join(programs.dir, filepath.Base(folder))
	out, err := exec.Command("go", "build", "-o", made, "github.com/octothorpe/octothorpe/"+folder).CombinedOutput()
	if err != nil {
		t.Fatalf("build %s: %v\n%s", folder, err, out)
	}
	programs.made[folder] = made
	return made
}

// Clean takes away what Build has made.
func Clean() {
	programs.Lock()
	defer programs.Unlock()
	if programs.dir != "" {
		_ = os.RemoveAll(programs.dir)
		programs.dir, programs.made = "", nil
	}
}

// Main runs the tests of a package that uses Build.
func Main(m *testing.M) {
	code := m.Run()
	Clean()
	os.Exit(code)
}

// Directories is an asterisk.conf with which our own program keeps everything in one folder.
func Directories(dir string) string {
	var b strings.Builder
	b.WriteString("[directories]\n")
	for _, key := range []string{"astetcdir", "astvarlibdir", "astdbdir", "astspooldir", "astrundir", "astlogdir", "astcachedir"} {
		fmt.Fprintf(&b, "%s => %s\n", key, dir)
	}
	return b.String()
}
