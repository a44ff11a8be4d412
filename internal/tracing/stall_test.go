package tracing

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/octothorpe/octothorpe/internal/event"
)

// A line is the way to a collector that is played by the test, in virtual time.
type line func(r *http.Request) (status int, err error)

// RoundTrip implements http.RoundTripper.
func (l line) RoundTrip(r *http.Request) (*http.Response, error) {
	status, err := l(r)
	if err != nil {
		return nil, err
	}
	return &http.Response{StatusCode: status, Status: http.StatusText(status), Body: io.NopCloser(bytes.NewReader(nil)), Header: http.Header{}, Request: r}, nil
}

// hangs takes a request and never answers.
func hangs(r *http.Request) (int, error) {
	<-r.Context().Done()
	return 0, r.Context().Err()
}

// virtual runs a test of a tracer whose collector is played.
func virtual(t *testing.T, l line, f func(tracer *Tracer, bus *event.Bus)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		tracer, bus := launch(t, "http://collector:4318")
		tracer.client.http.Transport = l
		f(tracer, bus)
	})
}

// A collector that is busy or away is asked again, later and later.
func TestCollectorIsAskedAgain(t *testing.T) {
	answers := []struct {
		status int
		err    error
	}{{0, errors.New("connection refused")}, {503, nil}, {429, nil}, {200, nil}}
	var times []time.Time
	virtual(t, func(*http.Request) (int, error) {
		times = append(times, time.Now())
		a := answers[len(times)-1]
		return a.status, a.err
	}, func(tracer *Tracer, bus *event.Bus) {
		calls(bus, 1)
		time.Sleep(time.Minute)
		if got := tracer.Spans(); got != (Spans{Delivered: 2}) {
			t.Errorf("the tracer counts %+v, want 2 delivered", got)
		}
		for i := 1; i < len(times); i++ {
			pause, least := times[i].Sub(times[i-1]), firstPause<<(i-1)/2
			if pause < least || pause > 3*least {
				t.Errorf("pause %d is %v, want from %v to %v", i, pause, least, 3*least)
			}
		}
		tracer.Close(context.Background())
	})
}

// One that says no is not asked again, and is offered what comes next.
func TestCollectorThatRefuses(t *testing.T) {
	status := 400
	virtual(t, func(*http.Request) (int, error) { return status, nil }, func(tracer *Tracer, bus *event.Bus) {
		calls(bus, 1)
		time.Sleep(10 * time.Second)
		if got := tracer.Spans(); got != (Spans{Undelivered: 2}) {
			t.Errorf("the tracer counts %+v, want 2 undelivered", got)
		}
		status = 200
		calls(bus, 1)
		tracer.Close(context.Background())
		if got := tracer.Spans(); got != (Spans{Undelivered: 2, Delivered: 2}) {
			t.Errorf("the tracer counts %+v, want 2 undelivered and 2 delivered", got)
		}
	})
}

// A collector that hangs stops neither publishers nor the end, and what it does
// not take is dropped and counted.
func TestCollectorThatHangs(t *testing.T) {
	t.Setenv("OTEL_BSP_MAX_QUEUE_SIZE", "20")
	t.Setenv("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "4")
	virtual(t, hangs, func(tracer *Tracer, bus *event.Bus) {
		began := time.Now()
		calls(bus, 1000)
		if took := time.Since(began); took != 0 {
			t.Errorf("the publishers waited for %v", took)
		}
		if got := tracer.Spans(); got != (Spans{Dropped: 1980, Waiting: 20}) {
			t.Errorf("the tracer counts %+v, want 1980 dropped and 20 that wait", got)
		}
		tracer.Close(context.Background())
		if took := time.Since(began); took != Patience {
			t.Errorf("to close took %v, want %v", took, Patience)
		}
		if got := tracer.Spans(); got.Dropped+got.Undelivered != 2000 || got.Waiting != 0 || got.Delivered != 0 {
			t.Errorf("the tracer counts %+v, want 2000 lost", got)
		}
	})
}

// What could not be sent in half a minute makes room for what comes.
func TestCollectorThatHangsLong(t *testing.T) {
	t.Setenv("OTEL_BSP_MAX_QUEUE_SIZE", "20")
	virtual(t, hangs, func(tracer *Tracer, bus *event.Bus) {
		for range 10 {
			calls(bus, 20)
			time.Sleep(time.Minute)
		}
		if got := tracer.Spans(); got != (Spans{Dropped: 200, Undelivered: 200}) {
			t.Errorf("the tracer counts %+v, want 200 dropped and 200 undelivered", got)
		}
		tracer.Close(context.Background())
	})
}

// A caller of Close that has no time gets none.
func TestCloseWithContext(t *testing.T) {
	virtual(t, hangs, func(tracer *Tracer, bus *event.Bus) {
		calls(bus, 10)
		ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
		defer cancel()
		began := time.Now()
		tracer.Close(ctx)
		if took := time.Since(began); took != 50*time.Millisecond {
			t.Errorf("to close took %v, want 50ms", took)
		}
		if got := tracer.Spans(); got != (Spans{Undelivered: 20}) {
			t.Errorf("the tracer counts %+v, want 20 undelivered", got)
		}
	})
}
