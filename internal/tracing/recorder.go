package tracing

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/octothorpe/octothorpe/internal/event"
)

// A recorder makes spans of events. The bus calls take, one event at a time; end
// comes after the last.
type recorder struct {
	settings Settings
	tracer   trace.Tracer
	instance string
	calls    map[string]*call // by linked ID
	legs     map[string]*leg  // by unique ID
	gone     gone
}

func newRecorder(g Settings, t trace.Tracer, instance string) *recorder {
	return &recorder{settings: g, tracer: t, instance: instance, calls: map[string]*call{}, legs: map[string]*leg{}, gone: newGone()}
}

// kinds are the events that become spans.
func kinds(g Settings) event.Set {
	list := []event.Kind{event.KindNewchannel, event.KindNewstate, event.KindHangup, event.KindDialBegin, event.KindDialEnd,
		event.KindBridgeEnter, event.KindBridgeLeave, event.KindHold, event.KindUnhold, event.KindSIPTransaction, event.KindMediaStatistics}
	if g.Steps > 0 {
		list = append(list, event.KindNewexten, event.KindAGIExecStart, event.KindAGIExecEnd,
			event.KindARIRequest, event.KindARIEvent)
	}
	return event.Kinds(list...)
}

func (r *recorder) take(s event.Stamped) {
	at := s.Time
	switch e := s.Event.(type) {
	case *event.Newchannel:
		r.begin(e.Channel, at)
	case *event.Newstate:
		if l := r.leg(e.Channel, at); l != nil {
			l.happened(e.Channel.State.String(), at)
		}
	case *event.Newexten:
		if l := r.leg(e.Channel, at); l != nil {
			r.step(l, e, at)
		}
	case *event.AGIExecStart:
		if l := r.leg(e.Channel, at); l != nil {
			r.ask(l, e, at)
		}
	case *event.AGIExecEnd:
		if l := r.leg(e.Channel, at); l != nil {
			l.answered(e, at)
		}
	case *event.ARIRequest:
		r.request(e)
	case *event.ARIEvent:
		r.notice(e)
	case *event.Hold:
		if l := r.leg(e.Channel, at); l != nil {
			l.happened("Hold", at)
		}
	case *event.Unhold:
		if l := r.leg(e.Channel, at); l != nil {
			l.happened("Unhold", at)
		}
	case *event.DialBegin:
		r.dial(e, at)
	case *event.DialEnd:
		r.dialled(e, at)
	case *event.BridgeEnter:
		if l := r.leg(e.Channel, at); l != nil {
			r.enter(l, e.Bridge, at)
		}
	case *event.BridgeLeave:
		if l := r.leg(e.Channel, at); l != nil {
			l.leave(e.Bridge, at)
		}
	case *event.SIPTransaction:
		r.transaction(e)
	case *event.MediaStatistics:
		r.media(e, at)
	case *event.Hangup:
		if l := r.leg(e.Channel, at); l != nil {
			r.hangup(l, e, at)
		}
	}
}

// start begins a span below those of ctx.
func (r *recorder) start(ctx context.Context, name string, at time.Time, o ...trace.SpanStartOption) trace.Span {
	_, span := r.tracer.Start(ctx, clean(name), append(o, trace.WithTimestamp(at))...)
	return span
}

// end ends all spans.
func (r *recorder) end(at time.Time) {
	for _, l := range r.legs {
		l.end(at)
	}
	for _, c := range r.calls {
		c.root.End(trace.WithTimestamp(at))
	}
	clear(r.legs)
	clear(r.calls)
}
