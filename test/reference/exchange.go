package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// An Exchange is what a scenario is played on. It listens on the loopback of
// the network namespace in which this program runs.
type Exchange interface {
	Name() string
	Manager() string // address of the manager interface
	Start(configDir string) error
	Console(command string) (string, error)
	Stop() error
}

const wellKnown = "127.0.0.1:5038"

// reference is a real Asterisk, run by asterisk.sh.
type reference struct {
	script  string // path of asterisk.sh
	release string
}

func (r *reference) Name() string { return "Asterisk " + r.release }

func (r *reference) Manager() string { return wellKnown }

func (r *reference) run(args ...string) (string, error) {
	command := exec.Command("bash", append([]string{r.script, args[0], r.release}, args[1:]...)...)
	var stderr bytes.Buffer
	command.Stderr = &stderr
	out, err := command.Output()
	if err != nil {
		return string(out), fmt.Errorf("asterisk.sh %s: %w: %s", args[0], err, stderr.String())
	}
	return string(out), nil
}

func (r *reference) Start(configDir string) error {
	// The server inherits the script's output; with a pipe we would wait for its end.
	command := exec.Command("bash", r.script, "start", r.release, configDir)
	command.Stderr = os.Stderr
	return command.Run()
}

// Console drops what a console without an Ethernet interface says first.
func (r *reference) Console(command string) (string, error) {
	printed, err := r.run("console", command)
	if strings.HasPrefix(printed, "No ethernet interface found") {
		_, printed, _ = strings.Cut(printed, "\n")
	}
	return printed, err
}

func (r *reference) Stop() error {
	_, err := r.run("stop")
	return err
}

// furnish writes an asterisk.conf with every directory below a folder beside configDir,
// which it returns, and with what the scenario itself says of the process.
func furnish(configDir string) (state string, err error) {
	state = filepath.Join(filepath.Dir(configDir), "state")
	var conf strings.Builder
	const options = "[options]\n"
	own, err := os.ReadFile(filepath.Join(configDir, "asterisk.conf"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	text := string(own)
	if !strings.Contains(text, options) {
		text = options + text
	}
	conf.WriteString(strings.Replace(text, options, options+"testevents = yes\n", 1)) // the reference is a build that tells them
	conf.WriteString("[directories]\nastetcdir => " + configDir + "\n")
	for _, name := range []string{"astvarlibdir", "astdbdir", "astdatadir", "astspooldir", "astrundir", "astlogdir"} {
		if data := filepath.Join(configDir, "data"); name == "astdatadir" && isFolder(data) {
			if err := os.CopyFS(filepath.Join(state, name), os.DirFS(data)); err != nil {
				return "", err
			}
		}
		fmt.Fprintf(&conf, "%s => %s\n", name, filepath.Join(state, name))
		if err := os.MkdirAll(filepath.Join(state, name), 0o755); err != nil {
			return "", err
		}
	}
	if err := os.MkdirAll(filepath.Join(state, "astdatadir", "moh"), 0o755); err != nil { // as the reference has it
		return "", err
	}
	return state, os.WriteFile(filepath.Join(configDir, "asterisk.conf"), []byte(conf.String()), 0o644)
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// octothorpe is our own binary.
type octothorpe struct {
	binary  string
	dir     string
	process *exec.Cmd
	log     *os.File
}

func (o *octothorpe) Name() string { return filepath.Base(o.binary) }

func (o *octothorpe) Manager() string { return wellKnown }

func (o *octothorpe) config() string { return filepath.Join(o.dir, "asterisk.conf") }

// Start writes an asterisk.conf with every directory below a folder of its own.
func (o *octothorpe) Start(configDir string) error {
	o.dir = configDir
	state, err := furnish(configDir)
	if err != nil {
		return err
	}
	if o.log, err = os.Create(filepath.Join(state, "console.log")); err != nil {
		return err
	}
	o.process = exec.Command(o.binary, "-f", "-C", o.config())
	o.process.Stdout, o.process.Stderr = o.log, o.log
	if err := o.process.Start(); err != nil {
		return err
	}
	for deadline := time.Now().Add(stepTimeout); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if out, err := o.Console("core waitfullybooted"); err == nil && strings.Contains(out, "fully booted") {
			return nil
		}
	}
	said, _ := os.ReadFile(o.log.Name())
	return errors.Join(fmt.Errorf("not booted within %s:\n%s", stepTimeout, said), o.Stop())
}

func (o *octothorpe) Console(command string) (string, error) {
	out, err := exec.Command(o.binary, "-C", o.config(), "-rx", command).Output()
	return string(out), err
}

func (o *octothorpe) Stop() error {
	defer o.log.Close()
	if err := o.process.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- o.process.Wait() }()
	select {
	case <-ended:
		return nil
	case <-time.After(stepTimeout):
		_ = o.process.Process.Signal(syscall.SIGQUIT) // the log then tells what it waits for
		<-ended
		said, _ := os.ReadFile(o.log.Name())
		return fmt.Errorf("%s did not end within %s of SIGTERM:\n%s", o.Name(), stepTimeout, said)
	}
}
