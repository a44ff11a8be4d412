package exchange

import (
	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/gateway"
	"github.com/octothorpe/octothorpe/internal/rest"
)

// Tables are the rows of everything that an exchange answers to, before a
// technology of phones adds its own.
type Tables struct{ Applications, Functions, Actions, Console, AGI, ARI []command.Row }

// Tables returns them, for the list of what is there and what is missing.
func (x *Exchange) Tables() Tables {
	var t Tables
	for _, a := range x.engine.Applications() {
		t.Applications = append(t.Applications, a.Row)
	}
	for _, f := range x.engine.Functions() {
		t.Functions = append(t.Functions, f.Row)
	}
	for _, a := range x.manager.Actions() {
		t.Actions = append(t.Actions, a.Row)
	}
	for _, c := range x.console.Commands() {
		t.Console = append(t.Console, c.Row)
	}
	t.AGI, t.ARI = gateway.Rows(), rest.Rows()
	return t
}

// Discard ends an exchange that was built and never started.
func (x *Exchange) Discard() {
	x.cancel()
	x.queueLog.Close()
	x.logs.Close()
	x.screen.close()
}
