package callrecord

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/store"
)

// PgSQL are the options of cdr_pgsql.conf and cel_pgsql.conf.
type PgSQL struct {
	Server        store.Postgres
	Schema, Table string
	ShowOwn       bool // cel: events of the administrator's own are USER_DEFINED
	GMT           bool // usegmtime
}

// LoadPgSQL reads one of the two files; nil is a missing one, or one without [global].
// table is what the table is called when nobody says.
func LoadPgSQL(f *config.File, table string) (*PgSQL, []config.Diagnostic) {
	section := f.Merged("global")
	if section == nil {
		return nil, nil
	}
	r := config.NewReader(f)
	s := r.Section(section)
	g := &PgSQL{Schema: s.String("schema", ""), Table: s.String("table", table), GMT: s.Bool("usegmtime", false), Server: store.Postgres{
		Host: s.String("hostname", ""), Port: s.Int("port", 0, 1, 65535), Database: s.String("dbname", "asterisk"), User: s.String("user", ""),
		Password: s.String("password", ""), Application: s.String("appname", "octothorpe"), SSLMode: s.String("sslmode", "")}}
	if table == "cel" {
		g.ShowOwn = s.Bool("show_user_defined", false)
	} else {
		s.Meaningless("encoding") // the server makes of UTF-8 what it keeps
		g.Server.Timezone = s.String("timezone", "")
	}
	s.Done()
	if g.GMT {
		g.Server.Timezone = "UTC"
	}
	return g, r.Diagnostics()
}

// pgsqlTarget writes what the columns of a table ask for.
type pgsqlTarget struct {
	options PgSQL
	db      *sql.DB

	mu      sync.Mutex
	columns []store.Column // nil: not known yet
}

func newPgSQLTarget(g PgSQL) (*pgsqlTarget, error) {
	db, err := g.Server.Open(1)
	if err != nil {
		return nil, err
	}
	return &pgsqlTarget{options: g, db: db}, nil
}

func (t *pgsqlTarget) row(e entry) ([]byte, error) {
	if e.record != nil {
		return e.record.told().pack()
	}
	return e.event.told(t.options.ShowOwn).pack()
}

func (t *pgsqlTarget) close() { _ = t.db.Close() }

// table is the quoted name of the table.
func (t *pgsqlTarget) table() string {
	name := store.QuoteName(t.options.Table, t.options.Schema == "")
	if t.options.Schema != "" {
		name = store.QuoteName(t.options.Schema, false) + "." + name
	}
	return name
}

// know asks which columns there are, once, and again after a row did not fit.
func (t *pgsqlTarget) know(ctx context.Context) ([]store.Column, error) {
	t.mu.Lock()
	known := t.columns
	t.mu.Unlock()
	if known != nil {
		return known, nil
	}
	known, err := store.PostgresColumns(ctx, t.db, t.table())
	if err != nil {
		return nil, err
	}
	t.mu.Lock()
	t.columns = known
	t.mu.Unlock()
	return known, nil
}

func (t *pgsqlTarget) forget() {
	t.mu.Lock()
	t.columns = nil
	t.mu.Unlock()
}

// deliver puts all rows in, in one transaction, or if one of them does not fit as
// many as come before it.
func (t *pgsqlTarget) deliver(ctx context.Context, rows [][]byte) (int, error) {
	columns, err := t.know(ctx)
	if err != nil {
		return 0, err
	}
	err = t.together(ctx, columns, rows)
	if err == nil {
		return len(rows), nil
	}
	data, schema := store.RefusedByPostgres(err)
	var unreadable *refusal
	if schema {
		t.forget() // somebody has changed the table
	}
	if !data && !errors.As(err, &unreadable) {
		return 0, err
	}
	for i, row := range rows {
		if err := t.insert(ctx, t.db, columns, row); err != nil {
			if data, _ := store.RefusedByPostgres(err); data {
				t.forget() // as it may be
				err = &refusal{err}
			}
			return i, err
		}
	}
	return len(rows), nil
}

func (t *pgsqlTarget) together(ctx context.Context, columns []store.Column, rows [][]byte) error {
	tx, err := t.db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin to write records: %w", err)
	}
	defer tx.Rollback() //nolint:errcheck // after a commit it has nothing to do
	for _, row := range rows {
		if err := t.insert(ctx, tx, columns, row); err != nil {
			return err
		}
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("write records: %w", err)
	}
	return nil
}

// executor is a database or a transaction.
type executor interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

func (t *pgsqlTarget) insert(ctx context.Context, to executor, columns []store.Column, row []byte) error {
	v, err := unpack(row)
	if err != nil {
		return &refusal{err}
	}
	var names, places []string
	var args []any
	for _, c := range columns {
		text, something, known := v.value(c.Name, c.Kind)
		switch {
		case !known, !something && !c.Text() && (c.Fallback || !c.NotNull):
			continue // its own value, or NULL
		}
		args = append(args, strings.ReplaceAll(text, "\x00", ""))
		names = append(names, store.QuoteName(c.Name, false))
		places = append(places, fmt.Sprintf("CAST($%d::text AS %s)", len(args), c.Kind))
	}
	if len(names) == 0 {
		return fmt.Errorf("no column of %s is one of a record", t.table())
	}
	query := "INSERT INTO " + t.table() + " (" + strings.Join(names, ", ") + ") VALUES (" + strings.Join(places, ", ") + ")"
	if _, err := to.ExecContext(ctx, query, args...); err != nil {
		return fmt.Errorf("write a record to %s: %w", t.table(), err)
	}
	return nil
}
