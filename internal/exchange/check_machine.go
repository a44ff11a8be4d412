package exchange

import (
	"os"
	"os/user"
	"path/filepath"

	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/logging"
)

// nobodies tells of the user and the group of asterisk.conf that this machine
// does not have: without them the exchange does not start.
func nobodies(f *config.File) []config.Diagnostic {
	r := config.NewReader(nil)
	s := f.Section("options")
	if e, ok := s.Entry("runuser"); ok && e.Value != "" {
		if _, err := user.Lookup(e.Value); err != nil {
			r.Report(config.Error, e, "make the user, or name one that there is", "runuser: there is no user %s: the exchange does not start", e.Value)
		}
	}
	if e, ok := s.Entry("rungroup"); ok && e.Value != "" {
		if _, err := user.LookupGroup(e.Value); err != nil {
			r.Report(config.Error, e, "make the group, or name one that there is", "rungroup: there is no group %s: the exchange does not start", e.Value)
		}
	}
	return r.Diagnostics()
}

// homeless tells of log files whose folder is not there: it is made where that can
// be, though as likely the path is misspelt.
func homeless(f *config.File, files []logging.FileSettings, dir string) []config.Diagnostic {
	r := config.NewReader(nil)
	for _, log := range files {
		folder := filepath.Dir(log.Path)
		if folder == filepath.Clean(dir) || isFolder(folder) {
			continue
		}
		e := place(f.Section("logfiles"), log.Path, dir)
		if at := existing(folder); !isFolder(at) {
			r.Report(config.Error, e, "correct the path", "log file %s can't be written: %s is no folder", log.Path, at)
		} else {
			r.Report(config.Warning, e, "make the folder, or correct the path", "log file %s: there is no folder %s: the exchange makes it, if it may", log.Path, folder)
		}
	}
	return r.Diagnostics()
}

// place is the line of logger.conf that names a file.
func place(s *config.Section, path, dir string) config.Entry {
	for _, e := range s.Lines() {
		if e.Key == path || filepath.Join(dir, e.Key) == path {
			return e
		}
	}
	return config.Entry{}
}

// existing is the nearest of a path and the folders above it that there is.
func existing(path string) string {
	for {
		if _, err := os.Lstat(path); err == nil || path == filepath.Dir(path) {
			return path
		}
		path = filepath.Dir(path)
	}
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}
