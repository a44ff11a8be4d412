package store

import (
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/ncruces/go-sqlite3"
)

// OpenSQLite opens a file of SQLite that others may use, too: call records, and
// configuration that lies in a database. The file is made when something is written;
// who else writes to it is waited for as long as busy says. cache is Open's.
//
// One connection at a time is used, as the file has one writer.
func OpenSQLite(file, cache string, busy time.Duration) (*sql.DB, error) {
	if err := prepareEngine(cache); err != nil {
		return nil, fmt.Errorf("prepare the database engine: %w", err)
	}
	query := url.Values{"_pragma": {fmt.Sprintf("busy_timeout(%d)", busy.Milliseconds())}}
	db, err := sql.Open("sqlite3", (&url.URL{Scheme: "file", OmitHost: true, Path: file, RawQuery: query.Encode()}).String())
	if err != nil {
		return nil, fmt.Errorf("open database %s: %w", file, err)
	}
	db.SetMaxOpenConns(1)
	return db, nil
}

// RefusedBySQLite reports whether a constraint of the table forbids what was to be
// written, whoever asks again.
func RefusedBySQLite(err error) bool { return errors.Is(err, sqlite3.CONSTRAINT) }

// QuoteName writes the name of a table or a column as SQL has it. A dot parts a
// schema from its table where dotted says so.
func QuoteName(name string, dotted bool) string {
	quoted := make([]byte, 0, len(name)+2)
	quoted = append(quoted, '"')
	for _, c := range []byte(name) {
		switch {
		case c == '"':
			quoted = append(quoted, '"', '"')
		case c == '.' && dotted:
			quoted = append(quoted, '"', '.', '"')
		case c != 0:
			quoted = append(quoted, c)
		}
	}
	return string(append(quoted, '"'))
}
