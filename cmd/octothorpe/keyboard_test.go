package main

import (
	"bufio"
	"io"
	"testing"
)

// A console that ends while it waits for keys leaves them to the next, and none reads
// more than it is asked for: the terminal may be a program's meanwhile.
func TestKeyboard(t *testing.T) {
	in, user := io.Pipe()
	k := newKeyboard(in)
	over := make(chan struct{})
	close(over)
	if n, err := k.until(over).Read(make([]byte, 8)); n != 0 || err != io.EOF {
		t.Errorf("a console whose exchange is gone reads %d bytes, %v", n, err)
	}
	go func() {
		_, _ = user.Write([]byte("core show uptime\n"))
		_, _ = user.Write([]byte("exit\n"))
		_ = user.Close()
	}()
	lines := bufio.NewScanner(k.until(make(chan struct{})))
	for _, want := range []string{"core show uptime", "exit"} {
		if !lines.Scan() || lines.Text() != want {
			t.Errorf("line %q, want %q", lines.Text(), want)
		}
	}
	if lines.Scan() || lines.Err() != nil {
		t.Errorf("after the end: %q, %v", lines.Text(), lines.Err())
	}
}
