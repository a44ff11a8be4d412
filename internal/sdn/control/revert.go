package control

import (
	"errors"
	"os"
	"path/filepath"

	"github.com/octothorpe/octothorpe/internal/sdn/config"
)

// A good configuration is one that was taken: the text of each of its files.
type good map[string][]byte

// remember reads the files of a configuration that was taken; those of
// include-optional may be missing.
func remember(c *config.Config) good {
	g := good{}
	for _, path := range c.Files {
		if text, err := os.ReadFile(path); err == nil {
			g[path] = text
		}
	}
	return g
}

// restore writes the files back that are others now. Each is replaced as a whole,
// with the mode that it has.
func (g good) restore() (restored []string, err error) {
	for path, text := range g {
		if now, e := os.ReadFile(path); e == nil && string(now) == string(text) {
			continue
		}
		if e := replace(path, text); e != nil {
			err = errors.Join(err, e)
			continue
		}
		restored = append(restored, path)
	}
	return restored, err
}

func replace(path string, text []byte) error {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	mode := os.FileMode(0o644)
	if info, err := os.Stat(path); err == nil {
		mode = info.Mode().Perm()
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(text)
	if err = errors.Join(err, f.Chmod(mode), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// revert puts the files back that were taken last, if that is wanted.
func (c *Controller) revert() {
	if !c.o.AutoRevert {
		return
	}
	c.mu.Lock()
	g := c.good
	c.mu.Unlock()
	restored, err := g.restore()
	if err != nil {
		c.o.Log.Error("the configuration before could not be put back", "error", err)
	}
	if len(restored) > 0 {
		c.o.Log.Warn("the configuration before was put back", "files", restored)
	}
}
