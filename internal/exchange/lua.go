package exchange

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"github.com/octothorpe/octothorpe/internal/dialplan"
	"github.com/octothorpe/octothorpe/internal/lua"
)

// luaPlan is the dialplan as Lua wants to see it.
type luaPlan struct{ *plan }

func (p luaPlan) Known(application string) (string, bool) {
	a, ok := p.Application(application)
	if !ok {
		return "", false
	}
	return a.Name, true
}

// luaTime is how long extensions.lua may take when it is read.
const luaTime = 10 * time.Second

// loadLua reads extensions.lua and swaps what it says; calls that are in it go on in the
// one that they began with. A file with errors leaves all as it was.
func (x *Exchange) loadLua() error {
	if !x.modules.wants(lua.Registrar) {
		return nil
	}
	path := filepath.Join(x.dirs.Etc, lua.File)
	house := &lua.House{Dialplan: luaPlan{x.plan()}, Logger: x.log}
	ctx, cancel := context.WithTimeout(x.background, luaTime)
	defer cancel()
	book, err := house.Read(ctx, path)
	switch {
	case isMissing(err):
		book = nil
	case err != nil:
		return fmt.Errorf("extensions in Lua were not read: %w", err)
	default:
		x.read.add(path)
	}
	return x.engine.Edit(func(d *dialplan.Editor) error { book.Install(d); return nil })
}
