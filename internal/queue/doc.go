// Package queue is the queues of callers who wait for one of several members to
// answer: queues.conf and queuerules.conf, the application Queue and those about
// members, and all that AMI, the console, the dialplan's functions and queue_log tell of
// them, as Asterisk 22's app_queue does.
//
// # Who does what
//
// A caller waits on the goroutine that owns its leg. It sleeps until its turn has come,
// something is to be announced or its time is up; nobody looks at those who need not
// move, so that ten thousand who wait cost no more than one. Whatever may make it
// somebody's turn (a member who is free again, a caller who leaves) kicks the queue,
// which wakes as many as there are members for them.
//
// A queue has one lock, a leaf: nothing is called, told or logged while it is held.
// [House.Run] follows the states of devices and the ends of calls, which the bus tells.
// queue_log is written by a goroutine of its own; see [Log].
//
// All exported methods may be called concurrently.
//
// Queues and members may lie in a database: what the exchange changes in such a member is
// handed to [House.Keep], and lines of the log to who [LogSettings] names.
package queue
