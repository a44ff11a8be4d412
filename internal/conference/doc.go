// Package conference is ConfBridge: rooms in which many talk to each other, by the
// profiles of confbridge.conf.
//
// # A room
//
// A room lives while somebody is in it. It has a mixing bridge, a list of those who are
// there, and a voice of its own, the announcer: a leg of which nobody is told, whose
// goroutine says what all are to hear, one after the other. What the room's mutex guards
// are lists, flags and counts; nothing is called while it is held.
//
// # A user
//
// Who enters is owned by its own goroutine all the time: it asks for the PIN, has the name
// recorded, joins the bridge and says goodbye. What others want of it while it is in the
// bridge (to play something, to do what its menu says) is asked of the bridge, which has
// it done by that goroutine.
//
// Users, marked users and those who wait for a marked one make the state of a room (see
// state); whenever it may have changed all users are put as it wants them: heard or not,
// with music or not.
//
// Applications, Functions, Actions and Commands are its tables. All exported methods of
// House may be called concurrently.
//
// # Left out
//
// Binaural mixing; REMB, and pictures of sfu over Local channels.
package conference
