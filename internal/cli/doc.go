// Package cli is the console: the dispatcher that finds a command by its words,
// the control socket by which remote consoles reach it, and the line editor.
//
// Commands are rows of tables (command.Console) that other packages export.
// Words may be shortened as long as they stay unambiguous, as in Asterisk. The
// socket speaks a small framed protocol of our own (see frame.go), as both ends
// are always the same program.
package cli
