package exchange

import (
	"github.com/octothorpe/octothorpe/internal/callrecord"
	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/realtime"
)

// databaseFiles are what says what is kept in which database, and who reads it.
var databaseFiles = []struct {
	name  string
	check func(*config.File) []config.Diagnostic
}{
	{"cdr_sqlite3_custom.conf", func(f *config.File) []config.Diagnostic { _, d := callrecord.LoadSQLite(f, "cdr"); return d }},
	{"cel_sqlite3_custom.conf", func(f *config.File) []config.Diagnostic { _, d := callrecord.LoadSQLite(f, "cel"); return d }},
	{"cdr_pgsql.conf", func(f *config.File) []config.Diagnostic { _, d := callrecord.LoadPgSQL(f, "cdr"); return d }},
	{"cel_pgsql.conf", func(f *config.File) []config.Diagnostic { _, d := callrecord.LoadPgSQL(f, "cel"); return d }},
	{"cdr_http.conf", func(f *config.File) []config.Diagnostic { _, d := callrecord.LoadWebhook(f); return d }},
	{"cel_http.conf", func(f *config.File) []config.Diagnostic { _, d := callrecord.LoadWebhook(f); return d }},
	{"cdr_nats.conf", func(f *config.File) []config.Diagnostic { _, d := callrecord.LoadNATS(f, "cdr"); return d }},
	{"cel_nats.conf", func(f *config.File) []config.Diagnostic { _, d := callrecord.LoadNATS(f, "cel"); return d }},
	{familyFile, func(f *config.File) []config.Diagnostic { _, d := realtime.LoadFamilies(f); return d }},
	{sqliteFile, func(f *config.File) []config.Diagnostic { _, d := realtime.LoadSQLite(f); return d }},
	{pgsqlFile, func(f *config.File) []config.Diagnostic { _, d := realtime.LoadPgSQL(f); return d }},
	{"cdr_odbc.conf", noODBC("cdr_pgsql.conf or cdr_sqlite3_custom.conf")},
	{"cdr_adaptive_odbc.conf", noODBC("cdr_pgsql.conf, which asks for the table's columns, too")},
	{"cel_odbc.conf", noODBC("cel_pgsql.conf or cel_sqlite3_custom.conf")},
	{"res_odbc.conf", noODBC("res_pgsql.conf or res_config_sqlite3.conf")},
	{"func_odbc.conf", noODBC("REALTIME() over res_pgsql.conf or res_config_sqlite3.conf")},
	{"cdr_beanstalkd.conf", nowhere("cdr_http.conf")}, {"cel_beanstalkd.conf", nowhere("cel_http.conf")},
	{"cdr_tds.conf", nowhere("cdr_pgsql.conf")}, {"cel_tds.conf", nowhere("cel_pgsql.conf")},
}

// noODBC refuses a file whose sections ask for ODBC: there is no way to it without the
// C library of a driver manager, and this program has no C in it.
func noODBC(instead string) func(*config.File) []config.Diagnostic {
	return refused("ODBC is not supported and will not be: it needs drivers in C", instead)
}

func nowhere(instead string) func(*config.File) []config.Diagnostic {
	return refused("nothing is written there", instead)
}

func refused(why, instead string) func(*config.File) []config.Diagnostic {
	return func(f *config.File) []config.Diagnostic {
		r := config.NewReader(f)
		for _, s := range f.Sections() {
			if len(s.Lines()) == 0 || s.Template || config.False(s.Get("enabled")) {
				continue
			}
			r.Report(config.Error, config.Entry{File: s.File, Line: s.Line}, "use "+instead, "%s", why)
			break
		}
		return r.Diagnostics()
	}
}
