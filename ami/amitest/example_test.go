package amitest_test

import (
	"context"
	"fmt"

	"github.com/octothorpe/octothorpe/ami"
	"github.com/octothorpe/octothorpe/ami/amievent"
	"github.com/octothorpe/octothorpe/ami/amitest"
)

// hangUpAll is what is tested: it ends all calls of a device.
func hangUpAll(ctx context.Context, c *ami.Client, device string) (int, error) {
	channels, err := c.List(ctx, ami.Action("CoreShowChannels"))
	if err != nil {
		return 0, err
	}
	n := 0
	for _, m := range channels {
		var channel amievent.Channel
		if err := ami.Unmarshal(m, &channel); err != nil {
			return n, err
		}
		if len(channel.Name) > len(device) && channel.Name[:len(device)+1] == device+"-" {
			if _, err := c.Do(ctx, ami.Action("Hangup", "Channel", channel.Name)); err != nil {
				return n, err
			}
			n++
		}
	}
	return n, nil
}

func ExampleServer() {
	server := amitest.Server{Answer: func(s *amitest.Session, action ami.Message) {
		switch action.Get("Action") {
		case "CoreShowChannels":
			s.List(action, "CoreShowChannelsComplete",
				ami.Parse("Event: CoreShowChannel\nChannel: PJSIP/100-00000001\n"), ami.Parse("Event: CoreShowChannel\nChannel: PJSIP/200-00000002\n"))
		case "Hangup":
			fmt.Println("hung up:", action.Get("Channel"))
			s.Reply(action, "Success", "Channel Hungup")
		}
	}}
	ctx := context.Background()
	client, err := ami.Dial(ctx, ami.Config{Username: "test", Secret: "secret", Dial: server.Dial})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
	fmt.Println(hangUpAll(ctx, client, "PJSIP/100"))
	// Output:
	// hung up: PJSIP/100-00000001
	// 1 <nil>
}
