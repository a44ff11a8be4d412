package ami_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/octothorpe/octothorpe/ami"
	"github.com/octothorpe/octothorpe/ami/amievent"
	"github.com/octothorpe/octothorpe/ami/amitest"
)

// server stands for the exchange of the examples: it has one call, and PJSIP/200 is busy.
func server() *amitest.Server {
	return &amitest.Server{Answer: func(s *amitest.Session, action ami.Message) {
		switch action.Get("Action") {
		case "Command":
			s.Reply(action, "Success", "Command output follows", "Output", "System uptime: 5 minutes", "Output", "Last reload: 1 minute")
		case "CoreShowChannels":
			s.List(action, "CoreShowChannelsComplete", ami.Message{{Key: "Event", Value: "CoreShowChannel"}, {Key: "Channel", Value: "PJSIP/100-00000001"},
				{Key: "Application", Value: "Wait"}})
		case "Originate":
			s.Reply(action, "Success", "Originate successfully queued")
			s.Send(ami.Message{{Key: "Event", Value: "OriginateResponse"}, {Key: "ActionID", Value: action.Get("ActionID")},
				{Key: "Response", Value: "Failure"}, {Key: "Reason", Value: "5"}})
		case "UserEvent":
			s.Reply(action, "Success", "Event Sent")
			s.Send(ami.Message{{Key: "Event", Value: "UserEvent"}, {Key: "UserEvent", Value: action.Get("UserEvent")}, {Key: "Colour", Value: action.Get("Colour")}})
		default:
			s.Reply(action, "Error", "No such channel")
		}
	}}
}

func connect(ctx context.Context, change ...func(*ami.Config)) *ami.Client {
	config := ami.Config{Username: "panel", Secret: "secret", Dial: server().Dial}
	for _, f := range change {
		f(&config)
	}
	client, err := ami.Dial(ctx, config)
	if err != nil {
		log.Fatal(err)
	}
	return client
}

// A client asks for what it wants to know.
func ExampleClient_Command() {
	ctx := context.Background()
	client := connect(ctx)
	defer client.Close()
	out, err := client.Command(ctx, "core show uptime")
	fmt.Println(out, err)
	// Output:
	// System uptime: 5 minutes
	// Last reload: 1 minute <nil>
}

// What the server refuses is a ResponseError, which holds all of the answer.
func ExampleClient_Do() {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	client := connect(ctx)
	defer client.Close()
	_, err := client.Do(ctx, ami.Action("Hangup", "Channel", "PJSIP/300-00000007", "Cause", "16"))
	var refused *ami.ResponseError
	if errors.As(err, &refused) {
		fmt.Println("refused:", refused.Text())
	}
	// Output: refused: No such channel
}

// A list is gathered, or read as it comes with Stream.
func ExampleClient_List() {
	ctx := context.Background()
	client := connect(ctx)
	defer client.Close()
	channels, err := client.List(ctx, ami.Action("CoreShowChannels"))
	if err != nil {
		log.Fatal(err)
	}
	for _, m := range channels {
		var c struct {
			amievent.Channel
			Application string `ami:"Application"`
		}
		if err := ami.Unmarshal(m, &c); err != nil {
			log.Fatal(err)
		}
		fmt.Println(c.Name, "is in", c.Application)
	}
	// Output: PJSIP/100-00000001 is in Wait
}

// Originate waits for what becomes of the call.
func ExampleClient_Originate() {
	ctx := context.Background()
	client := connect(ctx)
	defer client.Close()
	_, err := client.Originate(ctx, ami.Originate{Channel: "PJSIP/200", Context: "default", Exten: "100", Timeout: 20 * time.Second})
	fmt.Println(err)
	// Output: ami: originate: busy
}

// A subscription has events from the moment that it is made.
func ExampleClient_Subscribe() {
	ctx := context.Background()
	client := connect(ctx)
	defer client.Close()
	events := client.Subscribe(ami.SubscribeOptions{Events: []string{"UserEvent"}, Buffer: 100, Overflow: ami.DropOldest})
	defer events.Close()
	if _, err := client.Do(ctx, ami.Action("UserEvent", "UserEvent", "Paint", "Colour", "red")); err != nil {
		log.Fatal(err)
	}
	for m, err := range events.All(ctx) {
		if err != nil {
			log.Fatal(err)
		}
		if e, ok := amievent.Decode(m).(*amievent.UserEvent); ok {
			fmt.Println(e.UserEvent, e.Message.Get("Colour"))
			break
		}
	}
	// Output: Paint red
}

// Filters are those of manager.conf.
func ExampleParseFilter() {
	trunk, err := ami.ParseFilter("name(Newchannel),header(Channel),method(starts_with)", "PJSIP/trunk-")
	if err != nil {
		log.Fatal(err)
	}
	filters := ami.Filters{trunk}
	fmt.Println(filters.Pass(ami.Parse("Event: Newchannel\r\nChannel: PJSIP/trunk-00000001\r\n")),
		filters.Pass(ami.Parse("Event: Newchannel\r\nChannel: PJSIP/100-00000002\r\n")))
	// Output: true false
}

// With Resync a program learns of a hang-up that happened while it was away.
func ExampleConfig() {
	ctx := context.Background()
	config := ami.Config{
		Address:    "pbx.example.com", // port 5038
		Username:   "panel",
		Secret:     "secret",
		Events:     "call,agent",
		Resync:     true,
		MaxBackoff: 10 * time.Second,
		Dial:       server().Dial, // of this example; the network without it
	}
	client, err := ami.Dial(ctx, config)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(client.Banner())
	fmt.Println(client.Close())
	// Output:
	// Asterisk Call Manager/11.0.0
	// <nil>
}
