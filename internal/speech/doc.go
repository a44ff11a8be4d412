// Package speech is what listens to people: engines that turn the voice of a leg into texts, and the
// objects that dialplans and AGI programs have them by.
//
// An [Engine] makes a [Listener] for a leg; an [Object] holds it, with the state that the applications
// Speech…, the functions SPEECH… and the commands SPEECH … of AGI ask for and change. The engines of an
// exchange are those of aeap.conf, see [ReadClients]: servers that speak Asterisk's external application
// protocol, JSON and sound over a WebSocket. Others have only to implement the interface.
//
// An Object may be used concurrently: the leg's owner feeds it and waits, the engine answers when it likes.
// Nothing here waits for an engine longer than a second, and sound that an engine does not take is lost, not queued
// without end.
//
// Left out on purpose: grammars over the external protocol, which has none, as on the reference.
package speech
