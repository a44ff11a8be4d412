// Package channeltest is a channel technology in memory, for the tests of the
// packages that stand on channel: legs whose far end is the test, a driver that
// makes them, and a record of the events that a test waits for.
//
// Only tests import it. A Leg and a Record may be used concurrently; an Exchange
// is its test's.
package channeltest
