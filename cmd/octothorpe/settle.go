package main

import (
	"bufio"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// settleAfter is when what only the start needed is given back.
const settleAfter = time.Second

// settleLook returns a look that gives back, once, what only the start needed: its garbage,
// and the pages of the program's own file, which the system maps in large pieces around what
// is read. What is used again is mapped again, from memory: the file stays cached.
func settleLook() func() {
	began, done := time.Now(), false
	return func() {
		if !done && time.Since(began) >= settleAfter {
			done = true
			debug.FreeOSMemory()
			unmapProgram()
		}
	}
}

// unmapProgram tells the system that no page of the program's file that cannot be written
// to is needed just now. Where it can't be told, memory stays as it is.
func unmapProgram() {
	self, err := os.Readlink("/proc/self/exe")
	if err != nil {
		return
	}
	maps, err := os.Open("/proc/self/maps")
	if err != nil {
		return
	}
	defer maps.Close()
	for lines := bufio.NewScanner(maps); lines.Scan(); {
		if from, size, ok := readOnly(lines.Text(), self); ok {
			_, _, _ = syscall.Syscall(syscall.SYS_MADVISE, from, size, syscall.MADV_DONTNEED)
		}
	}
}

// readOnly reads a line of /proc/PID/maps and reports whether it is a mapping of file that
// nobody can write to: its pages can be read from the file again.
func readOnly(line, file string) (from, size uintptr, ok bool) {
	fields := strings.Fields(line)
	if len(fields) < 6 || strings.Join(fields[5:], " ") != file || len(fields[1]) != 4 || fields[1][1] == 'w' || fields[1][3] != 'p' {
		return 0, 0, false
	}
	low, high, _ := strings.Cut(fields[0], "-")
	a, err := strconv.ParseUint(low, 16, 64)
	b, err2 := strconv.ParseUint(high, 16, 64)
	if err != nil || err2 != nil || b <= a {
		return 0, 0, false
	}
	return uintptr(a), uintptr(b - a), true
}
