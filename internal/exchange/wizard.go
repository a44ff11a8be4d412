package exchange

import (
	"slices"

	"github.com/octothorpe/octothorpe/internal/dialplan"
	"github.com/octothorpe/octothorpe/internal/phone"
)

// wizardHints puts the hints of pjsip_wizard.conf into the dialplan and takes
// those out that are not asked for any more.
func (x *Exchange) wizardHints(before, now []phone.Hint) {
	if len(before) == 0 && len(now) == 0 || slices.Equal(before, now) {
		return
	}
	err := x.engine.Edit(func(e *dialplan.Editor) error {
		for _, h := range before {
			at := dialplan.Target{Context: h.Context, Exten: h.Exten}
			for _, number := range []int{dialplan.HintPriority, 1} {
				_ = e.RemovePriority(at, number, phone.WizardRegistrar) // it may be gone
			}
		}
		for _, h := range now {
			if err := addHint(e, h); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		x.log.Warn("a hint of pjsip_wizard.conf was not made", "error", err)
	}
}

func addHint(e *dialplan.Editor, h phone.Hint) error {
	at := dialplan.Target{Context: h.Context, Exten: h.Exten}
	e.AddContext(h.Context, phone.WizardRegistrar)
	_, err := e.AddPriority(at, dialplan.Priority{Number: dialplan.HintPriority, Application: h.Device, Registrar: phone.WizardRegistrar}, true)
	if err != nil || h.Application == "" {
		return err
	}
	_, err = e.AddPriority(at, dialplan.Priority{Number: 1, Application: h.Application, Data: h.Data, Registrar: phone.WizardRegistrar}, true)
	return err
}
