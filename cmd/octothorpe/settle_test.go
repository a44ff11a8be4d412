package main

import "testing"

func TestReadOnly(t *testing.T) {
	for _, c := range []struct {
		line string
		size uintptr
	}{
		{"00402000-01f95000 r-xp 00002000 fe:00 10412329                           /opt/octothorpe", 0x1b93000},
		{"01f95000-03f45000 r--p 01b95000 fe:00 10412329                           /opt/octothorpe", 0x1fb0000},
		{"03f46000-04e02000 rw-p 03b45000 fe:00 10412329                           /opt/octothorpe", 0}, // what was written is nowhere else
		{"03f46000-04e02000 r--s 03b45000 fe:00 10412329                           /opt/octothorpe", 0},
		{"00402000-01f95000 r-xp 00002000 fe:00 10412329                           /lib/other.so", 0},
		{"27d275c00000-27d276c00000 rw-p 00000000 00:00 0 ", 0},
		{"nonsense", 0},
		{"x-y r-xp 00002000 fe:00 1 /opt/octothorpe", 0},
		{"", 0},
	} {
		if _, size, ok := readOnly(c.line, "/opt/octothorpe"); size != c.size || ok != (c.size > 0) {
			t.Errorf("%q: %#x, %v", c.line, size, ok)
		}
	}
}

// What was given back is there again when it is used.
func TestSettleKeepsTheProgram(t *testing.T) {
	unmapProgram()
	TestReadOnly(t)
}
