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
	maps, err := os.Open("/proc/self/smaps")
	if err != nil {
		return
	}
	defer maps.Close()
	for _, m := range untouched(bufio.NewScanner(maps), self) {
		_, _, _ = syscall.Syscall(syscall.SYS_MADVISE, m.from, m.size, syscall.MADV_DONTNEED)
	}
}

// A mapping is a piece of the address space, in bytes.
type mapping struct{ from, size uintptr }

// untouched reads /proc/PID/smaps for the mappings of file whose pages can be read from it
// again: nobody can write to them, and nobody has. What the dynamic linker wrote and then made
// read-only, as addresses of functions, is nowhere else.
func untouched(lines *bufio.Scanner, file string) (list []mapping) {
	var m mapping
	candidate := false
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) >= 5 && strings.Contains(fields[0], "-") {
			m, candidate = readOnly(fields, file)
		} else if candidate && len(fields) == 3 && fields[0] == "Anonymous:" {
			if fields[1] == "0" {
				list = append(list, m)
			}
			candidate = false
		}
	}
	return list
}

// readOnly reads the first line of a mapping, in fields, and reports whether it is one of file,
// this process's own, and not to be written to.
func readOnly(fields []string, file string) (m mapping, ok bool) {
	if len(fields) < 6 || strings.Join(fields[5:], " ") != file || len(fields[1]) != 4 || fields[1][1] != '-' || fields[1][3] != 'p' {
		return m, false
	}
	low, high, _ := strings.Cut(fields[0], "-")
	a, err := strconv.ParseUint(low, 16, 64)
	b, err2 := strconv.ParseUint(high, 16, 64)
	if err != nil || err2 != nil || b <= a {
		return m, false
	}
	return mapping{uintptr(a), uintptr(b - a)}, true
}
