package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// A kind of server is started with a configuration and a port.
type kind struct {
	name  string
	start func(file string, port int) *exec.Cmd
	quiet time.Duration // after so long without a message it has said all
	slow  bool          // it is given less to do
}

// A server runs until it is stopped.
type server struct {
	kind
	cmd     *exec.Cmd
	address string
	file    string
	log     *bytes.Buffer
	dir     string
	exited  chan struct{}
}

// run starts a server and waits until it listens.
func (k kind) run(ctx context.Context, text string) (*server, error) {
	dir, err := os.MkdirTemp("", "bench-sdn")
	if err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	port := l.Addr().(*net.TCPAddr).Port
	l.Close()
	s := &server{kind: k, file: filepath.Join(dir, "faucet.yaml"), dir: dir, address: fmt.Sprintf("127.0.0.1:%d", port), log: &bytes.Buffer{}, exited: make(chan struct{})}
	if err := os.WriteFile(s.file, []byte(text), 0o644); err != nil {
		return nil, err
	}
	s.cmd = k.start(s.file, port)
	s.cmd.Stdout, s.cmd.Stderr = s.log, s.log
	if err := s.cmd.Start(); err != nil {
		return nil, fmt.Errorf("%s: %w", k.name, err)
	}
	go func() { s.cmd.Wait(); close(s.exited) }()
	for {
		if c, err := net.Dial("tcp", s.address); err == nil {
			c.Close()
			return s, nil
		}
		select {
		case <-s.exited:
			return nil, fmt.Errorf("%s ended:\n%s", k.name, s.log)
		case <-ctx.Done():
			s.stop()
			return nil, fmt.Errorf("%s does not listen:\n%s", k.name, s.log)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (s *server) stop() {
	s.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-s.exited:
	case <-time.After(10 * time.Second):
		s.cmd.Process.Kill()
		<-s.exited
	}
	os.RemoveAll(s.dir)
}

// cpu is the processor time that the server has used, user and system.
func (s *server) cpu() (time.Duration, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	if len(fields) < 13 {
		return 0, errors.New("/proc/PID/stat is too short")
	}
	user, err1 := strconv.Atoi(fields[11])
	system, err2 := strconv.Atoi(fields[12])
	return time.Duration(user+system) * 10 * time.Millisecond, errors.Join(err1, err2)
}

// resident is the memory that it holds, in bytes.
func (s *server) resident() (int64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kib, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			return kib << 10, err
		}
	}
	return 0, errors.New("/proc/PID/status has no VmRSS")
}
