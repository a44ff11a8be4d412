package realtime

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/store"
)

// Errors.
var (
	ErrNoFamily = errors.New("extconfig.conf has no such family")
	errNothing  = errors.New("there is nothing to be written")
)

const (
	patience    = 10 * time.Second // of a question
	connections = 4                // with each server
)

// A House knows the families of an exchange and asks their databases.
type House struct {
	log   *slog.Logger
	cache string // of the SQLite engine

	mu            sync.RWMutex // not held while somebody is asked
	families      map[string][]mapping
	drivers       map[string]driver
	asked, failed map[string]uint64 // by driver

	still standstills
}

// New returns a house that knows no family. cache is where the compiled engine of
// SQLite is kept.
func New(logger *slog.Logger, cache string) *House {
	return &House{log: logger, cache: cache, families: map[string][]mapping{}, drivers: map[string]driver{}, asked: map[string]uint64{}, failed: map[string]uint64{},
		still: standstills{until: map[string]time.Time{}}}
}

// Files are the configuration files; one that is missing is nil.
type Files struct{ Families, SQLite, PgSQL *config.File }

// Configure puts files in force. What is being asked is answered by the databases of
// before.
func (h *House) Configure(f Files) []config.Diagnostic {
	families, problems := LoadFamilies(f.Families)
	files, found := LoadSQLite(f.SQLite)
	problems = append(problems, found...)
	servers, found := LoadPgSQL(f.PgSQL)
	problems = append(problems, found...)
	drivers := map[string]driver{}
	for _, list := range families {
		for _, m := range list {
			if drivers[m.key()] != nil {
				continue
			}
			d, err := h.open(m, files, servers)
			if err != nil {
				h.log.Error("a database can't be asked", "family", m.family, "driver", m.driver, "database", m.database, "error", err)
				continue
			}
			drivers[m.key()] = d
		}
	}
	h.mu.Lock()
	before := h.drivers
	h.families, h.drivers = families, drivers
	h.mu.Unlock()
	h.still.forget()
	for _, d := range before {
		d.close()
	}
	return problems
}

func (m mapping) key() string {
	if m.driver == "curl" {
		return "curl"
	}
	return m.driver + "\x00" + m.database
}

func (h *House) open(m mapping, files map[string]sqliteFile, servers map[string]server) (driver, error) {
	switch m.driver {
	case "curl":
		return newCurlDriver(), nil
	case "sqlite3":
		f, ok := files[m.database]
		if !ok {
			return nil, fmt.Errorf("res_config_sqlite3.conf has no section %s", m.database)
		}
		db, err := store.OpenSQLite(f.path, h.cache, f.busy)
		if err != nil {
			return nil, err
		}
		return &sqliteDriver{db: db}, nil
	}
	s, ok := servers[strings.ToLower(m.database)]
	if !ok {
		if s, ok = servers["general"]; !ok {
			return nil, errors.New("res_pgsql.conf says of no server")
		}
	}
	db, err := s.Open(connections)
	if err != nil {
		return nil, err
	}
	return &pgsqlDriver{db: db, ordered: s.ordered, tables: map[string][]store.Column{}}, nil
}

// Close ends the connections.
func (h *House) Close() { h.Configure(Files{}) }

// Families are the names of those that there are, in order.
func (h *House) Families() []string {
	h.mu.RLock()
	defer h.mu.RUnlock()
	var list []string
	for name := range h.families {
		list = append(list, name)
	}
	slices.Sort(list)
	return list
}

// Has reports whether there is a family.
func (h *House) Has(family string) bool {
	if h == nil {
		return false
	}
	h.mu.RLock()
	defer h.mu.RUnlock()
	return len(h.families[strings.ToLower(family)]) > 0
}

// each asks the databases of a family one after the other until one answers.
func (h *House) each(ctx context.Context, family string, ask func(ctx context.Context, d driver, m mapping) error) error {
	h.mu.RLock()
	list := h.families[strings.ToLower(family)]
	drivers := make([]driver, len(list))
	for i, m := range list {
		drivers[i] = h.drivers[m.key()]
	}
	h.mu.RUnlock()
	failed := fmt.Errorf("%s: %w", family, ErrNoFamily)
	for i, m := range list {
		if drivers[i] == nil {
			failed = fmt.Errorf("%s: %s can't be asked", family, m)
			continue
		}
		ctx, cancel := context.WithTimeout(ctx, patience)
		err := ask(ctx, drivers[i], m)
		cancel()
		h.mu.Lock()
		h.asked[m.driver]++
		if err != nil {
			h.failed[m.driver]++
		}
		h.mu.Unlock()
		if err == nil {
			return nil
		}
		failed = fmt.Errorf("%s in %s: %w", family, m, err)
	}
	return failed
}

