package exchange

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/tracing"
)

// A collector keeps the spans that it is sent.
type collector struct {
	*httptest.Server
	t *testing.T

	mu    sync.Mutex // a leaf
	spans []*tracepb.Span
}

func newCollector(t *testing.T) *collector {
	t.Helper()
	c := &collector{t: t}
	c.Server = httptest.NewServer(c)
	t.Cleanup(c.Close)
	return c
}

// ServeHTTP implements http.Handler.
func (c *collector) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	var data tracepb.TracesData
	if err != nil || proto.Unmarshal(body, &data) != nil || r.URL.Path != "/v1/traces" {
		c.t.Errorf("what was sent to %s can't be read: %v", r.URL.Path, err)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, resource := range data.ResourceSpans {
		for _, scope := range resource.ScopeSpans {
			c.spans = append(c.spans, scope.Spans...)
		}
	}
}

// traces draws the spans of each trace below each other, those that began first
// above, and returns the traces in this order.
func (c *collector) traces() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	slices.SortStableFunc(c.spans, func(a, b *tracepb.Span) int { return int(a.StartTimeUnixNano) - int(b.StartTimeUnixNano) })
	var list []string
	for _, span := range c.spans {
		if len(span.ParentSpanId) == 0 {
			var b strings.Builder
			c.draw(&b, span, 0)
			list = append(list, b.String())
		}
	}
	return list
}

func (c *collector) draw(b *strings.Builder, span *tracepb.Span, depth int) {
	fmt.Fprintf(b, "%s%s\n", strings.Repeat("  ", depth), span.Name)
	for _, other := range c.spans {
		if string(other.ParentSpanId) == string(span.SpanId) && string(other.TraceId) == string(span.TraceId) {
			c.draw(b, other, depth+1)
		}
	}
}

// find returns the spans that have an attribute.
func (c *collector) find(key, want string) []*tracepb.Span {
	c.mu.Lock()
	defer c.mu.Unlock()
	var list []*tracepb.Span
	for _, span := range c.spans {
		if attribute(span, key) == want {
			list = append(list, span)
		}
	}
	return list
}

func attribute(span *tracepb.Span, key string) string {
	for _, a := range span.Attributes {
		if a.Key != key {
			continue
		}
		switch v := a.Value.Value.(type) {
		case *commonpb.AnyValue_StringValue:
			return v.StringValue
		case *commonpb.AnyValue_IntValue:
			return fmt.Sprint(v.IntValue)
		}
		return a.Value.String()
	}
	return ""
}

// beginTraced is begin with an asterisk.conf that has more lines.
func beginTraced(t *testing.T, extensions, more string) *trial {
	t.Helper()
	k := prepareTrial(t, extensions)
	dir := k.dirs.Etc
	k.Discard()
	name := filepath.Join(dir, "asterisk.conf")
	text := strings.ReplaceAll("[directories]\nastetcdir=DIR\nastvarlibdir=DIR\nastspooldir=DIR\nastrundir=DIR\nastlogdir=DIR/log\nastcachedir=DIR/cache\n",
		"DIR", dir) + "[options]\nsystemname=here\n" + more
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var err error
	if k.Exchange, err = New(Options{Config: name, Version: "22"}); err != nil {
		t.Fatal(err)
	}
	if err := k.Start(); err != nil {
		t.Fatal(err)
	}
	return k
}

const traced = `[house]
exten => talk,1,NoOp(hello)
same => n,Answer()
same => n,Wait(600)
exten => ben,1,Dial(PJSIP/ben)
`

// One call is one trace: here a Local channel that AMI originates.
func TestTraceOfLocalCall(t *testing.T) {
	c := newCollector(t)
	k := beginTraced(t, traced, "[traces]\nenabled=yes\nendpoint="+c.URL+"\n")
	boss := k.login()
	boss.do("Action: Originate\nChannel: Local/talk@house/n\nContext: house\nExten: talk\nPriority: 1\nCallerID: 555\nAccount: sales\nAsync: true")
	boss.until("Event: OriginateResponse")
	k.eventually("both halves wait", func() bool { return strings.Count(k.execute("core show channels concise"), "!Wait!") == 2 })
	k.execute("channel request hangup all")
	k.eventually("the call ends", func() bool { return k.channels.Count() == 0 })
	k.end()
	// AppDial2 is what events tell of the first step of a leg that was called.
	want := `call
  dial
  channel Local
    AppDial2
    Answer
    Wait
  channel Local
    NoOp
    Answer
    Wait
`
	list := c.traces()
	if len(list) != 1 || ordered(list[0]) != ordered(want) {
		t.Errorf("the traces are\n%s\nwant\n%s", strings.Join(list, "\n"), want)
	}
	root := c.find("call.channels", "2")
	if len(root) != 1 {
		t.Fatalf("%d calls of two channels, want 1", len(root))
	}
	id := tracing.TraceID("here", attribute(root[0], "call.linkedid"))
	if string(root[0].TraceId) != string(id[:]) || attribute(root[0], "call.cause") == "" {
		t.Errorf("the call is %v", root[0])
	}
	if n := len(c.find("channel.accountcode", "sales")); n == 0 {
		t.Error("no channel has the account code")
	}
	if n := len(c.find("dialplan.data", "hello")); n != 1 {
		t.Errorf("%d steps with their data, want 1", n)
	}
}

