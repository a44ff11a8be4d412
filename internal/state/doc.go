// Package state tells what devices and extensions are doing: device states of
// the channel drivers and custom ones, and the hints of the dialplan that are
// made of them. Of devices that rest and that no hint has 16,384 are remembered.
//
// Whoever changes something about a device calls Touch, which never waits. One
// goroutine computes the new states and publishes what has changed, so that a
// burst of changes costs one computation a device; a state that a user sets is
// told at once. What waits is bounded by the
// number of devices. All methods may be called concurrently.
package state
