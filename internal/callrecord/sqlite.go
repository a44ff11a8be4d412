package callrecord

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/ncruces/go-sqlite3"

	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/store"
)

// SQLite are the options of cdr_sqlite3_custom.conf and cel_sqlite3_custom.conf.
type SQLite struct {
	Table   string
	Columns []string
	Values  []string // templates, one for each column
	Busy    time.Duration
}

// sqliteFile is the database, in the log directory.
const sqliteFile = "master.db"

// LoadSQLite reads one of the two files; nil is a missing one, or one that is wrong.
func LoadSQLite(f *config.File, table string) (*SQLite, []config.Diagnostic) {
	section := f.Merged("master")
	if section == nil {
		return nil, nil
	}
	r := config.NewReader(f)
	s := r.Section(section)
	g := &SQLite{Table: s.String("table", table), Busy: s.Duration("busy_timeout", time.Millisecond, time.Second, 0, time.Hour)}
	for _, name := range strings.Split(s.String("columns", ""), ",") {
		if name = strings.TrimSpace(name); name != "" {
			g.Columns = append(g.Columns, name)
		}
	}
	g.Values = sqlValues(s.String("values", ""))
	s.Done()
	if len(g.Columns) == 0 || len(g.Columns) != len(g.Values) {
		e, _ := section.Entry("values")
		r.Report(config.Error, e, "", "there are %d columns and %d values: nothing is written", len(g.Columns), len(g.Values))
		g = nil
	}
	return g, r.Diagnostics()
}

// sqlValues parts a list of templates at commas that stand in no quotes and in no
// parentheses, and takes the quotes away.
func sqlValues(list string) []string {
	var out []string
	var word strings.Builder
	depth, quoted, any := 0, false, false
	end := func() {
		text := strings.TrimSpace(word.String())
		if len(text) >= 2 && text[0] == '\'' && text[len(text)-1] == '\'' {
			text = strings.ReplaceAll(text[1:len(text)-1], "''", "'")
		}
		out = append(out, text)
		word.Reset()
	}
	for _, c := range list {
		any = true
		switch {
		case c == '\'':
			quoted = !quoted
		case quoted:
		case c == '(' || c == '{' || c == '[':
			depth++
		case c == ')' || c == '}' || c == ']':
			depth--
		case c == ',' && depth <= 0:
			end()
			continue
		}
		word.WriteRune(c)
	}
	if any {
		end()
	}
	return out
}

// sqliteTarget writes rows of templates to a table, which it makes if it has to.
type sqliteTarget struct {
	options SQLite
	file    string
	values  func(e entry) ([]string, error)

	open  func() (*sql.DB, error)
	db    *sql.DB // of the courier's goroutine
	ready map[string]bool
}

// sqliteRow is how a row waits: with its columns, so that it fits whatever comes in
// between.
type sqliteRow struct {
	Table   string   `json:"table"`
	Columns []string `json:"columns"`
	Values  []string `json:"values"`
}

// newSQLiteTarget makes the target of CDR, or with a diary that of CEL.
func newSQLiteTarget(g Config, o SQLite, diary *DiarySettings) *sqliteTarget {
	t := &sqliteTarget{options: o, file: filepath.Join(g.Dir, sqliteFile), ready: map[string]bool{}}
	t.open = func() (*sql.DB, error) { return store.OpenSQLite(t.file, g.Cache, o.Busy) }
	if diary == nil {
		t.values = func(e entry) ([]string, error) { return recordValues(g, o.Values, e.record), nil }
		return t
	}
	images := newCELBackend(g, diary, nil)
	t.values = func(e entry) ([]string, error) { return images.values(o.Values, e.event) }
	return t
}

// recordValues fills templates in from a record.
func recordValues(g Config, templates []string, v *Record) []string {
	list := make([]string, len(templates))
	for i, text := range templates {
		if name, ok := unwrap(text, "${CDR("); ok && strings.Trim(name, fieldLetters) == "" {
			list[i] = v.field(name, "")
		} else {
			list[i] = g.Expand(context.WithValue(context.Background(), recordKey{}, v), nil, text)
		}
	}
	return list
}

// values fills templates in from an event.
func (b *celBackend) values(templates []string, e *Event) ([]string, error) {
	c, err := b.image(e)
	if err != nil {
		return nil, fmt.Errorf("make a channel for a template: %w", err)
	}
	defer c.End()
	list := make([]string, len(templates))
	for i, text := range templates {
		list[i] = b.expand(context.Background(), c, text)
	}
	return list, nil
}

