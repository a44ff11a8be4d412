package call_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/octothorpe/octothorpe/internal/call"
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/channel/channeltest"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/logging"
	"github.com/octothorpe/octothorpe/internal/media"
)

// far is what the far ends of these tests do, a second after they are called.
func far(destination string, c *channeltest.Channel) {
	time.Sleep(time.Second)
	switch destination {
	case "answers":
		c.Signal(media.Ringing)
		c.Accept()
	case "busy":
		c.Signal(media.Busy)
	case "congested":
		c.Signal(media.Congestion)
	case "rejects":
		c.RemoteHangup(channel.CauseCallRejected)
	case "unallocated":
		c.RemoteHangup(channel.CauseNoRouteDestination)
	case "tells":
		c.Signal(media.Progress)
	case "tells and goes":
		c.Signal(media.Progress)
		time.Sleep(time.Second)
		c.RemoteHangup(channel.CauseUserBusy)
	case "rings":
		c.Signal(media.Ringing)
	}
}

func TestOriginate(t *testing.T) {
	for _, c := range []struct {
		destination string
		reason      int
		took        time.Duration
		told        string
	}{
		{"answers", call.ReasonAnswer, time.Second, "DialBegin DialState RINGING DialEnd ANSWER"},
		{"busy", call.ReasonBusy, time.Second, "DialBegin DialEnd BUSY"},
		{"congested", call.ReasonCongestion, time.Second, "DialBegin DialEnd CONGESTION"},
		{"rejects", call.ReasonFailure, time.Second, "DialBegin DialEnd NOANSWER"},
		{"unallocated", call.ReasonFailure, time.Second, "DialBegin DialEnd CHANUNAVAIL"},
		{"rings", call.ReasonNoAnswer, 10 * time.Second, "DialBegin DialState RINGING"},
		{"tells", call.ReasonNoAnswer, 10 * time.Second, "DialBegin DialState PROGRESS"},
		{"tells and goes", call.ReasonFailure, 2 * time.Second, "DialBegin DialState PROGRESS DialEnd BUSY"},
	} {
		t.Run(c.destination, func(t *testing.T) {
			in(t, far, func(t *testing.T, h *house) {
				told := channeltest.Listen(t, h.Bus, event.KindDialBegin, event.KindDialState, event.KindDialEnd)
				began := time.Now()
				result, err := h.Originate(t.Context(), call.Origination{Device: "Test/" + c.destination, Timeout: 10 * time.Second,
					Application: "Echo", Data: "x"}, nil)
				if took := time.Since(began); result.Reason != c.reason || took != c.took {
					t.Errorf("reason %d after %v, want %d after %v", result.Reason, took, c.reason, c.took)
				}
				if answered := c.reason == call.ReasonAnswer; (err == nil) != answered || err != nil && !errors.Is(err, call.ErrNotAnswered) {
					t.Errorf("error %v", err)
				}
				synctest.Wait()
				want := "[]"
				if err == nil {
					want = "[Test/answers runs Echo(x)]"
				}
				if got := h.plan.seen(); got != want {
					t.Errorf("the plan saw %s, want %s", got, want)
				}
				if _, ended := h.Made(c.destination).Far.HungUp(); ended == (err == nil) {
					t.Errorf("the leg was ended: %v", ended)
				}
				if got := dialling(told); got != c.told {
					t.Errorf("told %q, want %q", got, c.told)
				}
			})
		})
	}
}

// dialling writes the events of dialling with their status.
func dialling(r *channeltest.Record) string {
	text := ""
	for _, s := range r.Events() {
		switch e := s.Event.(type) {
		case *event.DialBegin:
			text += " DialBegin"
		case *event.DialState:
			text += " DialState " + e.Status
		case *event.DialEnd:
			text += " DialEnd " + e.Status
		}
	}
	return text[1:]
}

