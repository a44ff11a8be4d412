// Package ari speaks ARI, the REST interface of Asterisk and Octothorpe, by which a
// program owns calls: it asks over HTTP, and hears over a WebSocket what becomes of it.
//
//	client, err := ari.Connect(ctx, ari.Config{URL: "http://pbx.example.com:8088", Username: "me", Password: "…", Apps: []string{"hello"}})
//	if err != nil {
//		return err
//	}
//	defer client.Close()
//	return client.Serve(ctx, func(ctx context.Context, call *ari.ChannelHandle, start *ari.StasisStart) error {
//		if err := call.Answer(ctx); err != nil {
//			return err
//		}
//		playback, err := call.Play(ctx, nil, "sound:hello-world")
//		if err != nil {
//			return err
//		}
//		return playback.Wait(ctx)
//	})
//
// # Requests
//
// Each of the 109 operations is a method, of the field of [Client] that is the first part
// of its path: client.Bridges.AddChannel is POST /bridges/{bridgeId}/addChannel. What a
// server refuses is an *[Error] with its status and message. Requests go over HTTP, or
// over the WebSocket with Config.OverWebSocket.
//
// # Events
//
// An [Event] is a pointer to one of the types of this package; [UnknownEvent] is the way
// out. [Client.Events] has all of them since the client was made, [Client.Subscribe] those
// that its options choose. Each subscription has a buffer of its own: one that is not read
// in time ends with [ErrOverflow], when what it kept has been read. Nothing is dropped
// without a word, and nobody waits for who does not read.
//
// # Handles
//
// A [ChannelHandle], [BridgeHandle], [PlaybackHandle] or [RecordingHandle] has the requests
// about one thing, its events alone, and its state to be waited for: WaitUp, WaitEnd.
// [Client.Originate], [ChannelHandle.Play] and others that make something return one that
// was there before the request: no event is too quick for it. [Await] waits for an event
// of a type.
//
// # Reconnecting
//
// A WebSocket that is lost is opened again, with growing pauses. Octothorpe keeps its events
// for some time, and goes on where the last one ended. Asterisk is asked what there is;
// what is different is told as events with Resync: the hang-up that came in between is not
// missed. What an application was asked to listen to is asked for again.
//
// # Sharing
//
// With Config.Share several clients have an application of Octothorpe together: each call is
// one client's.
//
// # Exchanges that connect
//
// A [Server] takes the WebSockets that an exchange opens itself, for good or for each call.
//
// A Client, its handles and subscriptions may be used concurrently, a Stream by one
// goroutine. The only module it needs is github.com/coder/websocket. Models, events and
// operations are generated from the tables of internal/facts. Left out: the server of ARI,
// which is Octothorpe's own.
package ari

//go:generate go run make.go