func (t *sqliteTarget) row(e entry) ([]byte, error) {
	values, err := t.values(e)
	if err != nil {
		return nil, err
	}
	return json.Marshal(sqliteRow{t.options.Table, t.options.Columns, values})
}

func (t *sqliteTarget) deliver(ctx context.Context, rows [][]byte) (int, error) {
	if t.db == nil {
		db, err := t.open()
		if err != nil {
			return 0, err
		}
		t.db = db
	}
	list := make([]sqliteRow, 0, len(rows))
	for i, row := range rows {
		var r sqliteRow
		if err := json.Unmarshal(row, &r); err != nil || len(r.Columns) == 0 || len(r.Columns) != len(r.Values) {
			if i > 0 {
				break // those before it first
			}
			return 0, &refusal{fmt.Errorf("read a row: %w", errors.Join(err, errNoRow))}
		}
		if err := t.prepare(ctx, r); err != nil {
			return 0, err
		}
		list = append(list, r)
	}
	err := t.insert(ctx, list)
	if !errors.Is(err, sqlite3.CONSTRAINT) {
		return len(list) * flag(err == nil), err
	}
	for i := range list { // as many as come before the one that the table forbids
		if err := t.insert(ctx, list[i:i+1]); err != nil {
			if errors.Is(err, sqlite3.CONSTRAINT) {
				err = &refusal{err}
			}
			return i, err
		}
	}
	return len(list), nil
}

var errNoRow = errors.New("it has not a value for each column")

func flag(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

func (t *sqliteTarget) insert(ctx context.Context, rows []sqliteRow) error {
	tx, err := t.db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin to write records to %s: %w", t.file, err)
	}
	defer tx.Rollback() //nolint:errcheck // after a commit it has nothing to do
	for _, r := range rows {
		names, args := make([]string, len(r.Columns)), make([]any, len(r.Columns))
		for i, name := range r.Columns {
			names[i], args[i] = store.QuoteName(name, false), r.Values[i]
		}
		query := "INSERT INTO " + store.QuoteName(r.Table, false) + " (" + strings.Join(names, ", ") + ") VALUES (?" + strings.Repeat(", ?", len(args)-1) + ")"
		if _, err := tx.ExecContext(ctx, query, args...); err != nil {
			clear(t.ready) // somebody may have changed the table
			return fmt.Errorf("write a record to %s: %w", t.file, err)
		}
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("write records to %s: %w", t.file, err)
	}
	return nil
}

// prepare makes the table and the columns that are not there yet.
func (t *sqliteTarget) prepare(ctx context.Context, r sqliteRow) error {
	key := r.Table + "\x00" + strings.Join(r.Columns, "\x00")
	if t.ready[key] {
		return nil
	}
	table := store.QuoteName(r.Table, false)
	create := "CREATE TABLE IF NOT EXISTS " + table + " (AcctId INTEGER PRIMARY KEY"
	for _, name := range r.Columns {
		create += ", " + store.QuoteName(name, false)
	}
	if _, err := t.db.ExecContext(ctx, create+")"); err != nil {
		return fmt.Errorf("make the table %s in %s: %w", r.Table, t.file, err)
	}
	have, err := t.columns(ctx, r.Table)
	if err != nil {
		return err
	}
	for _, name := range r.Columns {
		if have[strings.ToLower(name)] {
			continue
		}
		if _, err := t.db.ExecContext(ctx, "ALTER TABLE "+table+" ADD COLUMN "+store.QuoteName(name, false)); err != nil {
			return fmt.Errorf("add the column %s to %s: %w", name, t.file, err)
		}
	}
	t.ready[key] = true
	return nil
}

func (t *sqliteTarget) columns(ctx context.Context, table string) (map[string]bool, error) {
	rows, err := t.db.QueryContext(ctx, "SELECT name FROM pragma_table_info(?)", table)
	if err != nil {
		return nil, fmt.Errorf("ask for the columns of %s: %w", table, err)
	}
	defer rows.Close()
	have := map[string]bool{}
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, fmt.Errorf("ask for the columns of %s: %w", table, err)
		}
		have[strings.ToLower(name)] = true
	}
	return have, rows.Err()
}

func (t *sqliteTarget) close() {
	if t.db != nil {
		_ = t.db.Close()
	}
}
