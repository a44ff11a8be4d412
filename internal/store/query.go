package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"

	"github.com/ncruces/go-sqlite3"
)

// ErrStatement is what Query returns where the question is no SQL, or asks for what
// there is not.
var ErrStatement = errors.New("statement")

// Query hands the rows of a question in SQL to row: the names of the columns and
// their values as texts. What was written so far is in them. The question may
// not change anything: entries are kept in memory, which would not hear of it.
func (d *Database) Query(ctx context.Context, question string, row func(columns, values []string)) error {
	if err := d.Sync(ctx); err != nil {
		return fmt.Errorf("query the database: %w", err)
	}
	db, err := sql.Open("sqlite3", (&url.URL{Scheme: "file", OmitHost: true, Path: d.file, RawQuery: "mode=ro"}).String())
	if err != nil {
		return fmt.Errorf("query the database: %w", err)
	}
	defer db.Close()
	rows, err := db.QueryContext(ctx, question)
	if errors.Is(err, sqlite3.ERROR) {
		return fmt.Errorf("query the database: %w: %w", ErrStatement, err)
	}
	if err != nil {
		return fmt.Errorf("query the database: %w", err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return fmt.Errorf("query the database: %w", err)
	}
	for rows.Next() {
		found, into := make([]sql.NullString, len(columns)), make([]any, len(columns))
		for i := range found {
			into[i] = &found[i]
		}
		if err := rows.Scan(into...); err != nil {
			return fmt.Errorf("query the database: %w", err)
		}
		values := make([]string, len(columns))
		for i, f := range found {
			values[i] = f.String
		}
		row(columns, values)
	}
	return rows.Err()
}
