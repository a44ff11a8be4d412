package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/octothorpe/octothorpe/agi"
)

// agiHeld is how many sessions are held at once: of 2,000 calls.
const agiHeld = 2000

// heldByPrograms is the memory of the server while programs hold many calls.
func (w *worker) heldByPrograms() (err error) {
	ctx, cancel := context.WithCancel(context.Background())
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", agiAt)
	if err != nil {
		cancel()
		return err
	}
	began, release := make(chan struct{}, agiHeld), make(chan struct{})
	hold := agi.HandlerFunc(func(ctx context.Context, s *agi.Session) error {
		if err := s.SetVariable(ctx, "HELD", "yes"); err != nil {
			return err
		}
		began <- struct{}{}
		<-release
		return nil
	})
	ended := make(chan error, 1)
	go func() { ended <- (&agi.Server{Handler: hold}).Serve(ctx, l) }()
	defer func() {
		cancel()
		err = errors.Join(err, <-ended)
	}()
	defer close(release)
	conn, r, err := login(bootPatience)
	if err != nil {
		return err
	}
	defer conn.Close()
	go func() { _, _ = io.Copy(io.Discard, r) }()
	_, _ = io.WriteString(conn, "Action: Events\r\nEventMask: off\r\n\r\n")
	const atOnce = 100
	standing := 0
	for begun := 0; standing < agiHeld; {
		for ; begun < agiHeld && begun-standing < atOnce; begun++ {
			if _, err := io.WriteString(conn, "Action: Originate\r\nChannel: Local/agihold@bench\r\nApplication: Wait\r\nData: 600\r\nAsync: true\r\n\r\n"); err != nil {
				return err
			}
		}
		select {
		case <-began:
			standing++
		case <-time.After(patience):
			return fmt.Errorf("%d of %d sessions stand", standing, agiHeld)
		}
	}
	time.Sleep(3 * time.Second) // as at rest
	resident, err := w.process.resident()
	w.results["agi-held"] = float64(resident) / (1 << 20)
	return err
}
