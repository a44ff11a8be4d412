// Package logging is logger.conf on log/slog: files, syslog and consoles, each
// with the levels that it takes, in lines of Asterisk's form.
//
// Code logs with slog. Levels that slog has not are constants here: Verbose,
// Notice, DTMF, Fax, Security, Trace; helpers add what Asterisk's lines have:
// Verbosity, CallID, At. A Logger's Handler formats a record once for each form
// and hands it to the channels that want it.
//
// One goroutine, which New starts and Close waits for, owns files and syslog.
// Its queue is bounded (logger_queue_limit): when it is full, lines are dropped
// and counted, and the log says so later. No call ever waits for a disk. Consoles
// are called by whoever logs and must not wait; see Attach.
//
// Everything may be called concurrently.
//
// Left out: syslog over the network; the queue log, which is package queue's; the
// number of the thread, in whose place lines have that of the process.
package logging
