//go:build unix

package agi

import (
	"os"
	"syscall"
)

// timed returns a standard stream as a file whose waiting can be ended, where it is a
// pipe or a socket. A terminal stays as it is: it is the shell's, too.
func timed(f *os.File, descriptor int) *os.File {
	info, err := f.Stat()
	if err != nil || info.Mode()&(os.ModeNamedPipe|os.ModeSocket) == 0 {
		return f
	}
	own, err := syscall.Dup(descriptor)
	if err != nil {
		return f
	}
	syscall.CloseOnExec(own)
	if err := syscall.SetNonblock(own, true); err != nil {
		_ = syscall.Close(own)
		return f
	}
	return os.NewFile(uintptr(own), f.Name())
}
