// Package store is durable state: AstDB, the small database of families, keys
// and values that dialplans and the exchange itself write to.
//
// It is SQLite in Asterisk's own file and schema, so that an existing
// astdb.sqlite3 is taken over, and can be given back. All entries are held in
// memory, and reads come from there; one goroutine, which Open starts and Close
// waits for, writes changes to the file in groups, each in one transaction: at once
// after a while of quiet, else one a second, as phones that register change much. What
// waits to be written is bounded by the entries themselves: a later change of a
// key takes the place of an earlier one. Sync waits until all is on the disk.
//
// Opening compiles the database engine once per machine (wazero's compilation
// cache), and is meant to happen when the exchange is ready. From Open on, reads
// wait for the entries of the file; writes never wait.
//
// A file that can't be opened, read or written does not stop the exchange: it
// goes on in memory, says so in the log, and Degraded tells why. Writing is tried
// again and again; a file that can't be read is left as it is.
//
// Contacts of phones and other small state that must outlive a restart are
// entries like all others, in families of their own ("registrar/contact").
//
// All methods may be called concurrently.
package store
