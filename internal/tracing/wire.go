package tracing

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/octothorpe/octothorpe/internal/event"
)

// below returns the context of a channel that is or was lately.
func (r *recorder) below(s *event.Channel, at time.Time) (context.Context, bool) {
	if l := r.leg(s, at); l != nil {
		return l.ctx, true
	}
	return r.gone.find(s.UniqueID)
}

// transaction tells a SIP transaction, which is over.
func (r *recorder) transaction(e *event.SIPTransaction) {
	ctx, ok := r.below(e.Channel, e.Ended)
	if !ok {
		return
	}
	kind := trace.SpanKindServer
	if e.Client {
		kind = trace.SpanKindClient
	}
	list := append(address("network.peer", e.Peer), text("sip.method", e.Method), text("sip.call_id", e.CallID),
		attribute.Int64("sip.cseq", int64(e.Number)), text("sip.transport", e.Network), attribute.Int("sip.retransmissions", e.Repeats))
	if e.Status != 0 {
		list = append(list, attribute.Int("sip.status_code", e.Status), text("sip.reason", e.Reason))
	}
	span := r.start(ctx, e.Method, e.Began, trace.WithSpanKind(kind), trace.WithAttributes(list...))
	switch {
	case e.Status == 0:
		span.SetStatus(codes.Error, clean(e.Reason))
	case failed(e.Status):
		span.SetStatus(codes.Error, clean(fmt.Sprintf("%d %s", e.Status, e.Reason)))
	}
	span.End(trace.WithTimestamp(e.Ended))
}

// failed reports whether a final response means that something is wrong: not that
// credentials are asked for, that somebody is busy, did not answer or declined, or
// that a call was given up.
func failed(status int) bool {
	switch status {
	case 401, 407, 480, 486, 487, 600, 603:
		return false
	}
	return status >= 400
}

// media tells the media of a channel, which has ended.
func (r *recorder) media(e *event.MediaStatistics, at time.Time) {
	ctx, ok := r.below(e.Channel, at)
	if !ok {
		return
	}
	list := append(address("media.local", e.Local), address("media.remote", e.Remote)...)
	list = append(list, text("media.type", e.Medium), text("media.codec", e.Codec),
		count("media.packets.sent", e.PacketsSent), count("media.octets.sent", e.OctetsSent),
		count("media.packets.received", e.PacketsReceived), count("media.octets.received", e.OctetsReceived),
		attribute.Int("media.packets.lost", e.Lost), attribute.Int("media.packets.remote_lost", e.RemoteLost),
		seconds("media.jitter", e.Jitter), seconds("media.remote_jitter", e.RemoteJitter))
	if e.RoundTrip > 0 {
		list = append(list, seconds("media.rtt", e.RoundTrip))
	}
	r.start(ctx, "media", e.Began, trace.WithAttributes(list...)).End(trace.WithTimestamp(at))
}

func address(key string, a netip.AddrPort) []attribute.KeyValue {
	if !a.IsValid() {
		return nil
	}
	return []attribute.KeyValue{attribute.String(key+".address", a.Addr().Unmap().String()), attribute.Int(key+".port", int(a.Port()))}
}

func count(key string, n uint64) attribute.KeyValue { return attribute.Int64(key, int64(n)) }

func seconds(key string, d time.Duration) attribute.KeyValue {
	return attribute.Float64(key, d.Seconds())
}
