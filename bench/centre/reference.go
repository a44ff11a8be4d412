package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// A reference is a real Asterisk, run by test/reference/asterisk.sh. The phones are where
// it is, in a network namespace of its own.
type reference struct {
	script, release string
	pid             int
}

// instanceEnv names our Asterisk among those that run from one installation.
const instanceEnv = "OCTOTHORPE_REFERENCE_INSTANCE"

// enter runs this program anew in the namespace of the reference, and returns how it ended.
func (a *reference) enter(args []string) error {
	if err := os.Setenv(instanceEnv, "centre"); err != nil {
		return err
	}
	out, err := exec.Command("bash", a.script, "netns", a.release).Output()
	if err != nil {
		return fmt.Errorf("%s netns: %w", a.script, err)
	}
	name := strings.TrimSpace(string(out))
	if out, err := exec.Command("ip", "netns", "add", name).CombinedOutput(); err != nil && !bytes.Contains(out, []byte("File exists")) {
		return fmt.Errorf("network namespace %s: %w: %s", name, err, out)
	}
	if out, err := exec.Command("ip", "-n", name, "link", "set", "lo", "up").CombinedOutput(); err != nil {
		return fmt.Errorf("network namespace %s: %w: %s", name, err, out)
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	again := exec.Command("ip", append([]string{"netns", "exec", name, self}, args...)...)
	again.Env = append(os.Environ(), withinEnv+"="+name)
	again.Stdout, again.Stderr = os.Stdout, os.Stderr
	return again.Run()
}

// withinEnv, if it is set, is the namespace in which this program runs.
const withinEnv = "OCTOTHORPE_CENTRE_WITHIN"

// start runs it with files, and returns where its records are.
func (a *reference) start(dir string) (logs string, err error) {
	command := exec.Command("bash", a.script, "start", a.release, dir)
	file, err := os.Create(filepath.Join(filepath.Dir(dir), "said"))
	if err != nil {
		return "", err
	}
	defer file.Close()
	command.Stdout, command.Stderr = file, file
	if err := command.Run(); err != nil {
		return "", fmt.Errorf("%s start: %w", a.script, err)
	}
	if a.pid, err = asteriskHere(); err != nil {
		return "", err
	}
	root, err := os.Readlink(fmt.Sprintf("/proc/%d/root", a.pid))
	if err != nil {
		return "", err
	}
	logs = filepath.Join(root, "var/log", strings.TrimSuffix(os.Getenv(withinEnv), "-"+a.release))
	for _, folder := range []string{"cdr-custom", "cel-custom"} { // it does not make them
		if err := os.MkdirAll(filepath.Join(logs, folder), 0o755); err != nil {
			return "", err
		}
	}
	return logs, nil
}

// asteriskHere is the oldest process of that name in this network namespace.
func asteriskHere() (int, error) {
	here, err := os.Readlink("/proc/self/ns/net")
	if err != nil {
		return 0, err
	}
	folders, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return 0, err
	}
	least := 0
	for _, folder := range folders {
		name, _ := os.ReadFile(filepath.Join(folder, "comm"))
		space, _ := os.Readlink(filepath.Join(folder, "ns/net"))
		if pid, _ := strconv.Atoi(filepath.Base(folder)); strings.TrimSpace(string(name)) == "asterisk" && space == here && (least == 0 || pid < least) {
			least = pid
		}
	}
	if least == 0 {
		return 0, errors.New("no asterisk runs here")
	}
	return least, nil
}

// used is what it has used so far: processor time, and the most memory, in bytes.
func (a *reference) used() (cpu time.Duration, memory int64, err error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", a.pid))
	if err != nil {
		return 0, 0, err
	}
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:])) // from the third of proc(5) on
	if len(fields) < 13 {
		return 0, 0, fmt.Errorf("/proc/%d/stat has %d fields", a.pid, len(fields))
	}
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", a.pid))
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			n, _ := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			memory = n << 10
		}
	}
	return time.Duration(user+system) * 10 * time.Millisecond, memory, err // USER_HZ is 100
}

func (a *reference) stop() error {
	if out, err := exec.Command("bash", a.script, "stop", a.release).CombinedOutput(); err != nil {
		return fmt.Errorf("%s stop: %w: %s", a.script, err, out)
	}
	return nil
}
