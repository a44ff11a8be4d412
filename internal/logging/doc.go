// Package logging is logger.conf on log/slog: files, syslog and consoles, each
// with the levels that it takes, in lines of Asterisk's form.
//
// Code logs with slog. Levels that slog has not are constants here: Verbose,
// Notice, DTMF, Security. A Logger's Handler formats a record once for each
// form and hands it to channels; files are written by one goroutine. When it is
// too far behind, lines are dropped and counted, and the log says so later: no
// call ever waits for a disk.
//
// Left out: syslog over the network; the queue log, which queues will bring.
package logging
