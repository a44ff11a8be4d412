package main

import (
	"os"
	"syscall"
	"testing"
)

// A descriptor that was inherited is not handed on.
func TestKeepDescriptors(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	flags := func() uintptr {
		n, _, errno := syscall.Syscall(syscall.SYS_FCNTL, r.Fd(), syscall.F_GETFD, 0)
		if errno != 0 {
			t.Fatal(errno)
		}
		return n
	}
	if _, _, errno := syscall.Syscall(syscall.SYS_FCNTL, r.Fd(), syscall.F_SETFD, 0); errno != 0 || flags()&syscall.FD_CLOEXEC != 0 {
		t.Fatal(errno)
	}
	if keepDescriptors(); flags()&syscall.FD_CLOEXEC == 0 {
		t.Error("it would be handed on")
	}
}
