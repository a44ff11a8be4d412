package sdn

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/octothorpe/octothorpe/internal/sdn/config"
	"github.com/octothorpe/octothorpe/internal/sdn/control"
	"github.com/octothorpe/octothorpe/internal/sdn/gauge"
)

// settings are flags, and where those are not given Faucet's environment.
type settings struct {
	config, listen, metrics, events string
	gauge                           string
	cert, key, ca                   string
	verbose, watch                  bool
	heartbeat                       time.Duration
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
	f.StringVar(&s.config, "c", firstThatExists(environment("FAUCET_CONFIG", "/etc/faucet/faucet.yaml")), "")
	f.StringVar(&s.gauge, "g", os.Getenv("GAUGE_CONFIG"), "")
	f.StringVar(&s.listen, "listen", "ptcp:6653", "")
	f.StringVar(&s.metrics, "metrics", net.JoinHostPort(environment("FAUCET_PROMETHEUS_ADDR", "0.0.0.0"), environment("FAUCET_PROMETHEUS_PORT", "9302")), "")
	sock := os.Getenv("FAUCET_EVENT_SOCK")
	if sock == "1" {
		sock = "/var/run/faucet/faucet.sock"
	}
	if sock == "0" {
		sock = ""
	}
	f.StringVar(&s.events, "events", sock, "")
	f.StringVar(&s.cert, "cert", "", "")
	f.StringVar(&s.key, "key", "", "")
	f.StringVar(&s.ca, "ca", "", "")
	f.BoolVar(&s.verbose, "v", strings.EqualFold(os.Getenv("FAUCET_LOG_LEVEL"), "DEBUG"), "")
	s.watch = environment("FAUCET_CONFIG_STAT_RELOAD", "0") != "0"
	if n, err := strconv.Atoi(environment("FAUCET_EVENT_SOCK_HEARTBEAT", "0")); err == nil {
		s.heartbeat = time.Duration(n) * time.Second
	}
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
	level := slog.LevelInfo
	if s.verbose {
		level = slog.LevelDebug
	}
	logOut := errOut
	if path := os.Getenv("FAUCET_LOG"); path != "" && path != "STDOUT" && path != "STDERR" {
		f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
		if err != nil {
			return err
		}
		defer f.Close()
		logOut = f
	}
	log := slog.New(slog.NewTextHandler(logOut, &slog.HandlerOptions{Level: level}))
	security, err := s.tls()
	if err != nil {
		return err
	}
	metrics := control.NewMetrics()
	events := control.NewEvents(log, metrics)
	defer events.Close()
	c, err := control.New(control.Options{Config: s.config, Listen: s.listen, TLS: security, Log: log, Metrics: metrics, Events: events})
	if err != nil {
		return err
	}
	if s.events != "" {
		if err := events.Listen(s.events); err != nil {
			return err
		}
	}
	if s.heartbeat > 0 {
		events.Heartbeat(s.heartbeat, ctx.Done())
	}
	if s.metrics != "none" {
		closeMetrics, err := serveMetrics(s.metrics, metrics, log)
		if err != nil {
			return err
		}
		defer closeMetrics()
	}
	if s.gauge != "" {
		counting, err := startGauge(ctx, s.gauge, c, log)
		if err != nil {
			return err
		}
		defer counting()
	}
	log.Info("listening for switches", "address", c.Addr().String())
	done := make(chan struct{})
	go func() { defer close(done); follow(ctx, c, s.watch, log) }()
	err = c.Serve(ctx)
	<-done
	return err
}

// startGauge counts until the context ends; what it returns waits for that.
func startGauge(ctx context.Context, path string, c *control.Controller, log *slog.Logger) (func(), error) {
	cfg, err := config.LoadGauge(path)
	if err != nil {
		return nil, err
	}
	g, err := gauge.New(cfg, c.Sessions, log)
	if err != nil {
		return nil, err
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := g.Run(ctx); err != nil {
			log.Error("gauge", "error", err)
		}
	}()
	return func() { <-done }, nil
}

// follow reloads on SIGHUP, and when a file changed if that is wanted.
func follow(ctx context.Context, c *control.Controller, watch bool, log *slog.Logger) {
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP)
	defer signal.Stop(hangup)
	var tick <-chan time.Time
	if watch {
		t := time.NewTicker(time.Second)
		defer t.Stop()
		tick = t.C
	}
	seen := stamp(c.Files())
	for {
		select {
		case <-hangup:
		case <-tick:
			if now := stamp(c.Files()); now != seen {
				seen = now
			} else {
				continue
			}
		case <-ctx.Done():
			return
		}
		if err := c.Reload(); err == nil {
			seen = stamp(c.Files())
		}
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

func serveMetrics(address string, m *control.Metrics, log *slog.Logger) (func(), error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("metrics: %w", err)
	}
	server := &http.Server{Handler: promhttp.HandlerFor(m.Registry, promhttp.HandlerOpts{}), ReadHeaderTimeout: 10 * time.Second}
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			log.Error("metrics", "error", err)
		}
	}()
	return func() { server.Close(); <-done }, nil
}
