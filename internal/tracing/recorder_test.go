package tracing

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
	"go.uber.org/goleak"

	"github.com/octothorpe/octothorpe/internal/event"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A stage is a tracer whose spans stay in memory.
type stage struct {
	t      *testing.T
	bus    *event.Bus
	tracer *Tracer
	memory *tracetest.InMemoryExporter
}

func newStage(t *testing.T, change func(*Settings)) *stage {
	t.Helper()
	g := Settings{Enabled: true, Steps: defaultSteps, Data: true}
	if change != nil {
		change(&g)
	}
	s := &stage{t: t, bus: event.NewBus(), memory: tracetest.NewInMemoryExporter()}
	s.tracer = begin(Config{Settings: g, Bus: s.bus, Logger: slog.New(slog.DiscardHandler), Version: "1", Instance: "here"},
		sdktrace.NewSimpleSpanProcessor(s.memory))
	t.Cleanup(func() { s.tracer.Close(context.Background()) })
	return s
}

func (s *stage) tell(list ...event.Event) {
	for _, e := range list {
		s.bus.Publish(e)
	}
}

// tree draws the spans below a parent, in the order in which they began, with
// the attributes that are asked for.
func (s *stage) tree(keys ...attribute.Key) string {
	var b strings.Builder
	var draw func(parent trace.SpanID, depth int)
	spans := s.memory.GetSpans()
	draw = func(parent trace.SpanID, depth int) {
		for i := range spans {
			span := &spans[len(spans)-1-i] // what ends last is drawn first
			if span.Parent.SpanID() != parent {
				continue
			}
			b.WriteString(strings.Repeat("  ", depth) + span.Name)
			for _, key := range keys {
				if v, ok := value(span, key); ok {
					fmt.Fprintf(&b, " %s", v.String())
				}
			}
			b.WriteByte('\n')
			draw(span.SpanContext.SpanID(), depth+1)
		}
	}
	draw(trace.SpanID{}, 0)
	return b.String()
}

func value(span *tracetest.SpanStub, key attribute.Key) (attribute.Value, bool) {
	for _, a := range span.Attributes {
		if a.Key == key {
			return a.Value, true
		}
	}
	return attribute.Value{}, false
}

// find returns the only span with a name and, if key is given, an attribute.
func (s *stage) find(name string, key attribute.Key, want string) *tracetest.SpanStub {
	s.t.Helper()
	var found []tracetest.SpanStub
	for _, span := range s.memory.GetSpans() {
		v, _ := value(&span, key)
		if span.Name == name && (key == "" || v.String() == want) {
			found = append(found, span)
		}
	}
	if len(found) != 1 {
		s.t.Fatalf("%d spans %s with %s %q, want 1; there are\n%s", len(found), name, key, want, s.tree())
	}
	return &found[0]
}

// has checks attributes: key, value, key, value …
func (s *stage) has(span *tracetest.SpanStub, list ...string) {
	s.t.Helper()
	for i := 0; i < len(list); i += 2 {
		v, _ := value(span, attribute.Key(list[i]))
		if got := v.String(); got != list[i+1] {
			s.t.Errorf("%s of %s is %q, want %q", list[i], span.Name, got, list[i+1])
		}
	}
}

// channel is a snapshot of a leg of the call "1.0".
func channel(name, id string) *event.Channel {
	technology, _, _ := strings.Cut(name, "/")
	return &event.Channel{Name: name, UniqueID: id, LinkedID: "1.0", Technology: technology, Context: "house", Exten: "100", Priority: 1,
		Caller: event.Party{Number: event.Number{Valid: true, Text: "555"}}}
}

func exten(c *event.Channel, priority int, application, data string) *event.Newexten {
	s := *c
	s.Priority = priority
	return &event.Newexten{Channel: &s, Extension: s.Exten, Application: application, Data: data}
}

