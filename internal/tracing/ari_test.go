package tracing

import (
	"testing"
	"time"

	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/octothorpe/octothorpe/internal/event"
)

// Requests and events of ARI are spans of the channel that they are about, as many as may be.
func TestARI(t *testing.T) {
	s := newStage(t, func(g *Settings) { g.Steps = 4 })
	c := channel("Local/1", "1.0")
	at := time.Now()
	request := func(operation string, about *event.Channel, status int) *event.ARIRequest {
		return &event.ARIRequest{Operation: operation, Channel: about, Status: status, Began: at, Ended: at.Add(time.Millisecond)}
	}
	asked := request("POST /channels/{channelId}/answer", c, 204)
	asked.Parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	s.tell(&event.Newchannel{Channel: c}, exten(c, 1, "Stasis", "app"),
		&event.ARIEvent{Name: "StasisStart", Application: "app", Channel: c, Clients: 1, Bytes: 500, Happened: at, Told: at.Add(time.Microsecond)},
		asked, request("POST /channels/{channelId}/play", c, 500), request("GET /channels", nil, 200),
		request("GET /channels/{channelId}", channel("Local/2", "never"), 404))
	s.tell(&event.Hangup{Channel: c, Cause: 16},
		&event.ARIEvent{Name: "ChannelDestroyed", Application: "app", Channel: c, Clients: 1, Happened: at, Told: at})
	if got, want := s.tree(), `call
  channel Local
    ChannelDestroyed
    Stasis
      POST /channels/{channelId}/play
      POST /channels/{channelId}/answer
      StasisStart
GET /channels
`; got != want {
		t.Errorf("the spans are\n%s, want\n%s", got, want)
	}
	answer := s.find("POST /channels/{channelId}/answer", "", "")
	s.has(answer, "http.response.status_code", "204", "ari.over", "http")
	if len(answer.Links) != 1 || answer.Links[0].SpanContext.SpanID().String() != "b7ad6b7169203331" || answer.SpanKind != trace.SpanKindServer ||
		answer.EndTime.Sub(answer.StartTime) != time.Millisecond || answer.Status.Code != codes.Unset {
		t.Errorf("it is %v with the links %v, %v", answer.SpanKind, answer.Links, answer.Status)
	}
	if play := s.find("POST /channels/{channelId}/play", "", ""); play.Status.Code != codes.Error {
		t.Errorf("what fails is %v", play.Status)
	}
	s.has(s.find("StasisStart", "", ""), "ari.application", "app", "ari.clients", "1", "ari.bytes", "500")
	s.has(s.find("channel Local", "", ""), "channel.ari_requests_and_events", "3")
	// A program that asks for ever fills no collector.
	again := channel("Local/3", "3.0")
	s.tell(&event.Newchannel{Channel: again})
	for range 10 {
		s.tell(request("GET /channels/{channelId}/variable", again, 200))
	}
	n := 0
	for _, span := range s.memory.GetSpans() {
		if span.Name == "GET /channels/{channelId}/variable" {
			n++
		}
	}
	if n != 4 {
		t.Errorf("%d requests are spans, want 4", n)
	}
}
