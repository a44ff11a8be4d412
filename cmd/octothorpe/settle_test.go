package main

import (
	"bufio"
	"os"
	"slices"
	"strings"
	"testing"
)

func TestUntouched(t *testing.T) {
	const text = `00402000-01f95000 r-xp 00002000 fe:00 10412329                           /opt/octothorpe
Rss:               21560 kB
Anonymous:             0 kB
01f95000-03f45000 r--p 01b95000 fe:00 10412329                           /opt/octothorpe
Anonymous:             0 kB
VmFlags: rd mr mw me sd
03f45000-03f46000 r--p 03b45000 fe:00 10412329                           /opt/octothorpe
Anonymous:             4 kB
03f46000-04e02000 rw-p 03b45000 fe:00 10412329                           /opt/octothorpe
Anonymous:             0 kB
05f46000-06e02000 r--s 03b45000 fe:00 10412329                           /opt/octothorpe
Anonymous:             0 kB
07402000-08f95000 r-xp 00002000 fe:00 10412329                           /lib/other.so
Anonymous:             0 kB
27d275c00000-27d276c00000 rw-p 00000000 00:00 0 
Anonymous:             0 kB
x-y r-xp 00002000 fe:00 1 /opt/octothorpe
Anonymous:             0 kB
nonsense
`
	got := untouched(bufio.NewScanner(strings.NewReader(text)), "/opt/octothorpe")
	if want := []mapping{{0x402000, 0x1b93000}, {0x1f95000, 0x1fb0000}}; !slices.Equal(got, want) {
		t.Errorf("%x, want %x", got, want)
	}
}

// What was given back is there again when it is used: programs that others start, which are
// found by way of the C library where there is one, too.
func TestSettleKeepsTheProgram(t *testing.T) {
	unmapProgram()
	TestUntouched(t)
	if _, err := os.Hostname(); err != nil {
		t.Error(err)
	}
}