// query is each for a question that changes nothing: a database that stands still is passed over.
func (h *House) query(ctx context.Context, family string, ask func(ctx context.Context, d driver, table string) error) error {
	return h.each(ctx, family, func(ctx context.Context, d driver, m mapping) error {
		return h.still.read(ctx, m.key()+"\x00"+m.table, func(ctx context.Context) error { return ask(ctx, d, m.table) })
	})
}

// Figures are how often each driver was asked, and how often that failed.
func (h *House) Figures(tell func(driver string, asked, failed uint64)) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	for name, n := range h.asked {
		tell(name, n, h.failed[name])
	}
}

// One returns the first row of a family that meets the conditions; nil if there is
// none.
func (h *House) One(ctx context.Context, family string, where ...Condition) (Row, error) {
	list, err := h.All(ctx, family, where...)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return list[0], nil
}

// All returns the rows of a family that meet the conditions.
func (h *House) All(ctx context.Context, family string, where ...Condition) (list []Row, err error) {
	err = h.query(ctx, family, func(ctx context.Context, d driver, table string) error {
		list, err = d.rows(ctx, table, where)
		return err
	})
	return list, err
}

// Columns returns the names of the columns of a family; nil where its driver can't know.
func (h *House) Columns(ctx context.Context, family string) (names []string, err error) {
	err = h.query(ctx, family, func(ctx context.Context, d driver, table string) error {
		names, err = d.columns(ctx, table)
		return err
	})
	return names, err
}

// Refused reports whether an error of Store or Update is due to the values: they will
// never be taken.
func Refused(err error) bool {
	data, _ := store.RefusedByPostgres(err)
	return data || store.RefusedBySQLite(err)
}

// Update changes the rows that meet the conditions, and returns how many there were.
func (h *House) Update(ctx context.Context, family string, where []Condition, to ...Field) (n int, err error) {
	if len(to) == 0 || len(where) == 0 {
		return 0, errNothing
	}
	err = h.each(ctx, family, func(ctx context.Context, d driver, m mapping) error {
		n, err = d.update(ctx, m.table, where, to)
		return err
	})
	return n, err
}

// Store adds a row.
func (h *House) Store(ctx context.Context, family string, row ...Field) (n int, err error) {
	if len(row) == 0 {
		return 0, errNothing
	}
	err = h.each(ctx, family, func(ctx context.Context, d driver, m mapping) error {
		n, err = d.store(ctx, m.table, row)
		return err
	})
	return n, err
}

// Destroy removes the rows that meet the conditions, and returns how many there were.
func (h *House) Destroy(ctx context.Context, family string, where ...Condition) (n int, err error) {
	if len(where) == 0 {
		return 0, errNothing
	}
	err = h.each(ctx, family, func(ctx context.Context, d driver, m mapping) error {
		n, err = d.destroy(ctx, m.table, where)
		return err
	})
	return n, err
}

// File returns the text of a configuration file that lies in a database. ok is false
// where it does not, or where the database has no line of it.
func (h *House) File(ctx context.Context, name string) (text string, ok bool, err error) {
	if !isFile(name) || !h.Has(name) {
		return "", false, nil
	}
	var list []line
	err = h.query(ctx, name, func(ctx context.Context, d driver, table string) error {
		list, err = d.static(ctx, table, name)
		return err
	})
	return written(list), len(list) > 0, err
}

// written are lines in the language of configuration files.
func written(list []line) string {
	var b strings.Builder
	category, metric := "", ""
	for i, l := range list {
		if l.name == "#include" {
			fmt.Fprintf(&b, "#include \"%s\"\n", oneLine(l.value))
			category = ""
			continue
		}
		if i == 0 || l.category != category || l.metric != metric {
			fmt.Fprintf(&b, "[%s]\n", oneLine(l.category))
			category, metric = l.category, l.metric
		}
		if l.name != "" {
			fmt.Fprintf(&b, "%s = %s\n", oneLine(l.name), strings.ReplaceAll(oneLine(l.value), ";", `\;`))
		}
	}
	return b.String()
}

func oneLine(text string) string { return strings.NewReplacer("\r", " ", "\n", " ").Replace(text) }
