// Package ami speaks the Asterisk Manager Interface, by which programs watch and
// steer an exchange: as a client of Asterisk or Octothorpe, and in its messages.
//
//	client, err := ami.Dial(ctx, ami.Config{Address: "pbx.example.com", Username: "panel", Secret: "…", Resync: true})
//	if err != nil {
//		return err
//	}
//	defer client.Close()
//	call, err := client.Originate(ctx, ami.Originate{Channel: "PJSIP/100", Context: "default", Exten: "200"})
//
// # Actions
//
// [Client.Do] sends an action and returns its response, [Client.List] the events of
// an answer that is a list, [Client.Stream] the same one by one. [Client.Command] and
// [Client.Originate] are what programs need most. Many goroutines may ask at once: an
// ActionID tells the answers apart. A context that ends stops the waiting.
//
// # Events
//
// [Client.Subscribe] gives the events that its options choose, by names, by [Filters]
// in the language of manager.conf, or by a function. They are raw [Message]s; package
// amievent has a type for each. Each subscription has a buffer of its own and a policy
// for when it is full; one that is not read harms nobody.
//
// # Reconnecting
//
// A connection that is lost is made again, with growing pauses, and subscriptions go
// on. With Config.Resync the client compares what it knew of channels, bridges, queues,
// peers and devices with what the server says then, and tells the difference as events:
// the hang-up that came in between is not missed.
//
// # Messages
//
// A [Message] is its lines in order, repeated keys and all. [Reader] reads them in two
// allocations each and bounds their size; [Message.Append] writes them; [Unmarshal]
// sets the fields of a struct.
//
// A Client, a Subscription and Filters may be used concurrently, a Reader by one
// goroutine. Package amitest is a manager for tests. Left out: the server (that is
// Octothorpe's own), and AMI over HTTP.
package ami
