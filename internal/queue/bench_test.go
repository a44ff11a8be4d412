package queue

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/internal/bridge"
	"github.com/octothorpe/octothorpe/internal/call"
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/channel/channeltest"
	"github.com/octothorpe/octothorpe/internal/event"
)

// benchHouse is a house of queues in real time, whose members answer at once and hang up as
// soon as they talk.
func benchHouse(b *testing.B, conf string) (*House, *channeltest.Exchange) {
	b.Helper()
	logger := slog.New(slog.DiscardHandler)
	x := channeltest.NewExchange()
	x.Register(&channeltest.Driver{Exchange: x, Behave: func(destination string, c *channeltest.Channel) {
		if strings.HasPrefix(destination, "soon") {
			c.Accept()
			for c.BridgeID() == "" && !c.HungUp() {
				time.Sleep(50 * time.Microsecond)
			}
			c.RemoteHangup(channel.CauseNormalClearing)
		}
	}})
	plan := &testPlan{}
	devices := &testDevices{x: x, set: map[string]string{}}
	h := &House{Calls: &call.Calls{Channels: x.Registry, Bridges: bridge.NewRegistry(x.Registry), Dialplan: callPlan{plan}, Logger: logger},
		Dialplan: plan, Voice: &testVoice{}, Devices: devices, Database: &testBase{kept: map[string]string{}}, Logger: logger}
	f, _ := Read(parse(b, "queues.conf", conf))
	h.Configure(f, Everything, "")
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { defer close(ended); h.Run(ctx) }()
	b.Cleanup(func() {
		if err := x.Shutdown(context.Background(), channel.CauseNormalClearing); err != nil {
			b.Error(err)
		}
		cancel()
		<-ended
	})
	return h, x
}

func newCaller(b *testing.B, x *channeltest.Exchange, name string) *channel.Channel {
	c, err := x.New(channel.Config{Name: name, Technology: "Test", Leg: &channeltest.Leg{}, State: event.Up})
	if err != nil {
		b.Fatal(err)
	}
	return c
}

// crowd has callers wait in a queue whose members are all paused.
func crowd(b *testing.B, h *House, x *channeltest.Exchange, queue func(i int) string, n int) {
	b.Helper()
	for i := range n {
		c := newCaller(b, x, fmt.Sprintf("Test/waits-%08x", i))
		x.Go(c.Name(), func() { defer c.End(); _ = h.queueApp(c.Context(), c, queue(i)) })
	}
	for {
		waiting := 0
		for _, q := range h.All() {
			q.mu.Lock()
			waiting += len(q.entries)
			q.mu.Unlock()
		}
		if waiting == n {
			return
		}
		time.Sleep(time.Millisecond)
	}
}

// cpu is the time for which the process has worked.
func cpu() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkServe is one call through a queue: a caller who comes, a member who is called,
// answers and hangs up. It should cost the same however many queues there are and however
// many callers wait, in other queues or behind in the same one.
func BenchmarkServe(b *testing.B) {
	const served = "[served]\nmember => Test/soon\n"
	idle := func(n int) string {
		var text strings.Builder
		for i := range n {
			fmt.Fprintf(&text, "[q%d]\nmember => Test/no%d,0,,,,,yes\n", i, i)
		}
		return text.String()
	}
	serve := func(b *testing.B, h *House, x *channeltest.Exchange, priority string) {
		b.ReportAllocs()
		i, before := 0, cpu()
		defer func() { b.ReportMetric(float64(cpu()-before)/float64(b.N)/1000, "cpu-µs/op") }()
		for b.Loop() {
			c := newCaller(b, x, fmt.Sprintf("Test/comes-%08x", i))
			c.SetVariable("QUEUE_PRIO", priority)
			_ = h.queueApp(c.Context(), c, "served,r")
			c.End()
			i++
		}
	}
	b.Run("alone", func(b *testing.B) {
		h, x := benchHouse(b, served)
		serve(b, h, x, "0")
	})
	b.Run("beside 10000 queues", func(b *testing.B) {
		h, x := benchHouse(b, served+idle(10000))
		serve(b, h, x, "0")
	})
	b.Run("beside 10000 callers in 10000 queues", func(b *testing.B) {
		h, x := benchHouse(b, served+idle(10000))
		crowd(b, h, x, func(i int) string { return fmt.Sprintf("q%d,r", i) }, 10000)
		serve(b, h, x, "0")
	})
	b.Run("beside 10000 callers in one queue", func(b *testing.B) {
		h, x := benchHouse(b, served+idle(1))
		crowd(b, h, x, func(int) string { return "q0,r" }, 10000)
		serve(b, h, x, "0")
	})
	b.Run("before 10000 callers in the same queue", func(b *testing.B) {
		h, x := benchHouse(b, "[served]\nringinuse=no\nmember => Test/soon\n")
		h.pauseSome("served", "Test/soon", "", true)
		crowd(b, h, x, func(int) string { return "served,r" }, 10000)
		h.Find("served").mu.Lock()
		for _, e := range h.Find("served").entries {
			e.most, e.least = 0, 1 // no member will do for them
		}
		h.Find("served").mu.Unlock()
		h.pauseSome("served", "Test/soon", "", false)
		serve(b, h, x, "1")
	})
}
