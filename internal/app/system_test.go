package app

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A command whose caller hangs up is not cut short, and its leg waits for it: what
// Asterisk 22 does.
func TestACommandOutlivesItsCaller(t *testing.T) {
	dir := t.TempDir()
	pipe, made := filepath.Join(dir, "pipe"), filepath.Join(dir, "made")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	x := newExchange(t, "[test]\nexten => run,1,System(cat "+pipe+" > "+made+")\nsame => n,NoOp(never)\nexten => h,1,NoOp(${SYSTEMSTATUS})\n")
	c, _ := x.call(t, "run")
	w, err := os.OpenFile(pipe, os.O_WRONLY, 0) // returns when the command reads
	if err != nil {
		t.Fatal(err)
	}
	c.Hangup(16)
	if x.Channels.Find(c.Name()) == nil {
		t.Error("the leg is gone before its command has ended")
	}
	if _, err := w.WriteString("whole\n"); err != nil {
		t.Error(err)
	}
	_ = w.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := x.Channels.Shutdown(ctx, 16); err != nil {
		t.Error(err)
	}
	if text, err := os.ReadFile(made); strings.TrimSpace(string(text)) != "whole" {
		t.Errorf("the command made %q, %v", text, err)
	}
	if got := x.heard(); got != "SUCCESS" {
		t.Errorf("heard %q, want SUCCESS at h alone", got)
	}
}
