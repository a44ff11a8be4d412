package main

import (
	"bufio"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"strings"
	"syscall"

	"github.com/octothorpe/octothorpe/internal/exchange"
)

// serve is our exchange in this program, which profiles itself when a line on its
// standard input tells it to: "begin PATH" and "end".
func serve() error {
	x, err := exchange.New(exchange.Options{Config: os.Getenv(scratchEnv), Version: "bench"})
	if err != nil {
		return err
	}
	if err := x.Start(); err != nil {
		return err
	}
	told := make(chan os.Signal, 1)
	signal.Notify(told, syscall.SIGTERM, syscall.SIGINT)
	go func() {
		<-told
		x.Stop(exchange.Now, false)
	}()
	go obey()
	x.Wait()
	return nil
}

// obey lives as long as the process.
func obey() {
	var path string
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		verb, rest, _ := strings.Cut(lines.Text(), " ")
		var err error
		if verb == "begin" {
			path = rest
			var f *os.File
			if f, err = os.Create(path + ".cpu"); err == nil {
				err = pprof.StartCPUProfile(f)
			}
		} else {
			pprof.StopCPUProfile()
			runtime.GC()
			var f *os.File
			if f, err = os.Create(path + ".heap"); err == nil {
				err = pprof.Lookup("heap").WriteTo(f, 0)
				_ = f.Close()
			}
			if f, err = os.Create(path + ".goroutines"); err == nil {
				err = pprof.Lookup("goroutine").WriteTo(f, 1)
				_ = f.Close()
			}
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
	}
}

func (o *ours) profile(name string) (func() error, error) {
	if o.ask == nil {
		return func() error { return nil }, nil
	}
	if _, err := fmt.Fprintf(o.ask, "begin %s\n", filepath.Join(o.settings.Profile, name)); err != nil {
		return nil, err
	}
	return func() error {
		_, err := fmt.Fprintln(o.ask, "end")
		return err
	}, nil
}
