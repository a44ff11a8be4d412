package sdn

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
)

// settings are flags, and where those are not given Faucet's environment.
type settings struct {
	config, listen, metrics, events string
	gauge, view                     string
	cert, key, ca                   string
	verbose                         bool
	otherwise                       Options // what has no flag
	cluster                         Cluster
}

func environment(name, otherwise string) string {
	if v := os.Getenv(name); v != "" {
		return v
	}
	return otherwise
}

func parseSettings(args []string) (settings, error) {
	var s settings
	f := flag.NewFlagSet("sdn", flag.ContinueOnError)
	f.SetOutput(io.Discard)
	f.Usage = func() {}
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
	s.otherwise = d
	if err := f.Parse(args); err != nil {
		return s, err
	}
	if f.NArg() > 0 {
		return s, fmt.Errorf("%q is no command of sdn", f.Arg(0))
	}
	if s.cluster.Shards < 1 || s.cluster.Shards > maxShards {
		return s, fmt.Errorf("-shards is a number from 1 to %d", maxShards)
	}
	if strings.HasPrefix(s.listen, "pssl:") && (s.cert == "" || s.key == "") {
		return s, fmt.Errorf("-listen %s is for switches that connect with TLS, and needs -cert and -key, files in PEM", s.listen)
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
func serve(args []string, out, errOut io.Writer) int {
	s, err := parseSettings(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprint(out, usage)
		return 0
	case err != nil:
		fmt.Fprintf(errOut, "octothorpe sdn: %v; see octothorpe sdn help\n", err)
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
	o := s.otherwise
	if o.TLS, err = security(s.listen, s.cert, s.key, s.ca); err != nil {
		return err
	}
	o.Config, o.Gauge, o.Listen, o.Metrics, o.View, o.Events, o.Cluster = s.config, s.gauge, s.listen, s.metrics, s.view, s.events, s.cluster
	o.Log, o.GaugeLog = log.Logger, counts.Logger
	n, err := Start(o)
	if err != nil {
		return err
	}
	defer n.Close()
	follow(ctx, n)
	if ctx.Err() != nil {
		log.Info("the controller ends, the switches keep their tables", "why", context.Cause(ctx))
	}
	return n.Err()
}

// follow reloads both files on SIGHUP.
func follow(ctx context.Context, n *Network) {
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP)
	defer signal.Stop(hangup)
	for {
		select {
		case <-hangup:
			_ = n.ReloadFiles() // the log has it
		case <-n.Done():
			return
		case <-ctx.Done():
			return
		}
	}
}
