// Package stasis is the applications of ARI: who listens to what, what they are
// told, and the legs that they own.
//
// A [Hub] knows the applications. A leg enters one by the dialplan application
// Stasis, or because a client made it; from then on a [Leg] stands for it: it waits
// on its owner's goroutine for what clients ask and does that in order, as the
// reference does. What clients ask is queued; a queue that is full refuses more.
//
// Events are encoded once, whoever hears them; the name of the application is put
// in for each. A socket has a bounded queue: one that is full is closed, which its
// client notices, and nobody else does.
//
// All methods may be called concurrently.
package stasis
