// Package channel is one leg of a call: its identity, state, variables, the
// frames that go in and out of it, and its end.
//
// A Channel is made by a Driver, which turns a technology (SIP, Local) into
// legs. Each channel has one owner at a time: the goroutine that runs its
// dialplan, or that dials, or that keeps it in a bridge. The owner alone calls
// End. Everybody else only asks: Hangup and Interrupt end what runs, by
// cancelling contexts with a cause.
//
// All methods may be called concurrently unless they say that they are the
// owner's. A channel's state stands under a leaf mutex which is never held
// across a call into anything else; Snapshot is an immutable value that may be
// read at any time.
//
// Signals between legs, bridges and applications are not here: see packages
// bridge, dialplan and call.
package channel
