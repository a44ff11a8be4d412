package exchange

import (
	"os"
	"os/user"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/dialplan"
)

// Who has locked the folder keeps a reload away, and lets it in when he is done.
func TestLockFolder(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		unlock, err := lockFolder(dir)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := lockFolder(dir); err == nil || !strings.Contains(err.Error(), "cannot grab lock on "+dir) {
			t.Errorf("a second lock: %v", err)
		}
		begun := time.Now()
		go func() { time.Sleep(time.Second); unlock() }()
		again, err := lockFolder(dir)
		if err != nil || time.Since(begun) < time.Second {
			t.Fatalf("after %s: %v", time.Since(begun), err)
		}
		again()
	})
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("%v, %v is left", left, err)
	}
}

func TestAReloadHeedsTheLock(t *testing.T) {
	k := prepareTrial(t, "[house]\nexten => 1,1,Hangup()\n")
	k.system.LockConfig = true
	if err := k.Start(); err != nil {
		t.Fatal(err)
	}
	defer k.end()
	if err := k.Reload("pbx_config"); err != nil {
		t.Errorf("a reload: %v", err)
	}
	if _, err := os.Lstat(filepath.Join(k.dirs.Etc, lockName)); !os.IsNotExist(err) {
		t.Errorf("the lock is left: %v", err)
	}
}

// The socket goes to the user and group that are named, if there are such.
func TestGive(t *testing.T) {
	path := filepath.Join(t.TempDir(), "socket")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	mine, err := user.LookupGroupId(me.Gid)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name  string
		group bool
		works bool
	}{{me.Username, false, true}, {mine.Name, true, true}, {"no such user", false, false}, {"no such group", true, false}} {
		if err := give(path, c.name, c.group); (err == nil) != c.works {
			t.Errorf("to %s %q: %v", kindOf(c.group), c.name, err)
		}
	}
}

// dontwarn keeps quiet about patterns that match too much, and about nothing else.
func TestDiscourages(t *testing.T) {
	f, err := config.Parse("extensions.conf", []byte("[a]\nexten => _.,1,Hangup()\nswitch => Nowhere\n"), config.Options{})
	if err != nil {
		t.Fatal(err)
	}
	_, problems := dialplan.Load(f, nil)
	told := map[bool]int{}
	for _, p := range problems {
		told[dialplan.Discourages(p)]++
	}
	if told[true] != 1 || told[false] != 1 {
		t.Errorf("%v: %v", told, problems)
	}
}
