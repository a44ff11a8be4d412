// Package socket is TCP connections whose system calls the Go runtime does not hear of.
//
// A call that the runtime knows of wakes, after each pause, its watcher thread, which then looks every
// 20 µs whether the call has come back: see docs/decisions/013. The calls here never wait, so it need not know;
// where one would have to wait the runtime's poller does that, and deadlines work as they do in package net.
// [Dial] is for short connections to programs (AGI), [Quiet] for ones that were accepted (AMI), and a [Direct]
// writes to one of many what it takes at once.
//
// One goroutine reads a connection while another writes, and sets the deadline of writing where the connection was
// dialled; Close and the deadline of reading may be used by any. On other systems
// than Linux it is package net.
package socket
