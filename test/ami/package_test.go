package ami

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/octothorpe/octothorpe/ami"
	"github.com/octothorpe/octothorpe/ami/amievent"
)

func TestPackage(t *testing.T) {
	exchanges(t, func(t *testing.T, x *exchange) {
		t.Run("login", func(t *testing.T) { logsIn(t, x) })
		t.Run("actions", func(t *testing.T) { actions(t, x) })
		t.Run("calls", func(t *testing.T) { calls(t, x) })
		t.Run("resync", func(t *testing.T) { resync(t, x) })
	})
}

func logsIn(t *testing.T, x *exchange) {
	for _, change := range []func(*ami.Config){
		func(c *ami.Config) {},
		func(c *ami.Config) { c.PlainLogin = true },
		func(c *ami.Config) { c.Username = "viewer"; c.Events = "call" },
	} {
		c := x.client(t, change)
		if err := c.Ping(within(t)); err != nil {
			t.Error(err)
		}
		if !strings.HasPrefix(c.Banner(), "Asterisk Call Manager/") {
			t.Errorf("the banner is %q", c.Banner())
		}
	}
	config := x.config()
	config.Secret = "wrong"
	var refused *ami.ResponseError
	if _, err := ami.Dial(within(t), config); !errors.As(err, &refused) || refused.Text() != "Authentication failed" {
		t.Errorf("a wrong secret: %v", err)
	}
}

func actions(t *testing.T, x *exchange) {
	c := x.client(t)
	out, err := c.Command(within(t), "core show version")
	if err != nil || !strings.HasPrefix(out, "Asterisk ") {
		t.Errorf("core show version: %q, %v", out, err)
	}
	if out, err = c.Command(within(t), "core show applications"); err != nil || strings.Count(out, "\n") < 50 {
		t.Errorf("core show applications has %d lines, %v", strings.Count(out, "\n"), err)
	}
	var refused *ami.ResponseError
	if _, err := c.Do(within(t), ami.Action("NoSuchAction")); !errors.As(err, &refused) {
		t.Errorf("an unknown action: %v", err)
	}
	viewer := x.client(t, func(c *ami.Config) { c.Username = "viewer" })
	if _, err := viewer.Command(within(t), "core show version"); !errors.As(err, &refused) || refused.Text() != "Permission denied" {
		t.Errorf("a command without the right: %v", err)
	}
	if list, err := c.List(within(t), ami.Action("CoreShowChannels")); err != nil || len(list) != 0 {
		t.Errorf("channels: %q, %v", list, err)
	}
	if _, err := c.Do(within(t), ami.Action("DBPut", "Family", "test", "Key", "a", "Val", "1 : 2")); err != nil {
		t.Error(err)
	}
	list, err := c.List(within(t), ami.Action("DBGet", "Family", "test", "Key", "a"))
	if err != nil || len(list) != 1 || list[0].Get("Val") != "1 : 2" {
		t.Errorf("DBGet: %q, %v", list, err)
	}
	// Many at once over one connection.
	var running sync.WaitGroup
	for range 50 {
		running.Go(func() {
			if m, err := c.Do(within(t), ami.Action("Getvar", "Variable", "EPOCH")); err != nil || m.Get("Variable") != "EPOCH" {
				t.Errorf("Getvar: %q, %v", m, err)
			}
		})
	}
	running.Wait()
}

