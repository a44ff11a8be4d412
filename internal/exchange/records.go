package exchange

import (
	"maps"
	"path/filepath"
	"slices"

	"github.com/octothorpe/octothorpe/internal/callrecord"
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/function"
)

// recordModules are the modules that write records and have no rows of their own.
var recordModules = map[string]string{"cdr_csv": "Call records as CSV", "cdr_custom": "Call records as templates",
	"cdr_manager": "Call records for AMI", "cdr_sqlite3_custom": "Call records in SQLite", "cdr_pgsql": "Call records in PostgreSQL",
	"cdr_http": "Call records for a web server", "cel_sqlite3_custom": "Channel events in SQLite", "cel_pgsql": "Channel events in PostgreSQL",
	"cel_http": "Channel events for a web server", "cdr_nats": "Call records for NATS", "cel_nats": "Channel events for NATS", "cel_custom": "Channel events as templates", "cel_manager": "Channel events for AMI"}

// recordParts are the modules that a reload of the records is asked for by.
func recordParts() []string {
	return append(slices.Sorted(maps.Keys(recordModules)), "cdr", "cel")
}

// buildRecords makes what keeps the records of calls, and adds its rows.
func (x *Exchange) buildRecords() {
	for name, about := range recordModules {
		x.modules.add(name, about)
	}
	x.records = callrecord.New(callrecord.Config{Bus: x.bus, Logger: x.log, Dir: x.dirs.Log,
		Spool: filepath.Join(x.dirs.Spool, "callrecord"), SpoolLimit: x.system.SpoolLimit, Cache: x.engineCache(), Expand: x.engine.Expand, Format: function.Format,
		Loaded: x.modules.loaded})
	x.offer(x.records.Ledger.Functions(), x.records.Applications())
	x.house.ResetRecord = x.records.Ledger.Reset
}

// configureRecords reads what says which records are kept, and where.
func (x *Exchange) configureRecords() {
	x.report(x.records.Configure(callrecord.Files{CDR: x.optional("cdr.conf"), CDRManager: x.optional("cdr_manager.conf"),
		CDRCustom: x.optional("cdr_custom.conf"), CEL: x.optional("cel.conf"), CELCustom: x.optional("cel_custom.conf"),
		Databases: callrecord.Databases{CDRSQLite: x.optional("cdr_sqlite3_custom.conf"), CDRPgSQL: x.optional("cdr_pgsql.conf"),
			CDRHTTP: x.optional("cdr_http.conf"), CELSQLite: x.optional("cel_sqlite3_custom.conf"), CELPgSQL: x.optional("cel_pgsql.conf"),
			CELHTTP: x.optional("cel_http.conf"), CDRNATS: x.optional("cdr_nats.conf"), CELNATS: x.optional("cel_nats.conf")}}))
}

func (x *Exchange) findChannel(name string) *channel.Channel { return x.channels.Find(name) }

// engineCache is where the compiled engine of SQLite is kept.
func (x *Exchange) engineCache() string { return filepath.Join(x.dirs.Cache, "sqlite") }
