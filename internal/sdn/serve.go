package sdn

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

// settings are flags, and where those are not given Faucet's environment.
type settings struct {
	config, listen, metrics, events string
	gauge, view                     string
	cert, key, ca                   string
	verbose, watch, watchGauge      bool
	heartbeat                       time.Duration
	cluster                         Cluster
}

func environment(name, otherwise string) string {
	if v := os.Getenv(name); v != "" {
		return v
	}
	return otherwise
}

func parseSettings(args []string, errOut io.Writer) (settings, error) {
	var s settings
	f := flag.NewFlagSet("sdn", flag.ContinueOnError)
	f.SetOutput(errOut)
	f.Usage = func() { fmt.Fprint(errOut, usage) }
	d := Defaults()
	f.StringVar(&s.config, "c", firstThatExists(environment("FAUCET_CONFIG", "/etc/faucet/faucet.yaml")), "")
	f.StringVar(&s.gauge, "g", d.Gauge, "")
	f.StringVar(&s.listen, "listen", d.Listen, "")
	f.StringVar(&s.metrics, "metrics", d.Metrics, "")
	f.StringVar(&s.view, "view", d.View, "")
	f.StringVar(&s.events, "events", d.Events, "")
	s.cluster = d.Cluster
	f.StringVar(&s.cluster.URL, "nats", "", "")
	f.StringVar(&s.cluster.Listen, "cluster", "", "")
	f.Func("peers", "", func(list string) error { s.cluster.Peers = strings.Split(list, ","); return nil })
	f.IntVar(&s.cluster.Shards, "shards", 1, "")
	f.StringVar(&s.cluster.ID, "id", "", "")
	f.StringVar(&s.cert, "cert", "", "")
	f.StringVar(&s.key, "key", "", "")
	f.StringVar(&s.ca, "ca", "", "")
	f.BoolVar(&s.verbose, "v", false, "")
	s.watch = environment("FAUCET_CONFIG_STAT_RELOAD", "0") != "0"
	s.watchGauge = environment("GAUGE_CONFIG_STAT_RELOAD", "0") != "0"
	s.heartbeat = d.Heartbeat
	if err := f.Parse(args); err != nil {
		return s, err
	}
	if f.NArg() > 0 {
		return s, fmt.Errorf("%q is no command of sdn; see sdn help", f.Arg(0))
	}
	return s, nil
}

// firstThatExists chooses from a list that is joined by colons.
func firstThatExists(list string) string {
	paths := strings.Split(list, ":")
	for _, p := range paths {
		if _, err := os.Stat(p); err == nil {
			return p
		}
	}
	return paths[0]
}

// serve runs the controller until SIGINT or SIGTERM; SIGHUP reloads.
func serve(args []string, errOut io.Writer) int {
	s, err := parseSettings(args, errOut)
	if err != nil {
		if !errors.Is(err, flag.ErrHelp) {
			fmt.Fprintln(errOut, err)
		}
		return 2
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, s, errOut); err != nil {
		fmt.Fprintln(errOut, err)
		return 1
	}
	return 0
}

func run(ctx context.Context, s settings, errOut io.Writer) error {
	log, err := openLogs("FAUCET", s.verbose, errOut)
	if err != nil {
		return err
	}
	defer log.Close()
	counts, err := openLogs("GAUGE", s.verbose, errOut)
	if err != nil {
		return err
	}
	defer counts.Close()
	security, err := s.tls()
	if err != nil {
		return err
	}
	n, err := Start(Options{Config: s.config, Gauge: s.gauge, Listen: s.listen, TLS: security, Metrics: s.metrics, View: s.view, Events: s.events,
		Heartbeat: s.heartbeat, Cluster: s.cluster, Log: log.Logger, GaugeLog: counts.Logger, AutoRevert: environment("FAUCET_CONFIG_AUTO_REVERT", "0") != "0"})
	if err != nil {
		return err
	}
	defer n.Close()
	follow(ctx, n, s.watch, s.watchGauge)
	return n.Err()
}

// follow reloads both files on SIGHUP, and each when it changed if that is wanted.
func follow(ctx context.Context, n *Network, watch, watchGauge bool) {
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP)
	defer signal.Stop(hangup)
	var tick <-chan time.Time
	if watch || watchGauge {
		t := time.NewTicker(time.Second)
		defer t.Stop()
		tick = t.C
	}
	faucet := watched{watch, n.Files, n.Reload, stamp(n.Files())}
	gauge := watched{watchGauge, n.gaugeFiles, n.ReloadGauge, stamp(n.gaugeFiles())}
	for {
		select {
		case <-hangup:
			faucet.reload()
			gauge.reload()
		case <-tick:
			faucet.look()
			gauge.look()
		case <-n.Done():
			return
		case <-ctx.Done():
			return
		}
	}
}

// A watched is a configuration that is read again when one of its files changes.
type watched struct {
	wanted bool
	files  func() []string
	again  func() error
	seen   string
}

func (w *watched) look() {
	if now := stamp(w.files()); w.wanted && now != w.seen {
		w.seen = now
		w.reload()
	}
}

func (w *watched) reload() {
	if err := w.again(); err == nil {
		w.seen = stamp(w.files())
	}
}

// stamp changes when one of the files does.
func stamp(files []string) string {
	var b strings.Builder
	for _, path := range files {
		if info, err := os.Stat(path); err == nil {
			fmt.Fprintf(&b, "%s %d %d\n", path, info.Size(), info.ModTime().UnixNano())
		}
	}
	return b.String()
}

func (s settings) tls() (*tls.Config, error) {
	if !strings.HasPrefix(s.listen, "pssl") {
		return nil, nil
	}
	certificate, err := tls.LoadX509KeyPair(s.cert, s.key)
	if err != nil {
		return nil, fmt.Errorf("pssl needs -cert and -key: %w", err)
	}
	c := &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}
	if s.ca != "" {
		pem, err := os.ReadFile(s.ca)
		if err != nil {
			return nil, err
		}
		c.ClientCAs, c.ClientAuth = x509.NewCertPool(), tls.RequireAndVerifyClientCert
		if !c.ClientCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("%s has no certificate", s.ca)
		}
	}
	return c, nil
}
