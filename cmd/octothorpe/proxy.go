package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/octothorpe/octothorpe/internal/proxy"
)

// runProxy is `octothorpe proxy`: it runs until it is told to stop, and reads its
// configuration again on HUP.
func runProxy(args []string, out, errOut io.Writer) int {
	flags := flag.NewFlagSet("proxy", flag.ContinueOnError)
	flags.SetOutput(errOut)
	path := flags.String("c", "proxy.yaml", "the configuration `file`")
	check := flags.Bool("check", false, "say what is wrong with it, and no more")
	debug := flags.Bool("d", false, "log more")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return 0
		}
		return 2
	}
	if flags.NArg() > 0 {
		fmt.Fprintf(errOut, "%q is no option; see -h\n", flags.Arg(0))
		return 2
	}
	config, err := proxy.Load(*path)
	if err != nil {
		fmt.Fprintln(errOut, err)
		return 1
	}
	if *check {
		fmt.Fprintf(out, "%s is in order\n", *path)
		return 0
	}
	level := slog.LevelInfo
	if *debug {
		level = slog.LevelDebug
	}
	logger := slog.New(slog.NewTextHandler(errOut, &slog.HandlerOptions{Level: level}))
	logger.Info("the proxy starts", "configuration", *path)
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, syscall.SIGHUP, syscall.SIGTERM, syscall.SIGINT)
	defer signal.Stop(signals)
	p, err := proxy.New(config, logger)
	if err != nil {
		fmt.Fprintln(errOut, err)
		return 1
	}
	defer p.Close()
	for s := range signals {
		if s != syscall.SIGHUP {
			return 0
		}
		if config, err = proxy.Load(*path); err == nil {
			err = p.Reload(config)
		}
		if err != nil {
			logger.Error("the configuration stays as it was", "error", err)
			continue
		}
		logger.Info("followed the configuration", "file", *path)
	}
	return 0
}
