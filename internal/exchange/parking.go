package exchange

import (
	"errors"
	"strings"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/dialplan"
	"github.com/octothorpe/octothorpe/internal/parking"
)

// parkingPlan is the dialplan as parking wants to see it.
type parkingPlan struct {
	*plan
	engine *dialplan.Engine
}

func (p parkingPlan) Step(l channel.Location) (application, data string) {
	_, step := p.engine.Plan().Find(l.Context, l.Exten, l.Priority, "")
	if step == nil {
		return "", ""
	}
	return step.Application, step.Data
}

func (p parkingPlan) Make(replaced []string, list []parking.Extension) error {
	return p.engine.Edit(func(d *dialplan.Editor) error {
		for _, registrar := range replaced {
			d.RemoveRegistrar(registrar)
		}
		for _, e := range list {
			d.AddContext(e.Context, e.Maker)
			step := dialplan.Priority{Number: 1, Application: e.Application, Data: e.Data, Registrar: e.Registrar}
			if e.Hint {
				step.Number = dialplan.HintPriority
			}
			_, err := d.AddPriority(dialplan.Target{Context: e.Context, Exten: e.Exten}, step, strings.HasPrefix(e.Context, "park-"))
			if err != nil && !errors.Is(err, dialplan.ErrExists) {
				return err
			}
		}
		return nil
	})
}

// buildParking makes the lots' house. The lots come with their file.
func (x *Exchange) buildParking(p *plan) {
	x.parking = &parking.House{Calls: x.calls, Dialplan: parkingPlan{p, x.engine}, Voice: x.house, Features: x.features, Logger: x.log, Touch: x.board.Touch}
	x.modules.add("res_parking", "Parked calls")
	if !x.modules.wants("res_parking") {
		return
	}
	x.features.Park = x.parking.ByKeys
	x.calls.Parks = x.parking.Parks
	for _, a := range x.parking.Applications() {
		x.engine.AddApplication(a)
	}
	for _, f := range x.parking.Functions() {
		x.engine.AddFunction(f)
	}
}

// configureParking reads res_parking.conf.
func (x *Exchange) configureParking() error {
	if !x.modules.wants("res_parking") {
		return nil
	}
	lots, dynamic, problems := parking.Read(x.optional(parking.File))
	x.report(problems)
	x.parking.Configure(lots, dynamic)
	return nil
}

// deviceOfParking is the state of a device park:SPACE@CONTEXT.
func (x *Exchange) deviceOfParking(device string) (string, bool) {
	name, ok := strings.CutPrefix(device, "park:")
	if !ok || x.parking == nil {
		return "", false
	}
	return x.parking.Device(name), true
}

func checkParking(f *config.File) []config.Diagnostic {
	_, _, d := parking.Read(f)
	return d
}
