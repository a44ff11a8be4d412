// Package app holds the dialplan applications, a file each or a file for a
// family of one shape. Applications returns their table.
//
// An application runs on the goroutine that owns the leg, under a context that
// ends with hang-up, redirect or move. It returns nil to let the dialplan go on.
// ErrHangup, or the cause of the context, ends the leg. What it has to tell
// goes into channel variables, by the names that Asterisk gives them.
//
// What takes time runs in the background of the leg's goroutine, which reads the
// leg meanwhile (see during): so keys are heard while a sound plays, and nothing
// is left running when the application returns. A House may be used concurrently,
// by all legs; what legs share through it (who rings, who waits for a signal, the
// holding rooms) stands under leaf mutexes.
//
// The applications that move a leg through its plan, Goto, Gosub, While and
// their kin, are package dialplan's.
package app
