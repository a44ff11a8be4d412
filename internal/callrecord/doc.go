// Package callrecord writes what calls leave behind: call detail records (CDR) and
// channel event records (CEL), as cdr.conf and cel.conf ask for them.
//
// # Records
//
// The [Ledger] is an encoder of the bus's events. A channel gets a record when it
// comes into being. Calling another and meeting another in a bridge turn the record
// into one of the two; each further one that is called or met gets a record of its
// own, and so does what the channel does after all of them have come to an end. Of
// two that meet, the record is kept with the one that [pick] finds. When the channel
// is gone its records, oldest first, go to the backends and to AMI.
//
// CDR, CDR_PROP, ForkCDR and ResetCDR look at and change the records of a channel
// that still lives.
//
// # Backends
//
// Records and events that were noted are written by one goroutine, the [Writer]'s,
// which knows nothing of the bus. Its queue is bounded: a disk that stands still
// makes those wait who publish, and nothing is dropped. A backend that fails says so
// in the log and is counted; the record reaches the others.
//
// Databases and web servers may be away. What is for them is on disk before anything
// else is done with it, in a folder of each, and a goroutine of each (a courier) takes it
// from there in order. Records that wait for their batch are on disk, too. What the
// process has written outlives it however it ends.
//
// Nothing here does I/O while the bus waits. All exported methods may be called
// concurrently.
//
// # Left out
//
// ODBC, RADIUS, TDS, beanstalk and syslog as backends. Parking is a bridge like others.
package callrecord
