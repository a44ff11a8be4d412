// Package postgrestest starts a PostgreSQL server of a test's own: in a temporary
// folder, on a socket there and on no port. Tests are skipped where there is no
// PostgreSQL (Debian: postgresql).
package postgrestest
