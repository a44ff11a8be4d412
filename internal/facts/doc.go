// Package facts holds the names that Asterisk knows, as tables: applications,
// functions, manager actions and events, console, AGI and ARI commands, and the
// options of its configuration files.
//
// They are what `octothorpe check` needs to tell a misspelt option from one that
// is known but not honoured yet, and against what docs/compatibility.md is
// generated. The tables name Asterisk 22's interfaces; rows marked Legacy exist
// in Asterisk 16 only. The tables are tab-separated files, embedded and read
// once; what a function returns is the caller's own copy, and all functions may
// be called concurrently.
//
// Left out on purpose: what anything does. The tables hold names, arguments and
// defaults, no text of anybody's documentation.
package facts
