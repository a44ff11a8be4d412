package app

import (
	"testing"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/event"
)

// messenger is a leg that can send messages with more than a body.
type messenger struct {
	testLeg
	sent []channel.Text
}

func (l *messenger) SendMessage(t channel.Text) error {
	l.sent = append(l.sent, t)
	return nil
}

func TestTextsWithMoreToSay(t *testing.T) {
	in(t, `
[test]
exten => plain,1,Set(SENDTEXT_BODY=other)
same => n,SendText(this)
exten => rich,1,Set(SENDTEXT_CONTENT_TYPE=text/x)
same => n,Set(SENDTEXT_FROM_DISPLAYNAME=A)
same => n,Set(SENDTEXT_TO_DISPLAYNAME=B)
same => n,SendText(this)
`, func(t *testing.T, x *exchange) {
		leg := &messenger{}
		for _, exten := range []string{"plain", "rich"} {
			c, err := x.Channels.New(channel.Config{Name: "Test/" + exten, Technology: "Test", Leg: leg, State: event.Up})
			if err != nil {
				t.Fatal(err)
			}
			c.SetLocation(channel.Location{Context: "test", Exten: exten, Priority: 1})
			x.engine.Start(c)
			<-c.CallContext().Done()
		}
		if len(leg.texts) != 1 || leg.texts[0] != "other" {
			t.Errorf("plain texts %q, want the one of SENDTEXT_BODY", leg.texts)
		}
		if want := (channel.Text{Body: "this", ContentType: "text/x", FromName: "A", ToName: "B"}); len(leg.sent) != 1 || leg.sent[0] != want {
			t.Errorf("messages %+v, want %+v", leg.sent, want)
		}
	})
}
