package message_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/channel/channeltest"
	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/message"
)

// plan is a dialplan with the one extension "there", which calls run.
type plan struct{ run func(c *channel.Channel) }

func (p plan) Exists(l channel.Location, _ string) bool { return l.Exten == "there" }
func (p plan) Pass(c *channel.Channel)                  { p.run(c) }

func in(t *testing.T, run func(r *message.Router, c *channel.Channel), test func(t *testing.T, x *channeltest.Exchange, r *message.Router)) {
	t.Helper()
	channeltest.In(t, func(t *testing.T, x *channeltest.Exchange) {
		r := &message.Router{Channels: x.Registry, Logger: slog.New(slog.DiscardHandler)}
		r.Dialplan = plan{func(c *channel.Channel) { run(r, c) }}
		test(t, x, r)
	})
}

func read(t *testing.T, r *message.Router, c *channel.Channel, name, args string) string {
	t.Helper()
	for _, f := range r.Functions() {
		if f.Name == name {
			value, err := f.Read(context.Background(), c, args)
			if err != nil {
				return err.Error()
			}
			return value
		}
	}
	t.Fatalf("there is no %s", name)
	return ""
}

// Messages run one after the other on one channel, which remembers nothing of the
// one before, be it that its dialplan hung up.
func TestMessagesTakeTurns(t *testing.T) {
	var told []string
	in(t, func(r *message.Router, c *channel.Channel) {
		time.Sleep(time.Second)
		left, _ := c.Variable("LEFT")
		told = append(told, fmt.Sprint(c.Name(), " ", c.HungUp(), " ", left, " ", c.Location().Exten))
		c.SetVariable("LEFT", "over")
		c.Hangup(16)
	}, func(t *testing.T, x *channeltest.Exchange, r *message.Router) {
		if err := r.Deliver(&message.Message{Exten: "nowhere"}); !errors.Is(err, message.ErrNoPlace) {
			t.Errorf("a message for nobody: %v", err)
		}
		for range 2 {
			if err := r.Deliver(&message.Message{Exten: "there"}); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(3 * time.Second)
		synctest.Wait()
		if got, want := strings.Join(told, ", "), "Message/ast_msg_queue false  there, Message/ast_msg_queue false  there"; got != want {
			t.Errorf("the dialplan saw %s, want %s", got, want)
		}
		if x.Count() != 0 {
			t.Errorf("the channel counts as a call")
		}
	})
}

// A client that hangs the channel up while no message is there keeps nothing from the next one.
func TestTheChannelIsHungUpBetweenMessages(t *testing.T) {
	var told []string
	in(t, func(_ *message.Router, c *channel.Channel) {
		told = append(told, fmt.Sprint(c.HungUp(), " ", c.Context().Err()))
	}, func(t *testing.T, x *channeltest.Exchange, r *message.Router) {
		for range 2 {
			if err := r.Deliver(&message.Message{Exten: "there"}); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			x.Find("Message/ast_msg_queue").Hangup(16)
		}
		if got, want := strings.Join(told, ", "), "false <nil>, false <nil>"; got != want {
			t.Errorf("the dialplan saw %s, want %s", got, want)
		}
	})
}

func TestTooManyMessages(t *testing.T) {
	stay := make(chan struct{})
	in(t, func(*message.Router, *channel.Channel) { <-stay }, func(t *testing.T, _ *channeltest.Exchange, r *message.Router) {
		stay = make(chan struct{})
		defer close(stay)
		taken := 0
		for range 2000 {
			if err := r.Deliver(&message.Message{Exten: "there"}); err == nil {
				taken++
			} else if !errors.Is(err, message.ErrFull) {
				t.Fatal(err)
			}
		}
		if taken < 1000 || taken > 1001 { // one may run already
			t.Errorf("%d messages were taken", taken)
		}
	})
}

// MessageSend sends what the functions say, and tells what came of it.
func TestMessageSend(t *testing.T) {
	for data, want := range map[string]string{
		`test:you,"Me" <sip:me@here>`: "SUCCESS you/Me <sip:me@here>/Hello/More=yes",
		"other:you":                   "INVALID_PROTOCOL ",
		"you":                         "INVALID_PROTOCOL ",
		"test:none":                   "FAILURE ",
		"":                            "INVALID_URI ",
	} {
		in(t, nil, func(t *testing.T, x *channeltest.Exchange, r *message.Router) {
			sent := ""
			r.Register("Test", func(_ context.Context, m *message.Message, to, from string) error {
				if to == "none" {
					return errors.New("nobody")
				}
				sent = to + "/" + from + "/" + m.Body
				for _, d := range m.Outgoing() {
					sent += "/" + d.Name + "=" + d.Value
				}
				return nil
			})
			c := x.Leg(t, &channeltest.Leg{})
			if got := read(t, r, c.Channel, "MESSAGE", "body"); got != "the leg has no message" {
				t.Errorf("MESSAGE(body) without a message is %q", got)
			}
			for _, f := range r.Functions() {
				args, value := "body", "Hello"
				if f.Name == "MESSAGE_DATA" {
					args, value = "More", "yes"
				}
				if err := f.Write(t.Context(), c.Channel, args, value); err != nil {
					t.Fatal(err)
				}
			}
			if got := read(t, r, c.Channel, "MESSAGE_DATA", "more"); got != "yes" {
				t.Errorf("MESSAGE_DATA(more) is %q", got)
			}
			if err := r.Applications()[0].Run(t.Context(), c.Channel, data); err != nil {
				t.Fatal(err)
			}
			status, _ := c.Variable("MESSAGE_SEND_STATUS")
			if got := status + " " + sent; got != want {
				t.Errorf("%s: got %s, want %s", data, got, want)
			}
		})
	}
}

// A client's message, as the reference answers it.
func TestMessageSendAction(t *testing.T) {
	for asked, want := range map[string]string{
		"To=test:you&Body=Hi&Variable=A=1,B=2":            "Message successfully sent you//Hi AB",
		"To=sip:far&Destination=test:you&Base64Body=SGk=": "Message successfully sent you/sip:far/Hi ",
		"Destination=test:you&Base64Body=!":               "Failed to decode message body.",
		"Body=Hi":                                         "No 'To' address specified.",
		"To=other:you":                                    "Message technology not found.",
		"To=test:none":                                    "Message failed to send.",
	} {
		r := &message.Router{Logger: slog.New(slog.DiscardHandler)}
		sent := ""
		r.Register("test", func(_ context.Context, m *message.Message, to, _ string) error {
			if to == "none" {
				return errors.New("nobody")
			}
			sent = " " + to + "/" + m.To + "/" + m.Body + " "
			for _, d := range m.Outgoing() {
				sent += d.Name
			}
			return nil
		})
		fields := map[string]string{}
		for _, f := range strings.Split(asked, "&") {
			key, value, _ := strings.Cut(f, "=")
			fields[key] = value
		}
		got := ""
		err := r.Actions()[0].Run(t.Context(), &command.ActionRequest{Get: func(key string) string { return fields[key] },
			All: func(key string) []string { return []string{fields[key]} }, Reply: func(_, text string, _ ...command.Field) { got = text }})
		if err != nil {
			got = err.Error()
		}
		if got += sent; got != want {
			t.Errorf("%s: got %q, want %q", asked, got, want)
		}
	}
}
