package exchange

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/octothorpe/octothorpe/internal/ael"
	"github.com/octothorpe/octothorpe/internal/command"
)

// loadAEL reads extensions.ael and swaps what it says. A file with errors leaves all as
// it was.
func (x *Exchange) loadAEL() error {
	if !x.modules.wants(ael.Registrar) {
		return nil
	}
	path := filepath.Join(x.dirs.Etc, ael.File)
	p, err := ael.Read(path)
	switch {
	case isMissing(err):
	case err != nil:
		return fmt.Errorf("extensions in AEL were not read: %w", err)
	default:
		x.read.add(path)
	}
	if p != nil {
		for _, g := range p.Globals {
			x.engine.SetGlobal(g[0], g[1])
		}
	}
	return x.engine.Edit(p.Install)
}

// buildAEL adds what leads into it.
func (x *Exchange) buildAEL() {
	x.offer(nil, ael.Applications(x.engine.Gosub))
}

// aelCommands are the console's.
func (x *Exchange) aelCommands() []command.Console {
	return []command.Console{{Row: command.Row{Name: "ael reload", Module: ael.Registrar, Synopsis: "Read extensions.ael again"},
		Run: func(_ context.Context, _ *command.ConsoleRequest) error {
			if err := x.Reload(ael.Registrar); err != nil {
				x.log.Error("the plan is as it was", "error", err)
			}
			return nil
		}}}
}
