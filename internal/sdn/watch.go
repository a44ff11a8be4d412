package sdn

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"
)

// A watched is a configuration that is read again when one of its files changes, or
// when somebody says so.
type watched struct {
	wanted bool // it is read again when it changes
	files  func() []string
	again  func() error

	mu   sync.Mutex // held while it is read
	seen string
}

// watch looks once a second whether the files have changed, until the context ends.
func (n *Network) watch(ctx context.Context) {
	t := time.NewTicker(time.Second)
	defer t.Stop()
	for {
		select {
		case <-t.C:
			n.faucetFile.look()
			n.gaugeFile.look()
		case <-ctx.Done():
			return
		}
	}
}

// ReloadFiles reads faucet.yaml and gauge.yaml again. One that is wrong changes
// nothing.
func (n *Network) ReloadFiles() error {
	return errors.Join(n.faucetFile.reload(), n.gaugeFile.reload())
}

func (w *watched) look() {
	if !w.wanted {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if now := stamp(w.files()); now != w.seen {
		w.seen = now
		_ = w.read() // the log has it
	}
}

func (w *watched) reload() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.read()
}

func (w *watched) read() error {
	err := w.again()
	if err == nil {
		w.seen = stamp(w.files())
	}
	return err
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
