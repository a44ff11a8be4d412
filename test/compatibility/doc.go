// Compatibility writes docs/compatibility.md from the tables of the code.
//
// It builds each part of the exchange empty, asks it for its table of rows, and
// sets them beside the names that Asterisk knows (internal/facts). `make
// generate` runs it; `make generated` fails when the document says anything else
// than the tables. A new table is joined in gather.
package main

//go:generate go run . -o ../../docs/compatibility.md
