// Command callername looks up who calls in an SQLite database and sets the caller's name, before the phone rings:
//
//	CREATE TABLE callers (number TEXT PRIMARY KEY, name TEXT NOT NULL);
//
// Dialplan: AGI(agi://host/callername), then Dial().
package main
