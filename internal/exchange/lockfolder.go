package exchange

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

const (
	lockName     = ".lock"         // as scripts know it that write configuration
	lockPatience = 5 * time.Second // until a reload is given up
	lockPause    = 50 * time.Millisecond
)

// lockFolder keeps others out of a folder who lock it, too (lockconfdir): a link of the
// name .lock is there while somebody has it.
func lockFolder(dir string) (unlock func(), err error) {
	own, err := os.CreateTemp(dir, lockName+"-*")
	if err != nil {
		return nil, fmt.Errorf("lock a folder: %w", err)
	}
	_ = own.Close()
	defer func() { _ = os.Remove(own.Name()) }()
	lock := filepath.Join(dir, lockName)
	for end := time.Now().Add(lockPatience); ; time.Sleep(lockPause) {
		err := os.Link(own.Name(), lock)
		if err == nil {
			return func() { _ = os.Remove(lock) }, nil
		}
		if !errors.Is(err, fs.ErrExist) || time.Now().After(end) {
			return nil, fmt.Errorf("cannot grab lock on %s: %w", dir, err)
		}
	}
}
