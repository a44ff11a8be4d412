// Package app holds the dialplan applications, a file each or a file for a
// family of one shape. Applications returns their table.
//
// An application runs on the goroutine that owns the leg, under a context that
// ends with hang-up, redirect or move. It returns nil to let the dialplan go on.
// ErrHangup, or the cause of the context, ends the leg. What it has to tell
// goes into channel variables, by the names that Asterisk gives them.
package app
