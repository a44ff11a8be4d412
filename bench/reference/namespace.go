package main

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// instance names our Asterisk among those that run from one installation.
const (
	instance    = "bench"
	instanceEnv = "OCTOTHORPE_REFERENCE_INSTANCE"
)

// namespace is where a server runs: asterisk.sh has its own opinion.
func (s *settings) namespace(role string) (string, error) {
	if role == roleOurs {
		return fmt.Sprintf("octothorpe-bench-%d", os.Getpid()), nil
	}
	ask := exec.Command("bash", s.Script, "netns", s.Release)
	ask.Env = append(os.Environ(), instanceEnv+"="+instance)
	out, err := ask.Output()
	if err != nil {
		return "", fmt.Errorf("%s netns %s: %w", s.Script, s.Release, err)
	}
	return strings.TrimSpace(string(out)), nil
}

// makeNamespace makes a network namespace that has nothing but a loopback.
func makeNamespace(name string) (remove func(), err error) {
	for _, args := range [][]string{{"netns", "add", name}, {"-n", name, "link", "set", "lo", "up"}} {
		if out, err := exec.Command("ip", args...).CombinedOutput(); err != nil {
			return nil, fmt.Errorf("network namespace %s (of a run that was cut off?): %w: %s", name, err, out)
		}
	}
	return func() { _ = exec.Command("ip", "netns", "del", name).Run() }, nil
}
