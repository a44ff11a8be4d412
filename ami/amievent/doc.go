// Package amievent has a type for each event of the manager interface (AMI), beside
// the raw [ami.Message] that package ami deals in.
//
//	events := client.Subscribe(ami.SubscribeOptions{Events: []string{"Newchannel", "Hangup"}})
//	defer events.Close()
//	for m, err := range events.All(ctx) {
//		if err != nil {
//			return err
//		}
//		switch e := amievent.Decode(m).(type) {
//		case *amievent.Newchannel:
//			log.Println(e.Channel.Name, "calls", e.Channel.Exten)
//		case *amievent.Hangup:
//			log.Println(e.Channel.Name, "ended:", e.CauseTxt)
//		}
//	}
//
// Each type holds its raw message, too, in which also stand the lines that its type
// has no field for. The types are generated from the names that Asterisk 22 knows,
// and 16; what neither does is Unknown. All functions may be called concurrently.
//
// Left out: the events that modules of others raise, and the classes of events, which
// the server chooses by.
package amievent

//go:generate go run make.go
