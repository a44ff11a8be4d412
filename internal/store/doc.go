// Package store is durable state: AstDB, the small database of families, keys
// and values that dialplans and the exchange itself write to.
//
// It is SQLite in Asterisk's own file and schema, so that an existing
// astdb.sqlite3 is taken over. All entries are held in memory, and reads come
// from there; one goroutine writes changes to the file in groups, each in one
// transaction. Opening compiles the database engine once per machine (wazero's
// compilation cache), and happens after the exchange is ready: until then
// writes wait in memory.
//
// A file that can't be opened or written does not stop the exchange: it goes on
// in memory, says so in the log, and Degraded tells why.
//
// All methods may be called concurrently.
package store
