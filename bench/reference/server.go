package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

const bootPatience = time.Minute

// server is what is measured: ours or Asterisk.
type server interface {
	// start begins to run a configuration; it need not be ready on return.
	start(config string) error
	// found is its process, once it is ready.
	found() (process, error)
	// profile begins to write a profile of this name; stop ends it.
	profile(name string) (stop func() error, err error)
	stop() error
}

func newServer(role string, s settings, scratch string) server {
	if role == roleReference {
		return &asterisk{script: s.Script, release: s.Release}
	}
	return &ours{settings: s, scratch: scratch}
}

// asterisk is the real one, run by asterisk.sh.
type asterisk struct {
	script, release string
	started         chan error
}

func (a *asterisk) start(config string) error {
	a.started = make(chan error, 1)
	command := exec.Command("bash", a.script, "start", a.release, config)
	command.Stderr = os.Stderr
	go func() { a.started <- command.Run() }()
	return nil
}

func (a *asterisk) found() (process, error) {
	if err := <-a.started; err != nil {
		return 0, fmt.Errorf("%s start: %w", a.script, err)
	}
	return findHere("asterisk")
}

func (a *asterisk) profile(string) (func() error, error) { return func() error { return nil }, nil }

func (a *asterisk) stop() error {
	out, err := exec.Command("bash", a.script, "stop", a.release).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s stop: %w: %s", a.script, err, out)
	}
	return nil
}

// ours is our program or, to be profiled, this one with the exchange in it.
type ours struct {
	settings settings
	scratch  string
	command  *exec.Cmd
	ask      io.WriteCloser
}

// start writes an asterisk.conf with every directory below a folder of its own.
func (o *ours) start(config string) error {
	state := filepath.Join(o.scratch, "state")
	if err := os.RemoveAll(state); err != nil {
		return err
	}
	var conf strings.Builder
	conf.WriteString("[directories]\nastetcdir => " + config + "\n")
	for _, name := range []string{"astvarlibdir", "astdbdir", "astdatadir", "astspooldir", "astrundir", "astlogdir"} {
		fmt.Fprintf(&conf, "%s => %s\n", name, filepath.Join(state, name))
		if err := os.MkdirAll(filepath.Join(state, name), 0o755); err != nil {
			return err
		}
	}
	file := filepath.Join(config, "asterisk.conf")
	if err := os.WriteFile(file, []byte(conf.String()), 0o644); err != nil {
		return err
	}
	said, err := os.Create(filepath.Join(o.scratch, "console.log"))
	if err != nil {
		return err
	}
	defer said.Close()
	o.command = exec.Command(o.settings.Binary, "-f", "-C", file)
	if o.settings.Profile != "" {
		self, err := os.Executable()
		if err != nil {
			return err
		}
		o.command = exec.Command(self)
		o.command.Env = append(os.Environ(), roleEnv+"="+roleServe, scratchEnv+"="+file)
		if o.ask, err = o.command.StdinPipe(); err != nil {
			return err
		}
	}
	o.command.Stdout, o.command.Stderr = said, said
	return o.command.Start()
}

func (o *ours) found() (process, error) { return process(o.command.Process.Pid), nil }

func (o *ours) stop() error {
	if err := o.command.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- o.command.Wait() }()
	select {
	case err := <-ended:
		return err
	case <-time.After(bootPatience):
		return errors.Join(fmt.Errorf("ours did not end within %s of SIGTERM", bootPatience), o.command.Process.Kill(), <-ended)
	}
}
