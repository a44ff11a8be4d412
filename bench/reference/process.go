package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// tick is the unit of /proc/PID/stat on every Linux (USER_HZ is 100).
const tick = 10 * time.Millisecond

// process is a running server, as /proc shows it.
type process int

// stat is the fields of /proc/PID/stat, counted from 1 as in proc(5).
func (p process) stat() (func(n int) int64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p))
	if err != nil {
		return nil, err
	}
	fields := bytes.Fields(text[bytes.LastIndexByte(text, ')')+1:]) // the name may have spaces
	if len(fields) < 20 {
		return nil, fmt.Errorf("/proc/%d/stat has %d fields", p, len(fields))
	}
	return func(n int) int64 {
		v, _ := strconv.ParseInt(string(fields[n-3]), 10, 64)
		return v
	}, nil
}

// cpu is the processor time that all threads have used, user and system.
func (p process) cpu() (time.Duration, error) {
	field, err := p.stat()
	if err != nil {
		return 0, err
	}
	return time.Duration(field(14)+field(15)) * tick, nil
}

// age is for how long the process has lived, to a tick.
func (p process) age() (time.Duration, error) {
	field, err := p.stat()
	if err != nil {
		return 0, err
	}
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &now); err != nil {
		return 0, err
	}
	return time.Duration(now.Nano()) - time.Duration(field(22))*tick, nil
}

// resident is the memory that the process holds, in bytes.
func (p process) resident() (int64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kib, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			return kib << 10, err
		}
	}
	return 0, fmt.Errorf("/proc/%d/status has no VmRSS", p)
}

// findHere finds the process of a name that is oldest in our network namespace.
func findHere(name string) (process, error) {
	here, err := os.Readlink("/proc/self/ns/net")
	if err != nil {
		return 0, err
	}
	folders, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return 0, err
	}
	found, born := process(0), int64(0)
	for _, folder := range folders {
		comm, _ := os.ReadFile(filepath.Join(folder, "comm"))
		space, _ := os.Readlink(filepath.Join(folder, "ns/net"))
		if strings.TrimSpace(string(comm)) != name || space != here {
			continue
		}
		pid, _ := strconv.Atoi(filepath.Base(folder))
		field, err := process(pid).stat()
		if err == nil && (found == 0 || field(22) < born) {
			found, born = process(pid), field(22)
		}
	}
	if found == 0 {
		return 0, errors.New("no process " + name + " runs in this network namespace")
	}
	return found, nil
}
