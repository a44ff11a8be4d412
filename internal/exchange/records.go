package exchange

import (
	"github.com/octothorpe/octothorpe/internal/callrecord"
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/function"
)

// recordModules are the modules that write records and have no rows of their own.
var recordModules = map[string]string{"cdr_csv": "Call records as CSV", "cdr_custom": "Call records as templates",
	"cdr_manager": "Call records for AMI", "cel_custom": "Channel events as templates", "cel_manager": "Channel events for AMI"}

// buildRecords makes what keeps the records of calls, and adds its rows.
func (x *Exchange) buildRecords() {
	for name, about := range recordModules {
		x.modules.add(name, about)
	}
	x.records = callrecord.New(callrecord.Config{Bus: x.bus, Logger: x.log, Dir: x.dirs.Log, Expand: x.engine.Expand, Format: function.Format,
		Loaded: x.modules.loaded})
	for _, a := range x.records.Applications() {
		x.modules.add(a.Module, a.Synopsis)
		if x.modules.wants(a.Module) {
			x.engine.AddApplication(a)
		}
	}
	for _, f := range x.records.Ledger.Functions() {
		x.modules.add(f.Module, f.Synopsis)
		if x.modules.wants(f.Module) {
			x.engine.AddFunction(f)
		}
	}
}

// configureRecords reads what says which records are kept, and where.
func (x *Exchange) configureRecords() {
	x.report(x.records.Configure(callrecord.Files{CDR: x.optional("cdr.conf"), CDRManager: x.optional("cdr_manager.conf"),
		CDRCustom: x.optional("cdr_custom.conf"), CEL: x.optional("cel.conf"), CELCustom: x.optional("cel_custom.conf")}))
}

func (x *Exchange) findChannel(name string) *channel.Channel { return x.channels.Find(name) }
