package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/bench/inside"
)

// serve is our exchange in this program, which profiles itself when a line on its
// standard input tells it to: "begin PATH" and "end".
func serve() error {
	return inside.Serve(os.Getenv(scratchEnv), func() { go obey() })
}

const lastProfile = ".goroutines" // is written last

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
			err = writeMemory(path + ".memory")
			runtime.GC()
			err = errors.Join(err, look("heap", path+".heap", 0), look("goroutine", path+lastProfile, 1))
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
	}
}

// writeMemory tells what the process's memory is used for.
func writeMemory(path string) error {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return os.WriteFile(path, fmt.Appendf(nil, "heap in use %d KiB, idle %d, of that given back %d, live after the last collection %d, next at %d\n"+
		"stacks %d KiB, spans %d, caches %d, other %d, collector %d\ncollections %d, goroutines %d\n",
		m.HeapInuse>>10, m.HeapIdle>>10, m.HeapReleased>>10, m.HeapAlloc>>10, m.NextGC>>10,
		m.StackSys>>10, m.MSpanSys>>10, m.MCacheSys>>10, (m.OtherSys+m.BuckHashSys)>>10, m.GCSys>>10, m.NumGC, runtime.NumGoroutine()), 0o644)
}

func (o *ours) profile(name string) (func() error, error) {
	if o.ask == nil {
		return func() error { return nil }, nil
	}
	path := filepath.Join(o.settings.Profile, name)
	last := path + lastProfile
	_ = os.Remove(last) // of an earlier run, if there is one
	if _, err := fmt.Fprintf(o.ask, "begin %s\n", path); err != nil {
		return nil, err
	}
	return func() error {
		if _, err := fmt.Fprintln(o.ask, "end"); err != nil {
			return err
		}
		for range 100 {
			if _, err := os.Stat(last); err == nil {
				return nil
			}
			time.Sleep(100 * time.Millisecond)
		}
		return fmt.Errorf("no profile in %s", last)
	}, nil
}

// look writes a profile of what there is now.
func look(name, path string, detail int) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(pprof.Lookup(name).WriteTo(f, detail), f.Close())
}
