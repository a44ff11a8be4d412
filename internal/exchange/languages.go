package exchange

import (
	"context"
	"path/filepath"

	"github.com/octothorpe/octothorpe/internal/ael"
	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/lua"
)

// loadLanguages reads the dialplans in other languages than that of extensions.conf.
func (x *Exchange) loadLanguages() {
	for _, load := range []func() error{x.loadAEL, x.loadLua} {
		if err := load(); err != nil {
			x.log.Error("a part of the dialplan is missing", "error", err)
		}
	}
}

// languages looks for errors in the dialplans in other languages.
func (c *checker) languages() {
	told := func(name string, err error) {
		if err != nil && !isMissing(err) {
			c.problems = append(c.problems, config.Diagnostic{Severity: config.Error, File: filepath.Join(c.dirs.Etc, name), Problem: err.Error()})
		}
	}
	_, err := ael.Read(filepath.Join(c.dirs.Etc, ael.File))
	told(ael.File, err)
	ctx, cancel := context.WithTimeout(context.Background(), luaTime)
	defer cancel()
	_, err = (&lua.House{}).Read(ctx, filepath.Join(c.dirs.Etc, lua.File))
	told(lua.File, err)
}
