package conference

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/channel/channeltest"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/media"
)

// reader is a leg that can be sent messages.
type reader struct {
	*channeltest.Leg
	mu   sync.Mutex
	sent []channel.Text
}

func (r *reader) SendMessage(t channel.Text) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sent = append(r.sent, t)
	return nil
}

// read returns what was sent since it was asked last.
func (r *reader) read() []channel.Text {
	synctest.Wait()
	r.mu.Lock()
	defer r.mu.Unlock()
	list := r.sent
	r.sent = nil
	return list
}

// reads has somebody who reads messages enter a conference.
func (w *world) reads(name, data string) (*channel.Channel, *reader) {
	w.t.Helper()
	leg := &reader{Leg: &channeltest.Leg{Format: media.SLin}}
	c, err := w.New(channel.Config{Name: name, Technology: "Test", Leg: leg, State: event.Up})
	if err != nil {
		w.t.Fatal(err)
	}
	w.Go(c.Name(), func() {
		_ = w.confBridge(c.Context(), c, data)
		c.Hangup(channel.CauseNormalClearing)
		c.End()
	})
	synctest.Wait()
	return c, leg
}

const telling = `
[told]
type = user
quiet = yes
send_events = yes
[boss]
type = user
quiet = yes
send_events = yes
admin = yes
talk_detection_events = yes
[silent]
type = user
quiet = yes
text_messaging = no
[events]
type = bridge
enable_events = yes
`

// kinds are the events of messages, with the legs that they are of.
func kinds(t *testing.T, list []channel.Text) string {
	t.Helper()
	var all []string
	for _, one := range list {
		if one.ContentType != messageType || one.FromName != "room" {
			t.Errorf("a message of %s from %q", one.ContentType, one.FromName)
		}
		var m told
		if err := json.Unmarshal([]byte(one.Body), &m); err != nil {
			t.Fatal(err)
		}
		text := strings.TrimPrefix(m.Type, "Confbridge")
		for _, c := range m.Channels {
			text += " " + c.Name
			if c.Muted != nil {
				text += fmt.Sprintf(" muted=%t", *c.Muted)
			}
			if c.Talking != "" {
				text += " talking=" + c.Talking
			}
			if c.Admin {
				text += " admin"
			}
		}
		all = append(all, text)
	}
	return strings.Join(all, "; ")
}

// Who wants it is told of events by messages in the call, as the reference tells them.
func TestUsersAreToldOfEvents(t *testing.T) {
	in(t, telling, func(t *testing.T, w *world) {
		ann, annReads := w.reads("Test/ann", "room,events,told")
		bob, bobReads := w.reads("Test/bob", "room,events,boss")
		if got, want := kinds(t, annReads.read())+"|"+kinds(t, bobReads.read()), "Join Test/bob muted=false admin|"; got != want {
			t.Errorf("come: %s, want %s", got, want)
		}
		w.ask("ConfbridgeMute", "Conference", "room", "Channel", "Test/ann")
		w.ask("ConfbridgeMute", "Conference", "room", "Channel", "Test/bob")
		w.ask("ConfbridgeUnmute", "Conference", "room", "Channel", "Test/bob")
		if got, want := kinds(t, annReads.read())+"|"+kinds(t, bobReads.read()), "Mute Test/bob admin; Unmute Test/bob admin|Mute Test/ann"; got != want {
			t.Errorf("muted: %s, want %s", got, want)
		}
		for range 10 {
			bob.Deliver(channeltest.Tone(media.SLin, 4000))
			time.Sleep(20 * time.Millisecond)
		}
		if got, want := kinds(t, annReads.read()), "Talking Test/bob talking=on admin"; got != want {
			t.Errorf("talking: %s, want %s", got, want)
		}
		ann.Hangup(16)
		if got, want := kinds(t, bobReads.read()), "Leave Test/ann"; got != want {
			t.Errorf("gone: %s, want %s", got, want)
		}
		bob.Hangup(16)
	})
}

// A message says what AMI says, with names as ARI has them.
func TestAnEventAsAMessage(t *testing.T) {
	in(t, telling, func(t *testing.T, w *world) {
		_, reads := w.reads("Test/ann", "room,events,told")
		bob, _ := w.reads("Test/bob", "room,events,told")
		list := reads.read()
		if len(list) != 1 {
			t.Fatalf("%d messages", len(list))
		}
		want := fmt.Sprintf(`{
  "type": "ConfbridgeJoin",
  "timestamp": %q,
  "bridge": {
    "id": %q,
    "name": "room",
    "creationtime": %[1]q,
    "video_mode": "none"
  },
  "channels": [
    {
      "id": %[3]q,
      "name": "Test/bob",
      "state": "Up",
      "protocol_id": "",
      "caller": {
        "name": "",
        "number": ""
      },
      "creationtime": %[1]q,
      "language": "en",
      "admin": false,
      "muted": false
    }
  ]
}`, stamp(time.Now()), bob.Snapshot().BridgeID, bob.UniqueID())
		if list[0].Body != want {
			t.Errorf("%s\nwant\n%s", list[0].Body, want)
		}
		for _, c := range w.All() {
			c.Hangup(16)
		}
	})
}

// Texts of one are for all others, but who does not want any.
func TestTextsInAConference(t *testing.T) {
	in(t, telling, func(t *testing.T, w *world) {
		one, two, three := w.call("room,,told"), w.call("room,,told"), w.call("room,,silent")
		one.Deliver(media.Frame{Kind: media.TextFrame, Data: []byte("hello")})
		synctest.Wait()
		for i, g := range []*guest{one, two, three} {
			got := slices.ContainsFunc(g.Far.Heard(), func(f media.Frame) bool { return f.Kind == media.TextFrame && string(f.Data) == "hello" })
			if want := i == 1; got != want {
				t.Errorf("%d has the text: %t, want %t", i+1, got, want)
			}
		}
	})
}

// Noise is taken out of who has denoise, for as long as it takes part.
func TestNoiseIsTakenOut(t *testing.T) {
	in(t, "[clean]\ntype = user\nquiet = yes\ndenoise = yes\n[plain]\ntype = user\nquiet = yes\n", func(t *testing.T, w *world) {
		w.Denoise = func(c *channel.Channel, on bool) { w.note(fmt.Sprintf("%s %t", c.Name(), on)) }
		one, two := w.call("room,,clean"), w.call("room,,plain")
		if got := w.noted(); !strings.Contains(got, "Test/1 true") || strings.Contains(got, "Test/2 true") {
			t.Errorf("come: %s", got)
		}
		one.Hangup(16)
		if got := w.noted(); !strings.Contains(got, "Test/1 false") {
			t.Errorf("gone: %s", got)
		}
		two.Hangup(16)
	})
}
