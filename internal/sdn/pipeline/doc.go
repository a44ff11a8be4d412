// Package pipeline makes flow tables of a configuration.
//
// Build is a pure function: the same switch of the same configuration in the
// same State gives the same Tables, flow for flow. What a reload, a link or a
// LAG changes is therefore the difference of two Tables, which Diff gives as
// the messages to send; nothing else is sent, so that traffic which no changed
// flow carries is not touched. HostFlows and RouteFlows are the flows of what is
// learnt.
//
// The tables, their order, priorities and cookies are those that were seen in a
// switch of Faucet's. A Flow prints as ovs-ofctl prints it, which is how the two
// are compared.
//
// Package control calls it. Everything is immutable once built.
//
// Left out on purpose: talking to a switch, and timers.
package pipeline
