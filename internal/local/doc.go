// Package local is the Local channel driver: two legs back to back, so that the
// dialplan can be dialled as if it were a phone.
//
// Local/EXTEN@CONTEXT/OPTIONS makes the halves NAME;1, which is the leg that was
// asked for, and NAME;2, which runs the dialplan at EXTEN. When both halves are
// in calls of two they take themselves out of the way, unless the option n
// forbids it.
package local
