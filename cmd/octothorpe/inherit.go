package main

import (
	"os"
	"strconv"
	"syscall"
)

// keepDescriptors keeps what the program was started with, beside standard input and output, from the scripts that it
// starts itself: they would hold it open, and could read it.
func keepDescriptors() {
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return // no Linux
	}
	for _, e := range list {
		if fd, err := strconv.Atoi(e.Name()); err == nil && fd > 2 {
			syscall.CloseOnExec(fd)
		}
	}
}
