package exchange

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/octothorpe/octothorpe/internal/command"
)

// The rates at which timing test lets a timer tick, in ticks a second.
const (
	usualRate = 50
	mostRate  = 1000
)

// timingCommands is the console command that measures for a second how a timer ticks.
func timingCommands() []command.Console {
	return []command.Console{{Row: command.Row{Name: "timing test", Syntax: "timing test [<rate>]", Synopsis: "Test a timer for a second", Module: "res_timing_timerfd",
		Description: fmt.Sprintf("<rate> is how often it ticks in a second, %d unless it is given.", usualRate)}, Run: testTiming}}
}

func testTiming(ctx context.Context, r *command.ConsoleRequest) error {
	if len(r.Args) > 1 {
		return &command.UsageError{}
	}
	rate := usualRate
	if len(r.Args) == 1 {
		n, err := strconv.Atoi(r.Args[0])
		if err != nil || n < 1 || n > mostRate {
			fmt.Fprintf(r.Out, "Invalid rate '%s', using default of %d\n", r.Args[0], usualRate)
		} else {
			rate = n
		}
	}
	fmt.Fprintf(r.Out, "Attempting to test a timer with %d ticks per second.\nUsing the 'runtime' timing module for this test.\n", rate)
	began, ticks := time.Now(), 0
	timer := time.NewTicker(time.Second / time.Duration(rate))
	defer timer.Stop()
	for time.Since(began) < time.Second {
		select {
		case <-timer.C:
			ticks++
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	fmt.Fprintf(r.Out, "It has been %d milliseconds, and we got %d timer ticks\n", time.Since(began).Milliseconds(), ticks)
	return nil
}
