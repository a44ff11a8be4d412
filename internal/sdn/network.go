package sdn

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/sdn/control"
	"github.com/octothorpe/octothorpe/internal/sdn/view"
	"github.com/octothorpe/octothorpe/openflow"
)

// none is an address at which nothing is served.
const none = "none"

// Options say what a Network is made of.
type Options struct {
	Config    string // path of faucet.yaml
	Gauge     string // path of gauge.yaml; "" counts nothing
	Listen    string // where switches connect, as in control.Options
	TLS       *tls.Config
	Metrics   string        // host and port of Prometheus' metrics; none to have none
	View      string        // host and port of the page, its REST and WebSocket; none to have none
	Events    string        // path of a Unix socket; "" for none
	Heartbeat time.Duration // between two events that tell nothing; 0 for none
	Log       *slog.Logger
	GaugeLog  *slog.Logger // of what counts; nil for Log
	Bus       *event.Bus   // is told the events as well; may be nil
	// AutoRevert is that of control.Options.
	AutoRevert bool
	Watch      bool    // faucet.yaml is read again when it changes
	WatchGauge bool    // and gauge.yaml
	Cluster    Cluster // of several controllers, if there are
	// StackUpdate is that of control.Options.
	StackUpdate time.Duration
	// Ignored is what the environment says and can not be taken, to be said in the log.
	Ignored []string
}

// A Network is a controller with everything about it, which runs. Its methods may
// be called concurrently.
type Network struct {
	*control.Controller
	log                   *slog.Logger
	events                *control.Events
	view                  *view.View
	counting              *counting // nil: nothing is counted
	viewAt                net.Addr
	lease                 *mastership // nil: this controller is alone
	faucetFile, gaugeFile watched
	bus                   <-chan struct{} // closed when it is told no more; nil: there is none
	cancel                context.CancelFunc
	wait                  sync.WaitGroup
	done                  chan struct{}
	err                   error // once done is closed
}

// Start reads the files and listens. What it has opened is closed again when it
// returns an error.
func Start(o Options) (n *Network, err error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	for _, text := range o.Ignored {
		o.Log.Warn("a setting of the environment is ignored", "problem", text)
	}
	metrics := control.NewMetrics()
	n = &Network{log: o.Log, events: control.NewEvents(o.Log, metrics), done: make(chan struct{})}
	ctx, cancel := context.WithCancel(context.Background())
	n.cancel = cancel
	defer func() {
		if err != nil {
			if n.Controller == nil {
				close(n.done)
			} else {
				n.serve(ctx) // it ends at once, and closes what listens
			}
			n.Close()
		}
	}()
	if key, err := o.Cluster.check(); err != nil {
		return n, fmt.Errorf("%s: %w", key, err)
	}
	var mastership control.Mastership
	if o.Cluster.wanted() {
		if n.lease, err = join(o.Cluster, o.Log); err != nil {
			return n, err
		}
		mastership = n.lease
	}
	if o.Events != "" {
		n.events.Keep() // the first ones are told before the socket is there
	}
	if n.Controller, err = control.New(control.Options{Mastership: mastership, Config: o.Config, Listen: o.Listen, TLS: o.TLS, Log: o.Log, Metrics: metrics, Events: n.events, StackUpdate: o.StackUpdate,
		AutoRevert: o.AutoRevert, PortStatus: n.portStatus}); err != nil {
		return n, err
	}
	if o.Events != "" {
		if err := n.events.Listen(o.Events); err != nil {
			return n, err
		}
	}
	if o.Bus != nil {
		n.bus = toBus(n.events, o.Bus)
	}
	if o.Heartbeat > 0 {
		n.events.Heartbeat(o.Heartbeat, ctx.Done())
	}
	if _, err := n.http(ctx, "metrics", o.Metrics, promhttp.HandlerFor(metrics.Registry, promhttp.HandlerOpts{})); err != nil {
		return n, err
	}
	n.view = view.New(n.Controller, n.events, o.Log)
	if n.viewAt, err = n.http(ctx, "the page of the network", o.View, n.view); err != nil {
		return n, err
	}
	if o.Gauge != "" {
		if n.counting, err = startCounting(o.Gauge, n.Controller, cmp.Or(o.GaugeLog, o.Log)); err != nil {
			return n, err
		}
	}
	n.faucetFile = watched{wanted: o.Watch, files: n.Files, again: n.Reload, seen: stamp(n.Files())}
	n.gaugeFile = watched{wanted: o.WatchGauge, files: n.gaugeFiles, again: n.ReloadGauge, seen: stamp(n.gaugeFiles())}
	if o.Watch || o.WatchGauge {
		n.wait.Go(func() { n.watch(ctx) })
	}
	o.Log.Info("listening for switches", "address", n.Addr().String())
	n.serve(ctx)
	return n, nil
}

// serve drives switches until the context ends.
func (n *Network) serve(ctx context.Context) {
	go func() {
		defer close(n.done)
		n.err = n.Serve(ctx)
	}()
}

// portStatus hands on what a switch said of a port to who counts.
func (n *Network) portStatus(id uint64, m *openflow.PortStatus) {
	if n.counting != nil { // set before switches are taken
		n.counting.portStatus(id, m)
	}
}

// ReloadGauge reads gauge.yaml again. When it is wrong what runs stays.
func (n *Network) ReloadGauge() error {
	if n.counting == nil {
		return nil
	}
	err := n.counting.reload()
	if err != nil {
		n.counting.log.Error("gauge.yaml not taken", "error", err)
	}
	return err
}

func (n *Network) gaugeFiles() []string {
	if n.counting == nil {
		return nil
	}
	return n.counting.Files()
}

// http serves pages at an address until the context ends.
func (n *Network) http(ctx context.Context, what, address string, pages http.Handler) (net.Addr, error) {
	if address == none || address == "" {
		return nil, nil
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	server := &http.Server{Handler: pages, ReadHeaderTimeout: 10 * time.Second, BaseContext: func(net.Listener) context.Context { return ctx }}
	stop := context.AfterFunc(ctx, func() { server.Close() })
	n.wait.Go(func() {
		defer stop()
		if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			n.log.Error(what, "error", err)
		}
	})
	return l.Addr(), nil
}

// ViewAddr is where the page is served, nil if it is not.
func (n *Network) ViewAddr() net.Addr { return n.viewAt }

// Handler are the page, its REST and WebSocket, for who serves them elsewhere.
func (n *Network) Handler() http.Handler { return n.view }

// Done is closed when no switch is driven any more; Err says why.
func (n *Network) Done() <-chan struct{} { return n.done }

// Err is nil as long as the network runs, and when it was closed.
func (n *Network) Err() error {
	select {
	case <-n.done:
		return n.err
	default:
		return nil
	}
}

// Close ends all of it and waits for that. The switches keep their tables.
func (n *Network) Close() {
	if n.lease != nil {
		n.lease.Close() // another drives the switches from now on
	}
	n.cancel()
	<-n.done
	if n.counting != nil {
		n.counting.close()
	}
	n.wait.Wait()
	n.events.Close()
	if n.bus != nil {
		<-n.bus
	}
}
