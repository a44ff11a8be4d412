package exchange

import (
	"fmt"
	"math"
	"strconv"
	"syscall"

	"github.com/octothorpe/octothorpe/internal/command"
)

// A limit is one of the process, as the console's "ulimit" names it.
type limit struct {
	number  int
	title   string
	mutable bool
}

var limits = map[string]limit{
	"data":        {syscall.RLIMIT_DATA, "Program data segment", false},
	"file":        {syscall.RLIMIT_FSIZE, "File size", true},
	"memory":      {rlimitMemory, "Resident memory", false},
	"stack":       {syscall.RLIMIT_STACK, "Program stack size", false},
	"time":        {syscall.RLIMIT_CPU, "Cpu time", false},
	"processes":   {rlimitProcesses, "Number of processes", true},
	"virtual":     {syscall.RLIMIT_AS, "Virtual memory", false},
	"core":        {syscall.RLIMIT_CORE, "Core file size", true},
	"descriptors": {syscall.RLIMIT_NOFILE, "Number of file descriptors", true},
}

// Of Linux; package syscall does not name them.
const (
	rlimitMemory    = 5
	rlimitProcesses = 6
)

// showLimit prints a limit, or sets it for as long as the process lives. The
// reference prints nothing where none is named.
func showLimit(r *command.ConsoleRequest) error {
	if len(r.Args) == 0 {
		return nil
	}
	name := r.Args[0]
	l, ok := limits[name]
	if !ok {
		return command.Refusal("Unknown resource")
	}
	var now syscall.Rlimit
	if err := syscall.Getrlimit(l.number, &now); err != nil {
		return fmt.Errorf("limit %s: %w", name, err)
	}
	if len(r.Args) == 1 {
		if now.Cur == math.MaxUint64 {
			fmt.Fprintf(r.Out, "%s (%s) is effectively unlimited.\n", l.title, name)
		} else {
			fmt.Fprintf(r.Out, "%s (%s) is limited to %d.\n", l.title, name, now.Cur)
		}
		return nil
	}
	if !l.mutable {
		return command.Refusal("Resource not permitted to be set")
	}
	n, err := strconv.ParseUint(r.Args[1], 10, 64)
	if err != nil {
		return &command.UsageError{}
	}
	now.Cur = n
	if err := syscall.Setrlimit(l.number, &now); err != nil {
		return command.Refusal("Could not set resource limit: " + err.Error())
	}
	return nil
}