// What is wanted is what Asterisk 22 writes; a leg that nobody asked for has no one to pass on to.
func TestTheLogTellsOfACallThatIsMade(t *testing.T) {
	for destination, want := range map[string]string{
		"answers": "Called answers; Test/answers is ringing; Test/answers answered; Launching Echo(x) on Test/answers",
		"tells":   "Called tells; Test/tells is making progress",
		"busy":    "Called busy; Test/busy is busy",
	} {
		in(t, far, func(t *testing.T, h *house) {
			var log bytes.Buffer
			h.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: logging.Verbose}))
			_, _ = h.Originate(t.Context(), call.Origination{Device: "Test/" + destination, Timeout: 10 * time.Second, Application: "Echo", Data: "x"}, nil)
			synctest.Wait()
			var lines []string
			for _, m := range regexp.MustCompile(`msg="([^"]*)"`).FindAllStringSubmatch(log.String(), -1) {
				lines = append(lines, m[1])
			}
			if got := strings.Join(lines, "; "); got != want {
				t.Errorf("got %s\nwant %s", got, want)
			}
		})
	}
}

func TestOriginateGivesTheLegWhatIsAsked(t *testing.T) {
	in(t, far, func(t *testing.T, h *house) {
		caller := event.Party{Number: event.Number{Valid: true, Text: "123"}, Name: event.Name{Valid: true, Text: "Jo"}}
		var made *channel.Channel
		_, err := h.Originate(t.Context(), call.Origination{Device: " Test/answers", UniqueID: "mine", Account: "acc", Caller: caller,
			Variables: []event.Variable{{Name: "a", Value: "1"}, {Name: "b", Value: "2"}},
			To:        channel.Location{Context: "test", Exten: "sit", Priority: 1}}, func(c *channel.Channel) { made = c })
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		c := h.Made("answers")
		if made != c.Channel || c.UniqueID() != "mine" {
			t.Errorf("made %v, unique ID %s", made == c.Channel, c.UniqueID())
		}
		s := c.Snapshot()
		if s.Caller != caller || s.Connected != caller || s.AccountCode != "acc" || s.Exten != "sit" || !s.Outgoing {
			t.Errorf("the leg is %+v", s)
		}
		for name, want := range map[string]string{"a": "1", "b": "2"} {
			if got, _ := c.Variable(name); got != want {
				t.Errorf("%s=%q, want %q", name, got, want)
			}
		}
	})
}

func TestOriginateThatCanNotBegin(t *testing.T) {
	in(t, far, func(t *testing.T, h *house) {
		var refused *channel.RequestError
		for device, cause := range map[string]int{"Test/none": channel.CauseSubscriberAbsent, "Nosuch/1": channel.CauseNotImplemented} {
			_, err := h.Originate(t.Context(), call.Origination{Device: device, Application: "Echo"}, nil)
			if !errors.As(err, &refused) || refused.Cause != cause {
				t.Errorf("%s: %v, want cause %d", device, err, cause)
			}
		}
		if _, err := h.Originate(t.Context(), call.Origination{Device: "nothing"}, nil); err == nil || errors.As(err, new(*channel.RequestError)) {
			t.Errorf("a device without a technology: %v", err)
		}
		if n := h.Count(); n != 0 {
			t.Errorf("%d legs are left", n)
		}
	})
}

func TestOriginateEndsWithItsContext(t *testing.T) {
	in(t, far, func(t *testing.T, h *house) {
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		began := time.Now()
		if _, err := h.Originate(ctx, call.Origination{Device: "Test/rings", Application: "Echo"}, nil); !errors.Is(err, call.ErrNotAnswered) {
			t.Errorf("error %v", err)
		}
		if took := time.Since(began); took != 3*time.Second {
			t.Errorf("after %v, want 3s", took)
		}
		if _, ended := h.Made("rings").Far.HungUp(); !ended {
			t.Error("the leg was not ended")
		}
	})
}
