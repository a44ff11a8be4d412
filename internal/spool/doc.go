// Package spool makes the calls that lie as files in the spool: a program writes a
// file that names a device and what to do once it answers, moves it into the folder
// outgoing, and the exchange calls (Asterisk's pbx_spool).
//
// A file is due at the time of its last change: one whose time is in the future
// waits. What becomes of it stands in the file: each attempt is appended, so that
// another exchange that finds it knows how often it was tried.
//
// A Spool belongs to the goroutine of Run, which looks at the folder once a second;
// each attempt runs on a goroutine of its own, for which the channels' registry
// waits. Package exchange starts it.
package spool
