package office

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/ami"
	"github.com/octothorpe/octothorpe/test/blackbox"
)

// program is a manager's configuration on the exchange's own host.
func (p *pbx) program(events string) ami.Config {
	return ami.Config{Address: "127.0.0.1", Username: "admin", Secret: "claveadmin", PlainLogin: true, Events: events, NoReconnect: true,
		Dial: blackbox.DialIn(p.net.exchange)}
}

// managed: a program logs in, asks what there is, calls alonso and follows the call
// to its end; the console tells about the program.
func managed(t *testing.T, p *pbx, face face) {
	technology := face.technology
	answering(t, p, face)
	ctx, cancel := context.WithTimeout(t.Context(), 40*time.Second)
	defer cancel()
	strangers(ctx, t, p)

	silent, err := ami.Dial(ctx, p.program("off"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = silent.Close() }()
	asks(ctx, t, silent, technology)

	client, err := ami.Dial(ctx, p.program("on"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	follows(ctx, t, client, technology)

	for command, text := range map[string]string{
		"manager show command Originate": "Originate", "manager show commands": "Originate", "manager show connected": "127.0.0.1", "manager show users": "admin",
	} {
		if out := p.ask(command); !strings.Contains(out, text) {
			t.Errorf("%s printed %q, want %q in it", command, out, text)
		}
	}
}

// strangers: who has the wrong secret, or comes from elsewhere, is refused.
func strangers(ctx context.Context, t *testing.T, p *pbx) {
	wrong := p.program("on")
	wrong.Secret = "clave"
	elsewhere := p.program("on")
	elsewhere.Address, elsewhere.Dial = exchangeAddress, blackbox.DialIn(p.net.phones)
	for name, config := range map[string]ami.Config{"with a wrong secret": wrong, "from another address": elsewhere} {
		client, err := ami.Dial(ctx, config)
		if err == nil {
			_ = client.Close()
			t.Errorf("a program %s got in", name)
			continue
		}
		var refused *ami.ResponseError
		if !errors.As(err, &refused) || refused.Text() != "Authentication failed" {
			t.Errorf("a program %s got %v, want Authentication failed", name, err)
		}
	}
}

// asks: the lists that programs begin with.
func asks(ctx context.Context, t *testing.T, client *ami.Client, technology string) {
	commands, err := client.Do(ctx, ami.Action("ListCommands"))
	if err != nil || commands.Get("Originate") == "" {
		t.Errorf("ListCommands: %v, %v", commands, err)
	}
	peers, object := "SIPpeers", "ObjectName"
	if technology == "PJSIP" {
		peers = "PJSIPShowEndpoints"
	}
	list, err := client.List(ctx, ami.Action(peers))
	if err != nil {
		t.Fatal(err)
	}
	names := ""
	for _, m := range list {
		names += m.Get(object) + " "
	}
	for _, name := range []string{"alonso", "reina", "manuel"} {
		if !strings.Contains(names, name) {
			t.Errorf("%s tells of %s, want %s among them", peers, names, name)
		}
	}
	box, err := client.Do(ctx, ami.Action("MailboxCount", "Mailbox", "200@default"))
	if err != nil || box.Get("NewMessages") != "0" {
		t.Errorf("MailboxCount: %v, %v", box, err)
	}
}

// follows calls alonso into 999 and hears of the call until it ends.
func follows(ctx context.Context, t *testing.T, client *ami.Client, technology string) {
	events := client.Subscribe(ami.SubscribeOptions{})
	defer events.Close()
	call, err := client.Originate(ctx, ami.Originate{Channel: technology + "/alonso", Context: "oficina2", Exten: "999", CallerID: "Panel <900>"})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"Newchannel", "Newstate Ringing", "Newstate Up", "SoftHangupRequest", "Hangup 16"} // of the dialplan its classes hear nothing
	for next := 0; next < len(want); {
		m, err := events.Next(ctx)
		if err != nil {
			t.Fatalf("waiting for %q of the call: %v", want[next], err)
		}
		if m.Get("Uniqueid") != call.Uniqueid {
			continue
		}
		said := m.Get("Event")
		switch said {
		case "Newstate":
			said += " " + m.Get("ChannelStateDesc")
		case "Hangup":
			said += " " + m.Get("Cause")
		}
		if said == want[next] {
			next++
		}
	}
}