func TestCall(t *testing.T) {
	s := newStage(t, nil)
	ana, ben := channel("PJSIP/ana-1", "1.0"), channel("PJSIP/ben-2", "1.1")
	bridge := &event.Bridge{ID: "b", Type: "basic", Technology: "simple_bridge"}
	native := &event.Bridge{ID: "b", Type: "basic", Technology: "native_rtp"}
	up := *ana
	up.State = event.Up
	ended := *ana
	ended.AccountCode, ended.Name = "sales", "PJSIP/renamed"
	s.tell(&event.Newchannel{Channel: ana}, exten(ana, 1, "Answer", ""), &event.Newstate{Channel: &up}, exten(ana, 2, "Dial", "PJSIP/ben,30"),
		&event.Newchannel{Channel: ben}, &event.DialBegin{Channel: ana, Peer: ben, DialString: "ben"},
		&event.DialEnd{Channel: ana, Peer: ben, Status: "ANSWER"},
		&event.BridgeEnter{Bridge: bridge, Channel: ben}, &event.BridgeEnter{Bridge: bridge, Channel: ana},
		&event.BridgeLeave{Bridge: native, Channel: ben}, &event.Hangup{Channel: ben, Cause: 16, CauseText: "Normal Clearing"},
		&event.BridgeLeave{Bridge: native, Channel: ana}, exten(ana, 3, "Hangup", ""))
	if n := len(s.memory.GetSpans()); n != 6 {
		t.Errorf("%d spans have ended before the call has, want 6", n)
	}
	s.tell(&event.Hangup{Channel: &ended, Cause: 16, CauseText: "Normal Clearing"})
	want := `call
  channel PJSIP PJSIP/renamed
    Hangup
    Dial
      bridge
      dial
    Answer
  channel PJSIP PJSIP/ben-2
    bridge
`
	if got := s.tree("channel.name"); got != want {
		t.Errorf("the trace is\n%s, want\n%s", got, want)
	}
	for _, span := range s.memory.GetSpans() {
		if span.SpanContext.TraceID() != TraceID("here", "1.0") {
			t.Errorf("%s is in trace %s", span.Name, span.SpanContext.TraceID())
		}
		if span.EndTime.Before(span.StartTime) || span.StartTime.IsZero() || span.Status.Code != codes.Unset {
			t.Errorf("%s lasts from %v to %v, status %v", span.Name, span.StartTime, span.EndTime, span.Status)
		}
	}
	s.has(s.find("call", "", ""), "call.linkedid", "1.0", "call.channel", "PJSIP/ana-1", "call.channels", "2", "call.cause", "16",
		"call.exten", "100", "call.caller.number", "555")
	first := s.find("channel PJSIP", "channel.uniqueid", "1.0")
	s.has(first, "channel.accountcode", "sales", "channel.cause", "16", "channel.cause_text", "Normal Clearing", "channel.technology", "PJSIP",
		"channel.context", "house", "channel.exten", "100", "channel.linkedid", "1.0", "channel.steps", "3", "channel.caller.number", "555")
	if len(first.Events) != 1 || first.Events[0].Name != "Up" {
		t.Errorf("the channel's events are %v, want Up", first.Events)
	}
	s.has(s.find("Dial", "", ""), "dialplan.application", "Dial", "dialplan.data", "PJSIP/ben,30", "dialplan.context", "house",
		"dialplan.exten", "100", "dialplan.priority", "2")
	s.has(s.find("dial", "", ""), "dial.string", "ben", "dial.status", "ANSWER", "dial.channel.name", "PJSIP/ben-2")
	for _, span := range s.memory.GetSpans() {
		if span.Name == "bridge" {
			s.has(&span, "bridge.id", "b", "bridge.technology", "native_rtp", "bridge.type", "basic")
		}
	}
	r := s.find("call", "", "").Resource
	for key, want := range map[attribute.Key]string{"service.name": "octothorpe", "service.version": "1", "service.instance.id": "here"} {
		if v, _ := r.Set().Value(key); v.AsString() != want {
			t.Errorf("%s is %q, want %q", key, v.AsString(), want)
		}
	}
	if len(s.tracer.recorder.calls)+len(s.tracer.recorder.legs) != 0 {
		t.Error("the recorder remembers a call that is over")
	}
}

func TestAbnormalEnd(t *testing.T) {
	s := newStage(t, nil)
	one, two := channel("Local/1", "1.0"), channel("PJSIP/ben-2", "1.1")
	s.tell(&event.Newchannel{Channel: one}, &event.Newchannel{Channel: two}, &event.DialBegin{Peer: two, DialString: "ben"},
		&event.DialEnd{Peer: two, Status: "CONGESTION"}, &event.Hangup{Channel: two, Cause: 34, CauseText: "Circuit/channel congestion"},
		&event.Hangup{Channel: one, Cause: 17, CauseText: "User busy"})
	for _, c := range []struct {
		span *tracetest.SpanStub
		want codes.Code
	}{
		{s.find("dial", "", ""), codes.Error}, {s.find("channel PJSIP", "", ""), codes.Error},
		{s.find("channel Local", "", ""), codes.Unset}, {s.find("call", "", ""), codes.Unset},
	} {
		if c.span.Status.Code != c.want {
			t.Errorf("the status of %s is %v, want %v", c.span.Name, c.span.Status, c.want)
		}
	}
	// An originated call is dialled by nobody: its dial lies below the call.
	if d := s.find("dial", "", ""); d.Parent.SpanID() != s.find("call", "", "").SpanContext.SpanID() {
		t.Error("the dial does not lie below the call")
	}
}

