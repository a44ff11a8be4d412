package exchange

import (
	"path/filepath"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/realtime"
)

// The files of realtime.
const (
	familyFile = "extconfig.conf"
	sqliteFile = "res_config_sqlite3.conf"
	pgsqlFile  = "res_pgsql.conf"
)

// realtimeModules are the parts that answer for it and have no rows of their own.
var realtimeModules = map[string]string{"res_config_sqlite3": "Configuration in SQLite", "res_config_pgsql": "Configuration in PostgreSQL",
	"res_config_curl": "Configuration of a web server", "res_sorcery_realtime": "Objects of phones in databases",
	"res_sorcery_memory_cache": "Objects of phones in memory, for a while", "res_sorcery_astdb": "Objects of phones in AstDB"}

// openRealtime reads which configuration lies in databases. It is the first part of
// all, as every other one reads files that may lie there.
func (x *Exchange) openRealtime() {
	for name, about := range realtimeModules {
		x.modules.add(name, about)
	}
	x.realtime = realtime.New(x.log, x.engineCache())
	x.configureRealtime()
}

func (x *Exchange) configureRealtime() {
	x.report(x.realtime.Configure(realtime.Files{Families: x.optional(familyFile), SQLite: x.optional(sqliteFile), PgSQL: x.optional(pgsqlFile)}))
	x.prepareMapped()
}

// fromDatabase reads a file of the configuration that lies in a database: nil is one
// that does not. One whose database can't be asked, or has no line of it, is looked
// for on disk.
func (x *Exchange) fromDatabase(name string) (*config.File, error) {
	if x.realtime == nil {
		return nil, nil //nolint:nilnil // it is on disk
	}
	text, ok, err := x.realtime.File(x.background, name)
	if err != nil {
		x.log.Error("a file can't be read from its database: the one on disk is read", "file", name, "error", err)
	}
	if !ok || err != nil {
		return nil, nil //nolint:nilnil // it is on disk
	}
	return config.Parse(filepath.Join(x.dirs.Etc, name), []byte(text), config.Options{Dir: x.dirs.Etc, Exec: x.system.Execs})
}

// serveRealtime adds the functions and commands.
func (x *Exchange) serveRealtime() {
	for _, f := range append(x.realtime.Functions(), x.sorceryFunction()) {
		x.modules.add(f.Module, f.Synopsis)
		if x.modules.wants(f.Module) {
			x.engine.AddFunction(f)
		}
	}
	x.console.Add(x.realtime.Commands())
	x.console.Add(x.sorceryCommands())
}

// realtimeFigures are metrics of the databases that configuration lies in.
type realtimeFigures struct {
	house         *realtime.House
	asked, failed *prometheus.Desc
}

func newRealtimeFigures(h *realtime.House) realtimeFigures {
	return realtimeFigures{house: h,
		asked:  prometheus.NewDesc("octothorpe_realtime_queries_total", "Questions to databases that configuration lies in.", []string{"driver"}, nil),
		failed: prometheus.NewDesc("octothorpe_realtime_failures_total", "Questions to such databases that were not answered.", []string{"driver"}, nil)}
}

// Describe implements prometheus.Collector.
func (f realtimeFigures) Describe(to chan<- *prometheus.Desc) { to <- f.asked; to <- f.failed }

// Collect implements prometheus.Collector.
func (f realtimeFigures) Collect(to chan<- prometheus.Metric) {
	f.house.Figures(func(driver string, asked, failed uint64) {
		to <- prometheus.MustNewConstMetric(f.asked, prometheus.CounterValue, float64(asked), driver)
		to <- prometheus.MustNewConstMetric(f.failed, prometheus.CounterValue, float64(failed), driver)
	})
}
