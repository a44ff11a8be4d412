package realtime

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"sync"

	"github.com/octothorpe/octothorpe/internal/store"
)

// pgsqlDriver asks a PostgreSQL server. What columns a table has it asks once, and
// again after a question that went wrong.
type pgsqlDriver struct {
	db      *sql.DB
	ordered bool // rows come by the column that is asked for first

	mu     sync.Mutex
	tables map[string][]store.Column
}

func (d *pgsqlDriver) close() { _ = d.db.Close() }

func (d *pgsqlDriver) know(ctx context.Context, table string) ([]store.Column, error) {
	d.mu.Lock()
	known := d.tables[table]
	d.mu.Unlock()
	if known != nil {
		return known, nil
	}
	known, err := store.PostgresColumns(ctx, d.db, store.QuoteName(table, true))
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	d.tables[table] = known
	d.mu.Unlock()
	return known, nil
}

func (d *pgsqlDriver) forget(table string) {
	d.mu.Lock()
	delete(d.tables, table)
	d.mu.Unlock()
}

// A statement is a question with its parameters.
type statement struct {
	columns []store.Column
	args    []any
}

// parameter adds a value for a column and returns how it stands in the question.
func (s *statement) parameter(column store.Column, value string) string {
	if value == "" && !column.Text() {
		return "NULL"
	}
	s.args = append(s.args, strings.ReplaceAll(value, "\x00", ""))
	return fmt.Sprintf("CAST($%d::text AS %s)", len(s.args), column.Kind)
}

func (s *statement) column(name string) (store.Column, error) {
	for _, c := range s.columns {
		if strings.EqualFold(c.Name, name) {
			return c, nil
		}
	}
	return store.Column{}, fmt.Errorf("the table has no column %s", name)
}

func (s *statement) where(conditions []Condition) (string, error) {
	var parts []string
	for _, c := range conditions {
		column, err := s.column(c.Column)
		if err != nil {
			return "", err
		}
		name, value := quote(column.Name), ""
		switch {
		case strings.HasSuffix(c.Operator, "LIKE"):
			s.args = append(s.args, c.Value)
			name, value = "CAST("+name+" AS text)", fmt.Sprintf("$%d", len(s.args))
		default:
			value = s.parameter(column, c.compared())
		}
		text, err := condition(c, name, value)
		if err != nil {
			return "", err
		}
		parts = append(parts, text)
	}
	if len(parts) == 0 {
		return "", nil
	}
	return " WHERE " + strings.Join(parts, " AND "), nil
}

func (d *pgsqlDriver) begin(ctx context.Context, table string) (*statement, error) {
	columns, err := d.know(ctx, table)
	return &statement{columns: columns}, err
}

func (d *pgsqlDriver) rows(ctx context.Context, table string, conditions []Condition) ([]Row, error) {
	s, err := d.begin(ctx, table)
	if err != nil {
		return nil, err
	}
	where, err := s.where(conditions)
	if err != nil {
		d.forget(table)
		return nil, err
	}
	query := "SELECT * FROM " + store.QuoteName(table, true) + where
	if len(conditions) > 0 && d.ordered {
		first, err := s.column(conditions[0].Column)
		if err != nil {
			return nil, err
		}
		query += " ORDER BY " + quote(first.Name)
	}
	list, err := selected(d.db.QueryContext(ctx, query, s.args...))
	if err != nil {
		d.forget(table)
	}
	return list, err
}

func (d *pgsqlDriver) change(ctx context.Context, table, query string, s *statement) (int, error) {
	n, err := changed(d.db.ExecContext(ctx, query, s.args...))
	if err != nil {
		d.forget(table)
	}
	return n, err
}

func (d *pgsqlDriver) update(ctx context.Context, table string, conditions []Condition, to []Field) (int, error) {
	s, err := d.begin(ctx, table)
	if err != nil {
		return 0, err
	}
	var parts []string
	for _, f := range to {
		column, err := s.column(f.Name)
		if err != nil {
			d.forget(table)
			return 0, err
		}
		parts = append(parts, quote(column.Name)+" = "+s.parameter(column, encode(f.Value)))
	}
	where, err := s.where(conditions)
	if err != nil {
		return 0, err
	}
	return d.change(ctx, table, "UPDATE "+store.QuoteName(table, true)+" SET "+strings.Join(parts, ", ")+where, s)
}

func (d *pgsqlDriver) store(ctx context.Context, table string, row []Field) (int, error) {
	s, err := d.begin(ctx, table)
	if err != nil {
		return 0, err
	}
	var names, values []string
	for _, f := range row {
		column, err := s.column(f.Name)
		if err != nil {
			d.forget(table)
			return 0, err
		}
		names, values = append(names, quote(column.Name)), append(values, s.parameter(column, encode(f.Value)))
	}
	return d.change(ctx, table, "INSERT INTO "+store.QuoteName(table, true)+" ("+strings.Join(names, ", ")+") VALUES ("+strings.Join(values, ", ")+")", s)
}

func (d *pgsqlDriver) destroy(ctx context.Context, table string, conditions []Condition) (int, error) {
	s, err := d.begin(ctx, table)
	if err != nil {
		return 0, err
	}
	where, err := s.where(conditions)
	if err != nil {
		return 0, err
	}
	return d.change(ctx, table, "DELETE FROM "+store.QuoteName(table, true)+where, s)
}

func (d *pgsqlDriver) static(ctx context.Context, table, file string) ([]line, error) {
	return lines(d.db.QueryContext(ctx, "SELECT category::text, cat_metric::text, var_name::text, var_val::text FROM "+store.QuoteName(table, true)+
		" WHERE filename = $1 AND commented::text IN ('0', 'false') ORDER BY cat_metric DESC, var_metric ASC, category, var_name", file))
}

func (d *pgsqlDriver) columns(ctx context.Context, table string) ([]string, error) {
	known, err := d.know(ctx, table)
	var names []string
	for _, c := range known {
		names = append(names, c.Name)
	}
	return names, err
}
