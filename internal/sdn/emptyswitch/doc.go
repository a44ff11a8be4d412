// Package emptyswitch is the part of a simulated switch that is the same in all of
// them: what an OpenFlow 1.3 switch answers that has ports and nothing else. Tests and
// benchmarks of the network controller answer with it what they have no answer of
// their own to. Its function may be called concurrently.
package emptyswitch
