// Package function holds the dialplan functions that belong to no other
// package, in files by family. House.Functions returns their table.
//
// A function is read as ${NAME(args)} and written by Set(NAME(args)=value). The
// channel may be nil: then only functions that need none work, and the others
// return errNoChannel. Where a function cannot make sense of its arguments it
// returns an error, which the executor logs, and the value is empty, as in
// Asterisk.
package function
