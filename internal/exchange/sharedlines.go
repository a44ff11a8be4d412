package exchange

import (
	"errors"
	"strings"

	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/dialplan"
	"github.com/octothorpe/octothorpe/internal/sharedline"
)

const sharedLineModule = "app_sla"

// sharedLineRegistrar is who makes the extensions of shared lines, as the console tells it.
const sharedLineRegistrar = "SLA"

// sharedLinePlan is the dialplan as shared lines want to see it.
type sharedLinePlan struct {
	*plan
	engine *dialplan.Engine
}

func (p sharedLinePlan) Make(list []sharedline.Extension) error {
	return p.engine.Edit(func(d *dialplan.Editor) error {
		d.RemoveRegistrar(sharedLineRegistrar)
		for _, e := range list {
			d.AddContext(e.Context, sharedLineRegistrar)
			step := dialplan.Priority{Number: 1, Application: e.Application, Data: e.Data, Registrar: sharedLineRegistrar}
			if e.Hint {
				step.Number = dialplan.HintPriority
			}
			_, err := d.AddPriority(dialplan.Target{Context: e.Context, Exten: e.Exten}, step, false)
			if err != nil && !errors.Is(err, dialplan.ErrExists) {
				return err
			}
		}
		return nil
	})
}

// buildSharedLines makes the house of shared lines, which come with their file.
func (x *Exchange) buildSharedLines(p *plan) {
	x.lines = &sharedline.House{Calls: x.calls, Dialplan: sharedLinePlan{p, x.engine}, Rooms: x.rooms, Look: x.board.Look, Logger: x.log}
	x.modules.add(sharedLineModule, "Shared line appearances")
	if !x.modules.wants(sharedLineModule) {
		return
	}
	for _, a := range x.lines.Applications() {
		x.engine.AddApplication(a)
	}
}

// configureSharedLines reads sla.conf.
func (x *Exchange) configureSharedLines() error {
	if !x.modules.wants(sharedLineModule) {
		return nil
	}
	g, problems := sharedline.Read(x.optional(sharedline.File))
	x.report(problems)
	x.lines.Configure(g)
	return nil
}

// deviceOfSharedLine is the state of a device SLA:STATION_TRUNK.
func (x *Exchange) deviceOfSharedLine(device string) (string, bool) {
	name, ok := strings.CutPrefix(device, "SLA:")
	if !ok || x.lines == nil {
		return "", false
	}
	return x.lines.Device(name), true
}

func checkSharedLines(f *config.File) []config.Diagnostic { _, d := sharedline.Read(f); return d }
