package postgrestest

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/internal/store"
)

// A Server is a running server, or one that was stopped.
type Server struct {
	store.Postgres
	t       testing.TB
	folder  string
	bin     string
	as      *syscall.Credential
	process *exec.Cmd
}

// program finds a program of PostgreSQL; Debian keeps the server's out of the PATH.
func program(name string) string {
	if path, err := exec.LookPath(name); err == nil {
		if real, err := filepath.EvalSymlinks(path); err == nil {
			return real
		}
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/" + name)
	slices.Sort(found)
	if len(found) == 0 {
		return ""
	}
	return found[len(found)-1]
}

// Start makes a server with an empty database, which ends with the test.
func Start(t testing.TB) *Server {
	t.Helper()
	initdb := program("initdb")
	if initdb == "" {
		initdb = filepath.Join(filepath.Dir(program("postgres")), "initdb")
	}
	if _, err := os.Stat(initdb); err != nil {
		t.Skip("there is no PostgreSQL here: install the package postgresql")
	}
	folder, err := os.MkdirTemp("", "pg") // short: the path of a socket has at most 107 bytes
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(folder) })
	s := &Server{t: t, folder: folder, bin: filepath.Dir(initdb), Postgres: store.Postgres{Host: folder, Database: "postgres", User: "test"}}
	if os.Getuid() == 0 { // as root it would not start
		s.as = somebody(t)
		if err := os.Chown(folder, int(s.as.Uid), int(s.as.Gid)); err != nil {
			t.Fatal(err)
		}
	}
	c := s.command("initdb", "-D", s.data(), "-U", "test", "-A", "trust", "-E", "UTF8", "--no-locale", "-N")
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("initdb: %v\n%s", err, out)
	}
	s.Again()
	t.Cleanup(s.Stop)
	return s
}

// somebody is a user to run as: not root.
func somebody(t testing.TB) *syscall.Credential {
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, _ := strconv.ParseUint(u.Uid, 10, 32)
		gid, _ := strconv.ParseUint(u.Gid, 10, 32)
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	}
	t.Skip("there is nobody to run PostgreSQL as but root, as whom it does not run")
	return nil
}

func (s *Server) data() string { return filepath.Join(s.folder, "data") }

func (s *Server) command(name string, args ...string) *exec.Cmd {
	c := exec.Command(filepath.Join(s.bin, name), args...)
	c.Dir = s.folder
	c.SysProcAttr = &syscall.SysProcAttr{Credential: s.as, Pdeathsig: syscall.SIGQUIT}
	return c
}

// Stop ends the server at once, as one that is away.
func (s *Server) Stop() {
	if s.process == nil {
		return
	}
	_ = s.process.Process.Signal(syscall.SIGINT)
	_ = s.process.Wait()
	s.process = nil
}

// Again starts it with what it has, and returns when it can be asked.
func (s *Server) Again() {
	s.t.Helper()
	s.process = s.command("postgres", "-D", s.data(), "-k", s.folder, "-c", "listen_addresses=", "-c", "fsync=off", "-c", "max_connections=20",
		"-c", "shared_buffers=16MB", "-c", "logging_collector=off")
	if err := s.process.Start(); err != nil {
		s.t.Fatal(err)
	}
	db, err := s.Open(1)
	if err != nil {
		s.t.Fatal(err)
	}
	defer db.Close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for err = errors.New("not asked"); err != nil; {
		if err = db.PingContext(ctx); err == nil {
			return
		}
		select {
		case <-ctx.Done():
			s.t.Fatalf("PostgreSQL does not come up: %v", err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}
