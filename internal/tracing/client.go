package tracing

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
)

// A client posts spans to a collector: OTLP 1.x over HTTP, binary. It implements
// otlptrace.Client, and may be used concurrently.
type client struct {
	delivery delivery
	http     *http.Client
	refused  atomic.Uint64 // spans that the collector did not take of a batch that it took
}

func newClient(d delivery) *client {
	return &client{delivery: d, http: &http.Client{Transport: &http.Transport{Proxy: http.ProxyFromEnvironment, TLSClientConfig: d.tls,
		ForceAttemptHTTP2: true, MaxIdleConnsPerHost: 1, IdleConnTimeout: time.Minute}}}
}

// Start implements otlptrace.Client.
func (c *client) Start(context.Context) error { return nil }

// Stop implements otlptrace.Client.
func (c *client) Stop(context.Context) error {
	c.http.CloseIdleConnections()
	return nil
}

// The pause before a second attempt, and the longest.
const (
	firstPause = 500 * time.Millisecond
	mostPause  = 10 * time.Second
)

// UploadTraces implements otlptrace.Client. It tries again until ctx ends where
// the specification says that it helps.
func (c *client) UploadTraces(ctx context.Context, spans []*tracepb.ResourceSpans) error {
	body, err := c.encode(spans)
	if err != nil {
		return err
	}
	for pause := firstPause; ; pause = min(2*pause, mostPause) {
		after, err := c.post(ctx, body)
		var again *againError
		if !errors.As(err, &again) {
			return err
		}
		timer := time.NewTimer(max(after, pause/2+rand.N(pause)))
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return err
		}
	}
}

// encode makes the body. TracesData has the form of ExportTraceServiceRequest,
// whose package would bring all of gRPC along.
func (c *client) encode(spans []*tracepb.ResourceSpans) ([]byte, error) {
	body, err := proto.Marshal(&tracepb.TracesData{ResourceSpans: spans})
	if err != nil || !c.delivery.gzip {
		return body, err
	}
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err = w.Write(body)
	err = errors.Join(err, w.Close())
	return b.Bytes(), err
}

// againError is a failure after which the same may succeed later.
type againError struct{ error }

func (e *againError) Unwrap() error { return e.error }

// most is how much of an answer is read.
const most = 64 << 10

// post makes one attempt. after is how long the collector asks to wait.
func (c *client) post(ctx context.Context, body []byte) (after time.Duration, err error) {
	ctx, cancel := context.WithTimeout(ctx, c.delivery.timeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.delivery.url, bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	r.Header = c.delivery.headers.Clone()
	r.Header.Set("Content-Type", "application/x-protobuf")
	if c.delivery.gzip {
		r.Header.Set("Content-Encoding", "gzip")
	}
	a, err := c.http.Do(r)
	if err != nil {
		return 0, &againError{err}
	}
	defer func() { _ = a.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(a.Body, most))
	switch {
	case a.StatusCode/100 == 2:
		c.refused.Add(rejected(answer))
		return 0, nil // what it took it took, whether its answer came whole or not
	case err != nil:
		return 0, &againError{err}
	}
	err = fmt.Errorf("%s answers %s", c.delivery.url, a.Status)
	switch a.StatusCode {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		seconds, _ := strconv.Atoi(a.Header.Get("Retry-After"))
		return min(time.Duration(seconds)*time.Second, time.Minute), &againError{err}
	}
	return 0, err
}

// rejected reads how many spans a collector did not take: field 1 of field 1 of
// ExportTraceServiceResponse.
func rejected(answer []byte) uint64 {
	n, _ := protowire.ConsumeVarint(field(field(answer, protowire.BytesType), protowire.VarintType))
	return n
}

// field returns the content of field 1 of a message, if it has the type.
func field(b []byte, want protowire.Type) []byte {
	for len(b) > 0 {
		number, kind, n := protowire.ConsumeTag(b)
		if n < 0 {
			return nil
		}
		b = b[n:]
		n = protowire.ConsumeFieldValue(number, kind, b)
		switch {
		case n < 0:
			return nil
		case number != 1 || kind != want:
			b = b[n:]
		case kind == protowire.BytesType:
			v, _ := protowire.ConsumeBytes(b)
			return v
		default:
			return b[:n]
		}
	}
	return nil
}
