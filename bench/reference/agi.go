package main

import (
	"context"
	"errors"
	"fmt"
	"io"
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
	agiCalls    = 2000 // calls by Originate, each with a session
	agiAtOnce   = 50   // of these: 100 a second, since Answer waits half a second for sound
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
	five := &counted{program(5), make(chan struct{}, agiCalls)}
	mux.Handle("five", five)
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
		{"agi-phone", "agifive", traffic.Order{Count: w.Calls / 2, Rate: w.CallRate, TheyEnd: true}, float64(w.Calls / 2)},
	} {
		m.order.Number = m.number
		used, err := w.cost(m.name, func() error { return w.place(m.order, 5*time.Minute) })
		if err != nil {
			return fmt.Errorf("%s: %w", m.number, err)
		}
		w.results[m.name] = microseconds(used) / m.count
	}
	return w.originated(five)
}

// originated has calls of Local channels made by the manager interface, each of which runs one
// short session, some at once. Its client hears no events.
func (w *worker) originated(five *counted) error {
	conn, r, err := login(bootPatience)
	if err != nil {
		return err
	}
	defer conn.Close()
	go func() { _, _ = io.Copy(io.Discard, r) }()
	_, _ = io.WriteString(conn, "Action: Events\r\nEventMask: off\r\n\r\n")
	place := func(count int) error {
		five.drain()
		begun := 0
		for ended := 0; ended < count; {
			for ; begun < count && begun-ended < agiAtOnce; begun++ {
				if _, err := io.WriteString(conn, "Action: Originate\r\nChannel: Local/agifive@bench\r\nApplication: Wait\r\nData: 60\r\nAsync: true\r\n\r\n"); err != nil {
					return err
				}
			}
			select {
			case <-five.ended:
				ended++
			case <-time.After(patience):
				return fmt.Errorf("%d of %d sessions ended", ended, count)
			}
		}
		return nil
	}
	if err := place(warmUp); err != nil {
		return err
	}
	used, err := w.cost("agi-originate", func() error { return place(agiCalls) })
	w.results["agi-originate"] = microseconds(used) / agiCalls
	return err
}

// counted is a program that tells of each session that has ended.
type counted struct {
	agi.Handler
	ended chan struct{}
}

// ServeAGI implements agi.Handler.
func (c *counted) ServeAGI(ctx context.Context, s *agi.Session) error {
	err := c.Handler.ServeAGI(ctx, s)
	select {
	case c.ended <- struct{}{}:
	default: // nobody counts
	}
	return err
}

func (c *counted) drain() {
	for len(c.ended) > 0 {
		<-c.ended
	}
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
