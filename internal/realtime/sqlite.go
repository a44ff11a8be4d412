package realtime

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/octothorpe/octothorpe/internal/store"
)

// sqliteDriver asks a file of SQLite.
type sqliteDriver struct{ db *sql.DB }

func (d *sqliteDriver) close() { _ = d.db.Close() }

func (d *sqliteDriver) where(conditions []Condition, args *[]any) (string, error) {
	var parts []string
	for _, c := range conditions {
		text, err := condition(c, quote(c.Column), "?")
		if err != nil {
			return "", err
		}
		parts = append(parts, text)
		*args = append(*args, c.compared())
	}
	if len(parts) == 0 {
		return "", nil
	}
	return " WHERE " + strings.Join(parts, " AND "), nil
}

func (d *sqliteDriver) rows(ctx context.Context, table string, conditions []Condition) ([]Row, error) {
	var args []any
	where, err := d.where(conditions, &args)
	if err != nil {
		return nil, err
	}
	query := "SELECT * FROM " + store.QuoteName(table, false) + where
	if len(conditions) > 0 {
		query += " ORDER BY " + quote(conditions[0].Column)
	}
	return selected(d.db.QueryContext(ctx, query, args...))
}

// selected reads the rows of a query.
func selected(rows *sql.Rows, err error) ([]Row, error) {
	if err != nil {
		return nil, fmt.Errorf("ask a database: %w", err)
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		return nil, fmt.Errorf("ask a database: %w", err)
	}
	values, to := make([]sql.NullString, len(names)), make([]any, len(names))
	for i := range values {
		to[i] = &values[i]
	}
	var list []Row
	for rows.Next() {
		if err := rows.Scan(to...); err != nil {
			return nil, fmt.Errorf("ask a database: %w", err)
		}
		row := Row{}
		for i, v := range values {
			if v.Valid {
				row = append(row, fields(names[i], v.String)...)
			}
		}
		list = append(list, row)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("ask a database: %w", err)
	}
	return list, nil
}

func changed(r sql.Result, err error) (int, error) {
	if err != nil {
		return 0, fmt.Errorf("change a database: %w", err)
	}
	n, err := r.RowsAffected()
	return int(n), err
}

func (d *sqliteDriver) update(ctx context.Context, table string, conditions []Condition, to []Field) (int, error) {
	var parts []string
	var args []any
	for _, f := range to {
		parts = append(parts, quote(f.Name)+" = ?")
		args = append(args, encode(f.Value))
	}
	where, err := d.where(conditions, &args)
	if err != nil {
		return 0, err
	}
	return changed(d.db.ExecContext(ctx, "UPDATE "+store.QuoteName(table, false)+" SET "+strings.Join(parts, ", ")+where, args...))
}

func (d *sqliteDriver) store(ctx context.Context, table string, row []Field) (int, error) {
	var names []string
	var args []any
	for _, f := range row {
		names = append(names, quote(f.Name))
		args = append(args, encode(f.Value))
	}
	return changed(d.db.ExecContext(ctx, "INSERT INTO "+store.QuoteName(table, false)+" ("+strings.Join(names, ", ")+") VALUES (?"+
		strings.Repeat(", ?", len(args)-1)+")", args...))
}

func (d *sqliteDriver) destroy(ctx context.Context, table string, conditions []Condition) (int, error) {
	var args []any
	where, err := d.where(conditions, &args)
	if err != nil {
		return 0, err
	}
	return changed(d.db.ExecContext(ctx, "DELETE FROM "+store.QuoteName(table, false)+where, args...))
}

func (d *sqliteDriver) static(ctx context.Context, table, file string) ([]line, error) {
	return lines(d.db.QueryContext(ctx, "SELECT category, cat_metric, var_name, var_val FROM "+store.QuoteName(table, false)+
		" WHERE filename = ? AND commented = 0 ORDER BY cat_metric ASC, var_metric ASC", file))
}

// lines reads those of a file.
func lines(rows *sql.Rows, err error) ([]line, error) {
	if err != nil {
		return nil, fmt.Errorf("ask a database for a file: %w", err)
	}
	defer rows.Close()
	var list []line
	for rows.Next() {
		var category, metric, name, value sql.NullString
		if err := rows.Scan(&category, &metric, &name, &value); err != nil {
			return nil, fmt.Errorf("ask a database for a file: %w", err)
		}
		list = append(list, line{category.String, metric.String, name.String, value.String})
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("ask a database for a file: %w", err)
	}
	return list, nil
}

func (d *sqliteDriver) columns(ctx context.Context, table string) ([]string, error) {
	rows, err := d.db.QueryContext(ctx, "SELECT name FROM pragma_table_info(?)", table)
	if err != nil {
		return nil, fmt.Errorf("ask for the columns of %s: %w", table, err)
	}
	defer rows.Close()
	var names []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, fmt.Errorf("ask for the columns of %s: %w", table, err)
		}
		names = append(names, name)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("ask for the columns of %s: %w", table, err)
	}
	if names == nil {
		return nil, fmt.Errorf("there is no table %s", table)
	}
	return names, nil
}