func TestWire(t *testing.T) {
	s := newStage(t, nil)
	c := channel("PJSIP/ana-1", "1.0")
	began := time.Now().Add(-time.Second)
	peer := netip.MustParseAddrPort("192.0.2.7:5070")
	s.tell(&event.Newchannel{Channel: c},
		&event.SIPTransaction{Channel: c, Method: "INVITE", CallID: "abc\xff", Number: 7, Status: 200, Reason: "OK", Network: "udp", Peer: peer, Repeats: 2,
			Began: began, Ended: began.Add(time.Second)},
		&event.SIPTransaction{Channel: c, Client: true, Method: "INFO", Status: 500, Reason: "No", Peer: peer, Began: began, Ended: began},
		&event.SIPTransaction{Channel: c, Method: "UPDATE", Status: 401, Reason: "Who", Peer: peer, Began: began, Ended: began},
		&event.MediaStatistics{Channel: c, Medium: "audio", Codec: "ulaw", Remote: netip.MustParseAddrPort("192.0.2.7:4000"), Began: began,
			PacketsSent: 10, OctetsSent: 1600, PacketsReceived: 9, Lost: 1, RemoteLost: 2, Jitter: 1500 * time.Microsecond, RoundTrip: 20 * time.Millisecond},
		&event.Hangup{Channel: c, Cause: 16},
		&event.SIPTransaction{Channel: c, Client: true, Method: "BYE", Reason: "time-out", Peer: peer, Began: began, Ended: began.Add(32 * time.Second)})
	invite := s.find("INVITE", "", "")
	s.has(invite, "sip.method", "INVITE", "sip.call_id", "abc\uFFFD", "sip.cseq", "7", "sip.status_code", "200", "sip.reason", "OK",
		"sip.transport", "udp", "network.peer.address", "192.0.2.7", "network.peer.port", "5070", "sip.retransmissions", "2")
	if invite.SpanKind != trace.SpanKindServer || !invite.StartTime.Equal(began) || invite.EndTime.Sub(began) != time.Second || invite.Status.Code != codes.Unset {
		t.Errorf("INVITE is %v from %v to %v, %v", invite.SpanKind, invite.StartTime, invite.EndTime, invite.Status)
	}
	if info := s.find("INFO", "", ""); info.SpanKind != trace.SpanKindClient || info.Status.Code != codes.Error || info.Status.Description != "500 No" {
		t.Errorf("INFO is %v, %v", info.SpanKind, info.Status)
	}
	if update := s.find("UPDATE", "", ""); update.Status.Code != codes.Unset {
		t.Errorf("to ask for credentials is %v", update.Status)
	}
	id := s.find("channel PJSIP", "", "").SpanContext.SpanID()
	bye := s.find("BYE", "", "") // after the channel's end
	if bye.Parent.SpanID() != id || bye.SpanContext.TraceID() != TraceID("here", "1.0") || bye.Status.Code != codes.Error || bye.Status.Description != "time-out" {
		t.Errorf("BYE lies below %v in %v, %v", bye.Parent.SpanID(), bye.SpanContext.TraceID(), bye.Status)
	}
	media := s.find("media", "", "")
	s.has(media, "media.codec", "ulaw", "media.packets.sent", "10", "media.octets.sent", "1600", "media.packets.received", "9", "media.packets.lost", "1",
		"media.packets.remote_lost", "2", "media.jitter", "0.0015", "media.rtt", "0.02", "media.remote.address", "192.0.2.7", "media.remote.port", "4000")
	if media.Parent.SpanID() != id || !media.StartTime.Equal(began) {
		t.Errorf("media lies below %v and began %v", media.Parent.SpanID(), media.StartTime)
	}
}

// Two calls that meet in a bridge stay two traces, and each leads to the other.
func TestCallsMeet(t *testing.T) {
	s := newStage(t, nil)
	one, two := channel("PJSIP/ana-1", "1.0"), channel("PJSIP/ben-2", "2.0")
	two.LinkedID = "2.0"
	moved := *two
	moved.LinkedID = "1.0"
	b := &event.Bridge{ID: "b"}
	s.tell(&event.Newchannel{Channel: one}, &event.Newchannel{Channel: two}, &event.BridgeEnter{Bridge: b, Channel: one},
		&event.BridgeEnter{Bridge: b, Channel: &moved}, &event.Hangup{Channel: &moved, Cause: 16}, &event.Hangup{Channel: one, Cause: 16})
	first, second := s.find("call", "call.linkedid", "1.0"), s.find("call", "call.linkedid", "2.0")
	guest := s.find("channel PJSIP", "channel.uniqueid", "2.0")
	s.has(guest, "channel.linkedid", "1.0")
	if guest.SpanContext.TraceID() != second.SpanContext.TraceID() || first.SpanContext.TraceID() == second.SpanContext.TraceID() {
		t.Error("the channel is not in the trace in which it began")
	}
	if len(guest.Links) != 1 || guest.Links[0].SpanContext.SpanID() != first.SpanContext.SpanID() {
		t.Errorf("the channel's links are %v", guest.Links)
	}
	if len(first.Links) != 1 || first.Links[0].SpanContext.SpanID() != guest.SpanContext.SpanID() {
		t.Errorf("the other call's links are %v", first.Links)
	}
}

