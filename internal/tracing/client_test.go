package tracing

import (
	"compress/gzip"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"github.com/octothorpe/octothorpe/internal/event"
)

// collector is a server of OTLP. It answers requests with the next of its
// answers, and with 200 when they are over.
func collector(t *testing.T, answers ...http.HandlerFunc) (url string, got chan *tracepb.TracesData) {
	t.Helper()
	got = make(chan *tracepb.TracesData, 64)
	next := make(chan http.HandlerFunc, len(answers))
	for _, a := range answers {
		next <- a
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var body io.Reader = r.Body
		if r.Header.Get("Content-Encoding") == "gzip" {
			z, err := gzip.NewReader(r.Body)
			if err != nil {
				t.Error(err)
				return
			}
			body = z
		}
		b, err := io.ReadAll(body)
		data := &tracepb.TracesData{}
		if err != nil || proto.Unmarshal(b, data) != nil || r.URL.Path != "/v1/traces" || r.Header.Get("Content-Type") != "application/x-protobuf" {
			t.Errorf("%s with %s: %v", r.URL.Path, r.Header.Get("Content-Type"), err)
		}
		select {
		case a := <-next:
			a(w, r)
		default:
			got <- data
		}
	}))
	t.Cleanup(s.Close)
	return s.URL, got
}

// launch starts a tracer that sends to a URL, and makes some calls.
func launch(t *testing.T, url string) (*Tracer, *event.Bus) {
	t.Helper()
	bus := event.NewBus()
	tracer, err := Start(Config{Settings: Settings{Enabled: true, Endpoint: url, Steps: 10, Data: true}, Bus: bus,
		Logger: slog.New(slog.DiscardHandler), Instance: "here"})
	if err != nil {
		t.Fatal(err)
	}
	return tracer, bus
}

// calls makes calls of two spans each.
func calls(bus *event.Bus, n int) {
	for i := range n {
		c := channel("Local/\xff1", "9."+strconv.Itoa(i)) // no UTF-8
		c.LinkedID = c.UniqueID
		bus.Publish(&event.Newchannel{Channel: c})
		bus.Publish(&event.Hangup{Channel: c, Cause: 16})
	}
}

func spans(d *tracepb.TracesData) (n int) {
	for _, r := range d.ResourceSpans {
		for _, s := range r.ScopeSpans {
			n += len(s.Spans)
		}
	}
	return n
}

func TestDelivery(t *testing.T) {
	for _, compression := range []string{"none", "gzip"} {
		t.Run(compression, func(t *testing.T) {
			t.Setenv("OTEL_EXPORTER_OTLP_COMPRESSION", compression)
			url, got := collector(t)
			tracer, bus := launch(t, url)
			calls(bus, 3)
			tracer.Close(context.Background())
			if n := spans(<-got); n != 6 || tracer.Spans() != (Spans{Delivered: 6}) {
				t.Errorf("%d spans came, the tracer counts %+v, want 6", n, tracer.Spans())
			}
		})
	}
}

// What the collector does not take of a batch is counted.
func TestPartialSuccess(t *testing.T) {
	url, _ := collector(t, func(w http.ResponseWriter, _ *http.Request) {
		partial := protowire.AppendVarint(protowire.AppendTag(nil, 1, protowire.VarintType), 2)
		partial = protowire.AppendString(protowire.AppendTag(partial, 2, protowire.BytesType), "too old")
		_, _ = w.Write(protowire.AppendBytes(protowire.AppendTag(nil, 1, protowire.BytesType), partial))
	})
	tracer, bus := launch(t, url)
	calls(bus, 1)
	tracer.Close(context.Background())
	if got := tracer.Spans().Refused; got != 2 {
		t.Errorf("%d spans were refused, want 2", got)
	}
	for _, bad := range []string{"", "\xff", "\x0a\x7f", "\x08\x01", "\x0a\x02\x12\x00"} {
		if n := rejected([]byte(bad)); n != 0 {
			t.Errorf("%q tells %d", bad, n)
		}
	}
}

func TestOffByEnvironment(t *testing.T) {
	t.Setenv("OTEL_SDK_DISABLED", "true")
	tracer, bus := launch(t, "")
	if tracer != nil || bus.Wants(event.KindNewchannel) {
		t.Error("it traces although the environment forbids it")
	}
	tracer.Close(context.Background())
	if tracer.Spans() != (Spans{}) {
		t.Error("no tracer counts something")
	}
}
