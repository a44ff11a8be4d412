// Package monitor records legs and listens to them beside the two who talk: MixMonitor,
// Monitor of Asterisk up to 20, ChanSpy and ExtenSpy. All of it stands on channel.Hook.
//
// A recording has one goroutine, which reads the hook of its leg and writes the files; it
// ends with StopMixMonitor or with the leg. Who listens is the owner of its own leg, which
// hears what the hook of the other gives.
//
// Applications, Functions, Actions and Commands are its tables. All exported methods of House may
// be called concurrently.
package monitor
