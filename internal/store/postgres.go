package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
)

// A Postgres says where a PostgreSQL server is and who asks it. What is empty is as
// libpq has it: environment, ~/.pgpass, the user's own name.
type Postgres struct {
	Host        string // a name, an address, or the folder of a socket
	Port        int
	Database    string
	User        string
	Password    string
	Application string // application_name
	SSLMode     string
	Timezone    string
}

// patienceForServers is how long the opening of a connection may take.
const patienceForServers = 5 * time.Second

// Open returns connections to the server, none of which is made yet. There are at
// most connections at a time.
func (p Postgres) Open(connections int) (*sql.DB, error) {
	var words []string
	for _, w := range [][2]string{{"host", p.Host}, {"dbname", p.Database}, {"user", p.User}, {"password", p.Password},
		{"application_name", p.Application}, {"sslmode", p.SSLMode}, {"timezone", p.Timezone}} {
		if w[1] != "" {
			words = append(words, w[0]+"='"+strings.NewReplacer(`\`, `\\`, "'", `\'`).Replace(w[1])+"'")
		}
	}
	if p.Port > 0 {
		words = append(words, "port="+strconv.Itoa(p.Port))
	}
	c, err := pgx.ParseConfig(strings.Join(words, " "))
	if err != nil {
		return nil, fmt.Errorf("open a database of PostgreSQL: %w", err)
	}
	c.ConnectTimeout = patienceForServers
	db := stdlib.OpenDB(*c)
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	return db, nil
}

// RefusedByPostgres reports whether a server understood a statement and will not have
// it whoever asks again: a value that is none of its column (SQLSTATE 22), one that a
// constraint forbids (23), a column or a table that does not exist (42).
func RefusedByPostgres(err error) (data, schema bool) {
	var e *pgconn.PgError
	if !errors.As(err, &e) || len(e.Code) < 2 {
		return false, false
	}
	return e.Code[:2] == "22" || e.Code[:2] == "23", e.Code[:2] == "42"
}

// A Column is one of a table of PostgreSQL. Kind is the server's name of its type.
type Column struct {
	Name, Kind        string
	NotNull, Fallback bool // it takes no NULL; it has a value of its own
}

// Text reports whether the column takes any text.
func (c Column) Text() bool {
	return c.Kind == "text" || strings.HasPrefix(c.Kind, "character") || c.Kind == "name" || c.Kind == "bytea"
}

// PostgresColumns asks for the columns of a table, whose name is written as SQL has it.
func PostgresColumns(ctx context.Context, db *sql.DB, table string) ([]Column, error) {
	rows, err := db.QueryContext(ctx, `SELECT attname, format_type(atttypid, atttypmod), attnotnull, atthasdef OR attidentity <> '' FROM pg_attribute
WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped ORDER BY attnum`, table)
	if err != nil {
		return nil, fmt.Errorf("ask for the columns of %s: %w", table, err)
	}
	defer rows.Close()
	var known []Column
	for rows.Next() {
		var c Column
		if err := rows.Scan(&c.Name, &c.Kind, &c.NotNull, &c.Fallback); err != nil {
			return nil, fmt.Errorf("ask for the columns of %s: %w", table, err)
		}
		known = append(known, c)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("ask for the columns of %s: %w", table, err)
	}
	if known == nil {
		return nil, fmt.Errorf("there is no table %s", table)
	}
	return known, nil
}