func calls(t *testing.T, x *exchange) {
	c := x.client(t)
	events := c.Subscribe(ami.SubscribeOptions{Events: []string{"Newchannel", "Hangup", "UserEvent"}})
	call, err := c.Originate(within(t), ami.Originate{Channel: "Local/answer@test", Application: "UserEvent", Data: "Mine,Colour: red",
		CallerID: "Ana <100>", Variables: []ami.Field{{Key: "A", Value: "1"}}})
	if err != nil || call.Reason != 4 || call.Uniqueid == "" {
		t.Fatalf("a call that is answered: %+v, %v", call, err)
	}
	var names []string
	for m, err := range events.All(within(t)) {
		if err != nil {
			t.Fatalf("%v after %q", err, names)
		}
		switch e := amievent.Decode(m).(type) {
		case *amievent.Newchannel:
			names = append(names, "new")
			if !strings.HasPrefix(e.Channel.Name, "Local/answer@test-") {
				t.Errorf("the channel is %q", e.Channel.Name)
			}
		case *amievent.UserEvent:
			names = append(names, "user")
			if e.UserEvent != "Mine" || e.Message.Get("Colour") != "red" || e.Channel.Uniqueid != call.Uniqueid {
				t.Errorf("UserEvent: %+v", e)
			}
		case *amievent.Hangup:
			names = append(names, "hangup")
			if e.Channel.Priority != 1 || e.Channel.Exten != "answer" || e.CauseTxt == "" {
				t.Errorf("Hangup: %+v", e)
			}
		}
		if slices.Index(names, "hangup") >= 0 && len(names) == 5 {
			break
		}
	}
	if slices.Sort(names); !slices.Equal(names, []string{"hangup", "hangup", "new", "new", "user"}) {
		t.Errorf("events %q", names)
	}
	var failed *ami.OriginateError
	if _, err := c.Originate(within(t), ami.Originate{Channel: "Local/busy@test", Application: "Wait", Data: "1"}); !errors.As(err, &failed) || failed.Reason != 5 {
		t.Errorf("a busy call: %v", err)
	}
}

// resync loses the connection, hangs a call up meanwhile and makes another.
func resync(t *testing.T, x *exchange) {
	other := x.client(t)
	hold := func(id string) {
		t.Helper()
		if _, err := other.Originate(within(t), ami.Originate{Channel: "Local/hold@test/n", Application: "Wait", Data: "60", ChannelID: id, OtherChannels: id + "-2"}); err != nil {
			t.Fatal(err)
		}
	}
	hold("stays")
	hold("goes")
	var conn net.Conn
	away := make(chan struct{})
	c := x.client(t, func(c *ami.Config) {
		c.Resync = true
		c.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
			if conn != nil {
				select {
				case <-away:
				case <-ctx.Done():
				}
			}
			var err error
			conn, err = x.dial(ctx, network, address)
			return conn, err
		}
	})
	events := c.Subscribe(ami.SubscribeOptions{Events: []string{"Reconnected", "Newchannel", "Hangup"}})
	gone := other.Subscribe(ami.SubscribeOptions{Events: []string{"Hangup"}})
	_ = conn.Close()
	list, err := other.List(within(t), ami.Action("CoreShowChannels"))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range list {
		if m.Get("Uniqueid") == "goes" {
			if _, err := other.Do(within(t), ami.Action("Hangup", "Channel", m.Get("Channel"))); err != nil {
				t.Fatal(err)
			}
		}
	}
	for range 2 {
		if _, err := gone.Next(within(t)); err != nil {
			t.Fatal(err)
		}
	}
	hold("new")
	close(away)
	var got []string
	for len(got) < 5 {
		m, err := events.Next(within(t))
		if err != nil {
			t.Fatalf("%v after %q", err, got)
		}
		got = append(got, strings.TrimSpace(m.Event()+" "+m.Get("Uniqueid")+m.Get("Resynchronised")+" "+m.Get(ami.KeyResync)))
	}
	want := []string{"Reconnected yes", "Hangup goes yes", "Hangup goes-2 yes", "Newchannel new yes", "Newchannel new-2 yes"}
	if x.name == "octothorpe" { // which kept what was missed
		want = []string{"Reconnected yes", "Hangup goes", "Hangup goes-2", "Newchannel new", "Newchannel new-2"}
		slices.Sort(got[1:3])
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	// What was there all the time ends as it should: told by the server.
	for _, m := range list {
		if m.Get("Uniqueid") == "stays" {
			if _, err := other.Do(within(t), ami.Action("Hangup", "Channel", m.Get("Channel"))); err != nil {
				t.Fatal(err)
			}
		}
	}
	if m, err := events.Next(within(t)); err != nil || m.Event() != "Hangup" || !strings.HasPrefix(m.Get("Uniqueid"), "stays") || m.Get(ami.KeyResync) != "" {
		t.Errorf("then %q, %v", m, err)
	}
	if _, err := other.Do(within(t), ami.Action("Hangup", "Channel", "/^Local/")); err != nil {
		t.Log(err) // there may be none left
	}
}
