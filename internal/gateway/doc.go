// Package gateway is AGI from the exchange's side: it hands a leg to a program, and
// does what the program asks.
//
// The applications AGI, EAGI and DeadAGI run a session on the goroutine that owns
// the leg. The program is at the other end of a link: a child process, a FastAGI
// server, or the manager's clients (AsyncAGI). The owner reads its commands itself,
// one at a time, so that a program that floods or stalls harms its own call alone;
// between two commands it waits for the next one or for the end of the leg, which
// wakes it, and what the leg sends is forgotten. What goes over the wire is package agi's.
//
// When the leg is hung up the program is told so, and may go on: commands that need
// no leg are still done, as on the reference. A Gateway may be used concurrently.
package gateway