func TestStepsAreLimitedAndSilent(t *testing.T) {
	s := newStage(t, func(g *Settings) { g.Steps, g.Data = 3, false })
	c := channel("Local/1", "1.0")
	s.tell(&event.Newchannel{Channel: c})
	for i := range 10 {
		s.tell(exten(c, i, "Set", "PIN=1234"))
	}
	s.tell(&event.Hangup{Channel: c, Cause: 16})
	steps := 0
	for _, span := range s.memory.GetSpans() {
		if span.Name != "Set" {
			continue
		}
		steps++
		if _, ok := value(&span, "dialplan.data"); ok {
			t.Error("the data of a step is told")
		}
	}
	if steps != 3 {
		t.Errorf("%d steps are told, want 3", steps)
	}
	s.has(s.find("channel Local", "", ""), "channel.steps", "10")
}

func TestNoStepsAreNotBuilt(t *testing.T) {
	s := newStage(t, func(g *Settings) { g.Steps = 0 })
	if s.bus.Wants(event.KindNewexten) {
		t.Error("steps are wanted")
	}
}

// What still runs when the exchange stops is told, too; and then nothing is.
func TestCloseEndsWhatRuns(t *testing.T) {
	s := newStage(t, nil)
	c := channel("Local/1", "1.0")
	s.tell(&event.Newchannel{Channel: c}, exten(c, 1, "Wait", "600"))
	s.tracer.cancel()
	s.tracer.recorder.end(time.Now())
	if got, want := s.tree(), "call\n  channel Local\n    Wait\n"; got != want {
		t.Errorf("the trace is\n%s, want\n%s", got, want)
	}
	s.tell(&event.Hangup{Channel: c})
	if s.bus.Wants(event.KindHangup) {
		t.Error("something is wanted still")
	}
}

// Calls that the sampler leaves out cost no spans.
func TestSampler(t *testing.T) {
	t.Setenv("OTEL_TRACES_SAMPLER", "parentbased_always_off")
	s := newStage(t, nil)
	c := channel("Local/1", "1.0")
	s.tell(&event.Newchannel{Channel: c}, exten(c, 1, "Wait", "600"), &event.Hangup{Channel: c, Cause: 16},
		&event.SIPTransaction{Channel: c, Method: "BYE", Status: 200})
	if n := len(s.memory.GetSpans()); n != 0 {
		t.Errorf("%d spans, want 0", n)
	}
}

// Events of channels that are not known, or no longer, do no harm.
func TestStrangers(t *testing.T) {
	s := newStage(t, nil)
	c := channel("Local/1", "1.0")
	s.tell(&event.Newstate{Channel: c}, exten(c, 1, "Wait", ""), &event.DialBegin{Peer: c}, &event.DialEnd{Peer: c}, &event.BridgeEnter{Bridge: &event.Bridge{}, Channel: c},
		&event.BridgeLeave{Bridge: &event.Bridge{}, Channel: c}, &event.SIPTransaction{Channel: c}, &event.MediaStatistics{Channel: c}, &event.Hangup{Channel: c})
	if n := len(s.memory.GetSpans()); n != 0 {
		t.Errorf("%d spans, want 0", n)
	}
}

func TestGoneAreForgotten(t *testing.T) {
	g := newGone()
	at := time.Now()
	span := trace.SpanFromContext(context.Background())
	for i := range mostGone + 10 {
		g.remember(fmt.Sprint(i), span, at)
	}
	if _, ok := g.find("9"); ok || len(g.spans) != mostGone {
		t.Errorf("%d are remembered, want %d", len(g.spans), mostGone)
	}
	g.remember("late", span, at.Add(remembered+time.Second))
	if _, ok := g.find("late"); !ok || len(g.spans) != 1 {
		t.Errorf("%d are remembered, want the late one", len(g.spans))
	}
}

// The trace of a call can be computed by who knows its linked ID:
// printf here/1.0 | sha256sum
func TestTraceID(t *testing.T) {
	if got, want := TraceID("here", "1.0").String(), "0abf700b0eaf1c6e3ff7ee8185ba5a7e"; got != want {
		t.Errorf("the trace is %s, want %s", got, want)
	}
}
