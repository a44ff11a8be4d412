package main

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// configEnv, if it is set, has this program be the exchange, with that asterisk.conf.
const configEnv = "OCTOTHORPE_CENTRE"

// server is the exchange in its process.
type server struct {
	dir      string     // everything of it lies there
	asterisk *reference // in the place of ours, or nil
	logs     string     // where its records are, if that is elsewhere
	command  *exec.Cmd
	sip      netip.AddrPort
	manager  string
}

// freePort finds a port that is free for UDP and TCP, most likely still in a moment.
func freePort() (netip.AddrPort, error) {
	for range 100 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return netip.AddrPort{}, err
		}
		a := l.Addr().(*net.TCPAddr).AddrPort()
		c, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(a))
		_ = l.Close()
		if err == nil {
			return a, c.Close()
		}
	}
	return netip.AddrPort{}, errors.New("no free port")
}

func newServer(dir string) (*server, error) {
	sip, err := freePort()
	if err != nil {
		return nil, err
	}
	manager, err := freePort()
	return &server{dir: dir, sip: sip, manager: manager.String()}, err
}

func (s *server) path(name string) string {
	if s.logs != "" {
		return filepath.Join(s.logs, name)
	}
	return filepath.Join(s.dir, name)
}

// start runs the exchange and returns when it is ready.
func (s *server) start(files map[string]string) error {
	if s.asterisk != nil {
		return s.startReference(files)
	}
	var conf strings.Builder
	conf.WriteString("[directories]\n")
	for _, key := range []string{"astetcdir", "astvarlibdir", "astdbdir", "astdatadir", "astspooldir", "astrundir", "astlogdir", "astcachedir"} {
		fmt.Fprintf(&conf, "%s => %s\n", key, s.dir)
	}
	files["asterisk.conf"] = conf.String()
	for name, text := range files {
		if err := os.WriteFile(s.path(name), []byte(text), 0o600); err != nil {
			return err
		}
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	said, err := os.Create(s.path("said"))
	if err != nil {
		return err
	}
	defer said.Close()
	s.command = exec.Command(self)
	s.command.Env = append(os.Environ(), configEnv+"="+s.path("asterisk.conf"))
	s.command.Stdout, s.command.Stderr = said, said
	s.command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	if err := s.command.Start(); err != nil {
		return err
	}
	for end := time.Now().Add(2 * time.Minute); ; time.Sleep(20 * time.Millisecond) {
		text, _ := os.ReadFile(s.path("said"))
		switch {
		case strings.Contains(string(text), "ready\n"):
			return nil
		case time.Now().After(end), s.command.Process.Signal(syscall.Signal(0)) != nil:
			return errors.Join(fmt.Errorf("the exchange does not start:\n%s", text), s.stop())
		}
	}
}

// startReference is start for a real Asterisk.
func (s *server) startReference(files map[string]string) error {
	etc := filepath.Join(s.dir, "etc")
	if err := os.Mkdir(etc, 0o755); err != nil {
		return err
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(etc, name), []byte(text), 0o600); err != nil {
			return err
		}
	}
	var err error
	s.logs, err = s.asterisk.start(etc)
	return err
}

// stop ends the exchange, which then has written all its records.
func (s *server) stop() error {
	if s.asterisk != nil {
		return s.asterisk.stop()
	}
	if s.command == nil {
		return nil
	}
	_ = s.command.Process.Signal(syscall.SIGTERM)
	late := time.AfterFunc(2*time.Minute, func() { _ = s.command.Process.Kill() })
	defer late.Stop()
	err := s.command.Wait()
	s.command = nil
	return err
}

// used is the processor time of the exchange, which has ended, and the most memory that it had, in bytes.
func used(p *os.ProcessState) (cpu time.Duration, memory int64) {
	if u, ok := p.SysUsage().(*syscall.Rusage); ok {
		memory = u.Maxrss << 10
	}
	return p.UserTime() + p.SystemTime(), memory
}
