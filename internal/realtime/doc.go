// Package realtime is configuration that lies in databases: Asterisk's realtime.
//
// extconfig.conf maps families to tables ([House.Configure]). A dynamic family is a
// table of objects, a row each, that are asked for when they are wanted: [House.One],
// [House.All], [House.Update], [House.Store], [House.Destroy]. A static family has the
// name of a configuration file, which is then read from a table of its lines
// ([House.File]).
//
// There are three drivers: sqlite3 (res_config_sqlite3.conf), pgsql (res_pgsql.conf)
// and curl, a web server. A family may have several, which are asked in the order of
// their priorities as long as one fails.
//
// The functions REALTIME, REALTIME_FIELD, REALTIME_HASH, REALTIME_STORE and
// REALTIME_DESTROY, and the console's `realtime …`, are here; who keeps phones, queues
// and mailboxes in families is exchange's matter.
//
// # Left out
//
// ODBC, MySQL and LDAP: a family that asks for them is refused with the name of the
// driver to use instead. Tables are never made or changed (requirements).
//
// All methods may be called concurrently; each asks a database, and none holds a lock
// meanwhile. A driver's connections are bounded.
package realtime