// A call between two phones: SIP transactions and media, also the BYE that is
// answered when its channel is gone.
func TestTraceOfPhones(t *testing.T) {
	t.Setenv("OTEL_BSP_SCHEDULE_DELAY", "50") // milliseconds, so that one hears of a BYE before the end
	c := newCollector(t)
	k := beginTraced(t, traced, "[traces]\nenabled=yes\nendpoint="+c.URL+"\n")
	ana, ben := k.phone("ana"), k.phone("ben")
	ben.register()
	d := ana.call("ben")
	k.eventually("they talk", func() bool { return len(k.bridges.All()) == 1 && len(k.bridges.All()[0].Channels()) == 2 })
	ana.talking.Add(-1)
	if err := d.Bye(); err != nil {
		t.Fatal(err)
	}
	k.eventually("the call ends", func() bool { return k.channels.Count() == 0 })
	k.eventually("both BYEs are answered", func() bool { return len(c.find("sip.method", "BYE")) == 2 })
	k.end()
	want := `call
  channel PJSIP
    INVITE
    Dial
      dial
      bridge
    media
    BYE
  channel PJSIP
    AppDial
    INVITE
    media
    AppDial
      bridge
    BYE
`
	list := c.traces()
	if len(list) != 1 || ordered(list[0]) != ordered(want) {
		t.Errorf("the traces are\n%s\nwant\n%s", strings.Join(list, "\n"), want)
	}
	for _, method := range []string{"INVITE", "BYE"} {
		kinds := map[tracepb.Span_SpanKind]bool{}
		for _, span := range c.find("sip.method", method) {
			kinds[span.Kind] = true
			if attribute(span, "sip.status_code") != "200" || attribute(span, "network.peer.address") != loopback || attribute(span, "sip.transport") != "udp" ||
				attribute(span, "sip.call_id") == "" || attribute(span, "sip.retransmissions") != "0" {
				t.Errorf("%s is %v", method, span.Attributes)
			}
		}
		if !kinds[tracepb.Span_SPAN_KIND_CLIENT] || !kinds[tracepb.Span_SPAN_KIND_SERVER] {
			t.Errorf("the kinds of %s are %v, want both", method, kinds)
		}
	}
	if n := len(c.find("media.codec", "ulaw")); n != 2 {
		t.Errorf("%d spans of media, want 2", n)
	}
	if n := len(c.find("dial.status", "ANSWER")); n != 1 {
		t.Errorf("%d answered dials, want 1", n)
	}
}

// ordered sorts the lines of each level of a drawing: what happens at the same
// time on two legs may begin in either order.
func ordered(tree string) string {
	lines := strings.Split(tree, "\n")
	path := make([]string, 8)
	for i, line := range lines {
		name := strings.TrimLeft(line, " ")
		depth := (len(line) - len(name)) / 2
		path[depth] = name
		lines[i] = strings.Join(path[:depth+1], "/")
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// A collector that takes requests and never answers harms nobody.
func TestHangingCollector(t *testing.T) {
	done := make(chan struct{})
	asked := make(chan struct{}, 64)
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // only then the server sees that the client has gone
		asked <- struct{}{}
		select {
		case <-r.Context().Done():
		case <-done:
		}
	}))
	t.Cleanup(func() { close(done); s.Close() })
	t.Setenv("OTEL_BSP_SCHEDULE_DELAY", "1")
	t.Setenv("OTEL_BSP_MAX_QUEUE_SIZE", "4")
	k := beginTraced(t, traced, "[traces]\nenabled=yes\nendpoint="+s.URL+"\n")
	for i := range 3 {
		k.execute("channel originate Local/talk@house/n extension talk@house")
		k.eventually("a call goes on", func() bool { return strings.Count(k.execute("core show channels concise"), "!Wait!") == 2 })
		k.execute("channel request hangup all")
		k.eventually("it ends", func() bool { return k.channels.Count() == 0 })
		if i == 0 {
			<-asked
		}
	}
	r, err := http.Get("http://" + k.httpAddress() + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	metrics, _ := io.ReadAll(r.Body)
	_ = r.Body.Close()
	http.DefaultClient.CloseIdleConnections()
	dropped := k.traces.Spans().Dropped
	if dropped == 0 || !strings.Contains(string(metrics), fmt.Sprintf("octothorpe_trace_spans_dropped_total %d\n", dropped)) {
		t.Errorf("%d spans were dropped, and the metrics don't tell it", dropped)
	}
	began := time.Now()
	k.end()
	if took := time.Since(began); took > 2*tracing.Patience {
		t.Errorf("to stop took %v, want at most %v", took, 2*tracing.Patience)
	}
}

// Nobody asked for traces: nothing is built for them.
func TestNoTraces(t *testing.T) {
	k := begin(t, traced)
	for _, kind := range []event.Kind{event.KindSIPTransaction, event.KindMediaStatistics, event.KindNewexten} {
		if k.bus.Wants(kind) {
			t.Errorf("events of kind %d are wanted", kind)
		}
	}
	k.end()
}

func TestCheckOfTraces(t *testing.T) {
	name := filepath.Join(t.TempDir(), "asterisk.conf")
	if err := os.WriteFile(name, []byte("[traces]\nenabled=yes\nendpoint=collector\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	problems, err := Check(Options{Config: name})
	if err == nil || len(problems) != 1 || problems[0].Line != 3 || problems[0].File != name {
		t.Errorf("got %v, %v, want an error at line 3", problems, err)
	}
}
