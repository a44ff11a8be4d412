// Package feature is what the parties of a call can ask for by keys while they
// talk: to hang up, to send the other elsewhere blindly or after a consultation, and
// the applications that features.conf maps keys to.
//
// # Who may what
//
// [House.Of] makes of the letters of Dial, Queue or Bridge, and of the variables
// BRIDGE_FEATURES and DYNAMIC_FEATURES, what one leg can ask for. The bridge finds
// the codes among the keys (see bridge.Features) and runs what was asked for on the
// goroutine of the leg's owner.
//
// # Consultations
//
// An attended transfer is a consultation. Who transfers is put into a second bridge
// with the target, which is a Local channel, and those who are transferred wait in the
// first one. From then on one goroutine, the consultation's, hears what happens
// (someone leaves, the target answers, a key is pressed, time is up) and moves
// the legs; no leg's owner waits for it.
//
// FEATURE and FEATUREMAP, Atxfer and CancelAtxfer, AttendedTransfer and "features
// show" are here, too. All exported methods may be called concurrently.
package feature
