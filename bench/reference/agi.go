package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"time"

	"github.com/octothorpe/octothorpe/agi"
	"github.com/octothorpe/octothorpe/bench/traffic"
)

const (
	agiAt       = "127.0.0.1:4573"
	agiSessions = 100  // at once
	agiCommands = 1500 // of each of them
	agiTurns    = 2000 // sessions of a single call, one after the other
)

// gateway measures AGI: commands of many sessions at once, short sessions in a loop,
// and short sessions with a call of their own. The program is this process.
func (w *worker) gateway() (err error) {
	ctx, cancel := context.WithCancel(context.Background())
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", agiAt)
	if err != nil {
		cancel()
		return err
	}
	var mux agi.Mux
	mux.Handle("many", program(agiCommands))
	mux.Handle("five", program(5))
	ended := make(chan error, 1)
	go func() { ended <- (&agi.Server{Handler: &mux}).Serve(ctx, l) }()
	defer func() {
		cancel()
		err = errors.Join(err, <-ended)
	}()
	for _, m := range []struct {
		name, number string
		order        traffic.Order
		count        float64
	}{
		{"agi-command", "agimany", traffic.Order{Count: agiSessions, Rate: callRate, TheyEnd: true}, agiSessions * agiCommands},
		{"agi-session", "agiloop", traffic.Order{Count: 1, TheyEnd: true}, agiTurns},
		{"agi-call", "agifive", traffic.Order{Count: w.Calls / 2, Rate: w.CallRate, TheyEnd: true}, float64(w.Calls / 2)},
	} {
		m.order.Number = m.number
		used, err := w.cost(m.name, func() error { return w.place(m.order, 5*time.Minute) })
		if err != nil {
			return fmt.Errorf("%s: %w", m.number, err)
		}
		w.results[m.name] = microseconds(used) / m.count
	}
	return nil
}

// program sends so many commands: no-ops, variables set and variables read, in turn.
func program(commands int) agi.Handler {
	return agi.HandlerFunc(func(ctx context.Context, s *agi.Session) error {
		for i := range commands {
			var err error
			switch i % 3 {
			case 0:
				err = s.NoOp(ctx)
			case 1:
				err = s.SetVariable(ctx, "I", strconv.Itoa(i))
			default:
				var value string
				if value, _, err = s.GetVariable(ctx, "I"); err == nil && value != strconv.Itoa(i-1) {
					err = fmt.Errorf("the variable is %q", value)
				}
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}
