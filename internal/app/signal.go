package app

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
)

// waiting are the applications that wait for something other than the leg.
func (h *House) waiting() []Application {
	return []Application{
		{Row: row("Signal", "app_signal", "Wake up the legs that wait for a signal", "Signal(name[,payload])"), Run: h.signal},
		{Row: row("WaitForSignal", "app_signal", "Wait for a signal", "WaitForSignal(name[,seconds])"), Run: h.waitForSignal},
		{Row: row("WaitUntil", "app_waituntil", "Wait until a time", "WaitUntil(epoch)"), Run: h.waitUntil},
		{Row: row("WaitForCondition", "app_waitforcond", "Wait until a condition holds",
			"WaitForCondition(replacement,expression[,timeout[,interval]])"), Run: h.waitForCondition},
	}
}

// signals are the legs that wait for a signal, by its name. A waiter takes one
// payload; its channel holds it.
type signals struct {
	mu      sync.Mutex // a leaf
	waiting map[string][]chan string
}

func (s *signals) wait(name string) (news chan string, stop func()) {
	news = make(chan string, 1)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.waiting == nil {
		s.waiting = map[string][]chan string{}
	}
	s.waiting[name] = append(s.waiting[name], news)
	return news, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		for i, other := range s.waiting[name] {
			if other == news {
				s.waiting[name] = append(s.waiting[name][:i], s.waiting[name][i+1:]...)
				break
			}
		}
		if len(s.waiting[name]) == 0 {
			delete(s.waiting, name)
		}
	}
}

// send wakes all who wait, and tells how many they are.
func (s *signals) send(name, payload string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := len(s.waiting[name])
	for _, news := range s.waiting[name] {
		select {
		case news <- payload:
		default: // it was woken a moment ago
		}
	}
	return n
}

func (h *House) signal(_ context.Context, c *channel.Channel, data string) error {
	name, payload, _ := strings.Cut(data, ",")
	if name == "" {
		h.Logger.Warn("Signal requires an argument (signal name)", "channel", c.Name())
		return ErrHangup
	}
	status := "FAILURE"
	if h.signals.send(name, payload) > 0 {
		status = "SUCCESS"
	}
	c.SetVariable("SIGNALSTATUS", status)
	return nil
}

func (h *House) waitForSignal(ctx context.Context, c *channel.Channel, data string) error {
	args := command.SplitArgs(data, 2)
	if command.Arg(args, 0) == "" {
		h.Logger.Warn("WaitForSignal requires an argument (signal name)", "channel", c.Name())
		return ErrHangup
	}
	var limit <-chan time.Time
	if d, err := seconds(command.Arg(args, 1)); err == nil && d > 0 {
		timer := time.NewTimer(d)
		defer timer.Stop()
		limit = timer.C
	}
	news, stop := h.signals.wait(args[0])
	defer stop()
	payload, signalled := "", false
	err := during(ctx, c, func(ctx context.Context) error {
		select {
		case payload = <-news:
			signalled = true
		case <-limit:
		case <-ctx.Done():
		}
		return nil
	}, nil)
	switch {
	case err != nil:
		c.SetVariable("WAITFORSIGNALSTATUS", "HANGUP")
		return err
	case signalled:
		setVariables(c, "WAITFORSIGNALSTATUS", "SIGNALED", "WAITFORSIGNALPAYLOAD", payload)
	default:
		c.SetVariable("WAITFORSIGNALSTATUS", "TIMEOUT")
	}
	return nil
}

func (h *House) waitUntil(ctx context.Context, c *channel.Channel, data string) error {
	at, rest, ok := number(data)
	if !ok || rest != "" {
		h.Logger.Warn("WaitUntil called with non-numeric argument", "channel", c.Name())
		c.SetVariable("WAITUNTILSTATUS", "FAILURE")
		return nil
	}
	left := times(at-float64(time.Now().UnixMicro())/1e6, time.Second)
	if left <= 0 {
		c.SetVariable("WAITUNTILSTATUS", "PAST")
		return nil
	}
	if err := wait(ctx, c, left); err != nil {
		c.SetVariable("WAITUNTILSTATUS", "HANGUP")
		return err
	}
	c.SetVariable("WAITUNTILSTATUS", "OK")
	return nil
}

// leastInterval is how often a condition is looked at, at most.
const leastInterval = time.Millisecond

// waitForCondition expands an expression, in which a character stands for $, again and
// again until it is true.
func (h *House) waitForCondition(ctx context.Context, c *channel.Channel, data string) error {
	args := command.SplitArgs(data, 2)
	mark, rest := command.Arg(args, 0), ""
	if len(args) > 1 {
		rest = data[strings.IndexByte(data, ',')+1:]
	}
	expression, limit, every, ok := conditionArgs(rest)
	if len(mark) != 1 || !ok {
		h.Logger.Warn("WaitForCondition requires a replacement character and an expression", "channel", c.Name())
		c.SetVariable("WAITFORCONDITIONSTATUS", "FAILURE")
		return nil
	}
	expression = strings.ReplaceAll(expression, mark, "$")
	began := time.Now()
	for {
		if Truth(h.Dialplan.Expand(ctx, c, expression)) {
			c.SetVariable("WAITFORCONDITIONSTATUS", "TRUE")
			return nil
		}
		pause := every
		if limit > 0 {
			left := limit - time.Since(began)
			if left <= 0 {
				c.SetVariable("WAITFORCONDITIONSTATUS", "TIMEOUT")
				return nil
			}
			pause = min(pause, left)
		}
		if err := wait(ctx, c, pause); err != nil {
			c.SetVariable("WAITFORCONDITIONSTATUS", "HANGUP")
			return err
		}
	}
}

// conditionArgs reads "expression[,timeout[,interval]]"; quotes stay in the expression.
func conditionArgs(text string) (expression string, limit, every time.Duration, ok bool) {
	end, depth := len(text), 0
	for i := 0; i < len(text) && end == len(text); i++ {
		switch text[i] {
		case '[', '{', '(':
			depth++
		case ']', '}', ')':
			depth--
		case ',':
			if depth == 0 {
				end = i
			}
		}
	}
	expression, every = text[:end], 500*time.Millisecond
	if end < len(text) {
		times := strings.Split(text[end+1:], ",")
		if d, err := seconds(times[0]); err == nil {
			limit = d
		}
		if d, err := seconds(command.Arg(times, 1)); err == nil && d > 0 {
			every = d
		}
	}
	return expression, limit, max(every, leastInterval), expression != ""
}
