package main

import (
	"context"
	"os"
	"runtime"
	"time"
)

// tuneEvery is how often the process looks at itself, and so how long a sudden load
// has a single processor.
const tuneEvery = 100 * time.Millisecond

// tune lets Go code run on one processor while there is little to do, and on all
// while there is more, lets a small heap grow before it is collected, and gives back what
// only the start needed:
// docs/decisions/014-one-processor-when-quiet.md. What GOMAXPROCS or GOGC of the
// environment say is left as it is. stop ends it and puts both back.
func tune() (stop func()) {
	var looks, undo []func()
	if os.Getenv("GOMAXPROCS") == "" && runtime.GOMAXPROCS(0) > 1 {
		setProcessors(false)
		looks = append(looks, processorsLook(processorTime, setProcessors))
		undo = append(undo, func() { setProcessors(true) })
	}
	if os.Getenv("GOGC") == "" {
		looks = append(looks, heapLook(liveHeap, setGCPercent))
		undo = append(undo, func() { setGCPercent(gcUsual) })
	}
	looks = append(looks, settleLook())
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		again(ctx, looks)
	}()
	return func() {
		cancel()
		<-done
		for _, f := range undo {
			f()
		}
	}
}

// again calls the looks every tuneEvery until ctx ends.
func again(ctx context.Context, looks []func()) {
	ticker := time.NewTicker(tuneEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			for _, look := range looks {
				look()
			}
		}
	}
}
