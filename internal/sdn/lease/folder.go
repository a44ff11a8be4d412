package lease

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// The folder of a node, and the file in it that is locked while the node runs.
const (
	folderName = "octothorpe-nats"
	lockName   = "node.lock"
	// fresh is how long a folder is let be, in which there may be no lock yet.
	fresh = time.Minute
)

// A folder is where a node writes. It is of no use to another start.
type folder struct {
	path string
	lock *os.File
}

// newFolder makes one, in memory where there is a place for that, since an election waits
// until votes are on the disk. What nodes that were killed have left there goes.
func newFolder() (*folder, error) {
	f, err := newFolderIn("/dev/shm")
	if err != nil {
		f, err = newFolderIn(os.TempDir())
	}
	return f, err
}

func newFolderIn(parent string) (*folder, error) {
	sweep(parent)
	path, err := os.MkdirTemp(parent, folderName)
	if err != nil {
		return nil, fmt.Errorf("NATS: %w", err)
	}
	f := &folder{path: path}
	if f.lock, err = locked(filepath.Join(path, lockName), os.O_CREATE); err != nil {
		return nil, errors.Join(fmt.Errorf("NATS: %w", err), os.RemoveAll(path))
	}
	return f, nil
}

// remove is called when the node has ended.
func (f *folder) remove() error {
	return errors.Join(os.RemoveAll(f.path), f.lock.Close())
}

// locked opens a file that nobody else has locked. The system unlocks it when the process
// ends, however it does.
func locked(path string, flag int) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|flag, 0o600)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		f.Close()
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	return f, nil
}

// sweep removes the folders of nodes that do not run any more. One that can't be removed
// stays.
func sweep(parent string) {
	old, _ := filepath.Glob(filepath.Join(parent, folderName+"*")) // the pattern is good
	for _, path := range old {
		info, err := os.Stat(path)
		if err != nil || time.Since(info.ModTime()) < fresh {
			continue
		}
		if lock, err := locked(filepath.Join(path, lockName), 0); err == nil {
			_ = os.RemoveAll(path)
			lock.Close()
		}
	}
}
