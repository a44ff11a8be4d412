package amievent_test

import (
	"context"
	"errors"
	"testing"

	"github.com/octothorpe/octothorpe/ami"
	"github.com/octothorpe/octothorpe/ami/amievent"
	"github.com/octothorpe/octothorpe/ami/amitest"
)

func TestDecode(t *testing.T) {
	e, ok := amievent.Decode(ami.Parse("Event: DialEnd\r\nPrivilege: call,all\r\nTimestamp: 1.5\r\nChannel: PJSIP/1\r\nPriority: 3\r\n" +
		"ChanVariable: a=1\r\nDestChannel: PJSIP/2\r\nDestChannelState: 6\r\nDestChanVariable: b=2\r\nDialStatus: ANSWER\r\nSequenceNumber: 7\r\n\r\n")).(*amievent.DialEnd)
	if !ok {
		t.Fatal("not a DialEnd")
	}
	if e.Channel.Name != "PJSIP/1" || e.Channel.Priority != 3 || e.Channel.Variables["a"] != "1" || e.Dest.Name != "PJSIP/2" ||
		e.Dest.State != 6 || e.Dest.Variables["b"] != "2" || e.DialStatus != "ANSWER" {
		t.Errorf("%+v", e)
	}
	if e.Privilege != "call,all" || e.Timestamp != "1.5" || e.SequenceNumber != 7 || e.Raw().Get("DialStatus") != "ANSWER" {
		t.Errorf("%+v", e.Header)
	}
	transfer := amievent.Decode(ami.Parse("Event: AttendedTransfer\r\nOrigBridgeName: a\r\nSecondBridgeNumChannels: 2\r\nTransfereeChannel: T\r\n\r\n")).(*amievent.AttendedTransfer)
	if transfer.OrigBridge.Name != "a" || transfer.SecondBridge.NumChannels != 2 || transfer.Transferee.Name != "T" {
		t.Errorf("%+v", transfer)
	}
}

func TestDecodeOthers(t *testing.T) {
	if e, ok := amievent.Decode(ami.Parse("Event: MyModule\r\nX: y\r\n\r\n")).(*amievent.Unknown); !ok || e.AMIEvent() != "MyModule" || e.Message.Get("X") != "y" {
		t.Errorf("an event without a type: %+v", e)
	}
	if e := amievent.Decode(ami.Parse("Response: Success\r\n\r\n")); e != nil {
		t.Errorf("a response is %+v", e)
	}
	if e, ok := amievent.Decode(ami.Parse("Event: Reconnected\r\nResynchronised: partly\r\nMissing: BridgeList\r\n\r\n")).(*amievent.Reconnected); !ok || e.Missing != "BridgeList" {
		t.Errorf("Reconnected: %+v", e)
	}
}

func TestAll(t *testing.T) {
	server := &amitest.Server{}
	c, err := ami.Dial(t.Context(), ami.Config{Dial: server.Dial, Username: "test"})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	// The sequence begins when it is used, which nobody sees from outside: so events come all the time.
	go func() {
		for ctx.Err() == nil {
			server.Send(ami.Message{{Key: "Event", Value: "Newchannel"}})
			server.Send(ami.Message{{Key: "Event", Value: "Hangup"}, {Key: "Cause", Value: "17"}})
		}
	}()
	n := 0
	for e, err := range amievent.All[amievent.Hangup](ctx, c) {
		if err != nil {
			if !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
			break
		}
		if e.Cause != 17 {
			t.Errorf("%+v", e)
		}
		if n++; n == 3 {
			cancel()
		}
	}
	if n < 3 {
		t.Errorf("%d events", n)
	}
}
