// Package ael is the dialplan in AEL2, Asterisk's extension language: extensions.ael, as
// pbx_ael reads it.
//
// Read makes a tree of the file, and a [Plan] of the tree: the contexts and extensions
// that do what it says, step by step as the reference makes them, so that dialplans in
// extensions.conf that lead into them, and people who look at them, find the same. A file
// with an error makes no plan at all.
//
// A macro is a context whose extension ~~s~~ is called by Gosub; the cases of a switch are
// extensions sw_N_CASE; what is left out of a condition is a NoOp where it ends.
//
// A Plan is immutable once it was read. Left out: the tokens and contexts that "ael set
// debug" prints, which are of the reference's own parser.
package ael
