package blackbox

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// A Reference is a real Asterisk that runs.
type Reference struct {
	Namespace string // of the network
	Root      string // the folder that it takes for the root of all files
}

// running has a lock for each release, held while it runs: there is one folder and one network namespace for it.
var running sync.Map

// StartReference runs a release of the real Asterisk, as an instance of a name, with the configuration that prepare makes. It ends
// with the test, which is skipped where there is none.
func StartReference(t testing.TB, release, instance string, prepare func() (dir string)) Reference {
	t.Helper()
	home := os.Getenv("OCTOTHORPE_REFERENCE")
	if home == "" || os.Geteuid() != 0 {
		t.Skip("needs root and OCTOTHORPE_REFERENCE, a folder with an installed Asterisk")
	}
	root := filepath.Join(home, release)
	if _, err := os.Stat(filepath.Join(root, ".complete")); err != nil {
		t.Skipf("Asterisk %s is not installed: %v", release, err)
	}
	lock, _ := running.LoadOrStore(release, &sync.Mutex{})
	lock.(*sync.Mutex).Lock() //nolint:forcetypeassert // there is nothing else in it
	t.Cleanup(lock.(*sync.Mutex).Unlock)
	dir := prepare()
	script := func(args ...string) string {
		t.Helper()
		command := exec.Command("bash", append([]string{"../reference/asterisk.sh"}, args...)...)
		command.Env = append(os.Environ(), "OCTOTHORPE_REFERENCE_INSTANCE="+instance)
		log, err := os.Create(filepath.Join(dir, "script")) // no pipe, on which somebody would wait for the server
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = log.Close() }()
		command.Stdout, command.Stderr = log, log
		err = command.Run()
		out, _ := os.ReadFile(log.Name())
		if err != nil {
			t.Fatalf("asterisk.sh %s: %v\n%s", args, err, out)
		}
		return strings.TrimSpace(string(out))
	}
	namespace := script("netns", release)
	t.Cleanup(func() { script("stop", release) })
	script("start", release, dir)
	return Reference{Namespace: namespace, Root: root}
}
