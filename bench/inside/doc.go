// Package inside runs the exchange in a process of a benchmark's own, so that what it
// uses can be told from what its phones and clients use.
//
// A benchmark that starts its own executable again calls [Serve] there. It is called
// once in a process.
package inside

import (
	"os"
	"os/signal"
	"syscall"

	"github.com/octothorpe/octothorpe/internal/exchange"
)

// Serve is the exchange with the asterisk.conf at config, until SIGTERM or SIGINT ends
// it. started is called once it is up.
func Serve(config string, started func()) error {
	x, err := exchange.New(exchange.Options{Config: config, Version: "bench"})
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
	started()
	x.Wait()
	return nil
}
