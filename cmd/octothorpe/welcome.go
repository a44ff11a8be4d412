package main

import (
	"crypto/rand"
	"encoding/base32"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/octothorpe/octothorpe/configs"
	"github.com/octothorpe/octothorpe/internal/exchange"
)

// stateFolder is where an exchange without configuration keeps everything.
func stateFolder() (string, error) {
	if dir := os.Getenv("OCTOTHORPE_STATE"); dir != "" {
		return dir, nil
	}
	if dir := os.Getenv("XDG_STATE_HOME"); dir != "" {
		return filepath.Join(dir, "octothorpe"), nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("find a folder for the state: %w (set OCTOTHORPE_STATE)", err)
	}
	return filepath.Join(home, ".local", "state", "octothorpe"), nil
}

// prepare writes the default configuration into the state folder, where it is
// not there yet, and returns what prints how to use it.
func prepare(o *exchange.Options, out io.Writer) (func(), error) {
	state, err := stateFolder()
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Join(state, "moh"), 0o700); err != nil { // with the folder for music
		return nil, fmt.Errorf("make the state folder: %w (set OCTOTHORPE_STATE to a folder that can be written)", err)
	}
	o.State = state
	secrets, err := keep(filepath.Join(state, "secrets"), "100", "101", "admin")
	if err != nil {
		return nil, err
	}
	files, err := configs.Render(configs.Secrets{Phones: map[string]string{"100": secrets["100"], "101": secrets["101"]}, Manager: secrets["admin"]})
	if err != nil {
		return nil, fmt.Errorf("make the default configuration: %w", err)
	}
	for name, text := range files {
		path := filepath.Join(state, name)
		if _, err := os.Stat(path); err == nil {
			continue // the user's own by now
		}
		if err := os.WriteFile(path, text, 0o600); err != nil {
			return nil, fmt.Errorf("write the default configuration: %w", err)
		}
	}
	phones, err := os.ReadFile(filepath.Join(state, "pjsip.conf"))
	if err != nil {
		return nil, fmt.Errorf("read the default configuration: %w", err)
	}
	six := strings.Contains(string(phones), "\nbind = [::]:5060\n")
	return func() { welcome(out, state, secrets, six) }, nil
}

// keep reads secrets from a file, and makes and writes those that are missing.
func keep(path string, names ...string) (map[string]string, error) {
	secrets := map[string]string{}
	text, err := os.ReadFile(path)
	if err != nil && !os.IsNotExist(err) {
		return nil, fmt.Errorf("read secrets: %w", err)
	}
	for _, line := range strings.Split(string(text), "\n") {
		if name, secret, ok := strings.Cut(line, "="); ok {
			secrets[name] = secret
		}
	}
	changed := false
	for _, name := range names {
		if secrets[name] == "" {
			var b [10]byte
			_, _ = rand.Read(b[:]) // never fails, see crypto/rand
			secrets[name] = strings.ToLower(base32.StdEncoding.EncodeToString(b[:]))
			changed = true
		}
	}
	if !changed {
		return secrets, nil
	}
	var b strings.Builder
	for name, secret := range secrets {
		fmt.Fprintf(&b, "%s=%s\n", name, secret)
	}
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		return nil, fmt.Errorf("keep secrets: %w", err)
	}
	return secrets, nil
}

// welcome says how to use an exchange that was started with nothing.
func welcome(out io.Writer, state string, secrets map[string]string, six bool) {
	fmt.Fprintf(out, "Octothorpe is ready.\n\nSIP, UDP and TCP port 5060:\n")
	for _, a := range addresses(six) {
		fmt.Fprintf(out, "  sip:%s\n", a)
	}
	fmt.Fprintf(out, "\nTwo phones can register now:\n  user 100  password %s\n  user 101  password %s\n", secrets["100"], secrets["101"])
	fmt.Fprintf(out, "\nDial:\n  100, 101  the phones\n  600       an echo of yourself\n  601       the demonstration prompt\n  602       the time of day\n")
	fmt.Fprintf(out, "\nAMI       127.0.0.1:5038, user admin, secret %s\nMetrics   http://127.0.0.1:8088/metrics\nState     %s\n\n", secrets["admin"], state)
	fmt.Fprintf(out, "The configuration lies in the state folder: change it, then run: %s -rx \"core reload\"\n\n", ourselves())
}

// ourselves is how to call this program from a shell.
func ourselves() string {
	if _, err := exec.LookPath("octothorpe"); err == nil {
		return "octothorpe"
	}
	self, err := os.Executable()
	if err != nil {
		return "octothorpe"
	}
	return self
}

// addresses are those by which phones reach this machine, those of IPv6 only if
// it listens there. Addresses of one link alone need a zone, which phones don't know.
func addresses(six bool) []string {
	var list []string
	all, err := net.InterfaceAddrs()
	if err != nil {
		return []string{"127.0.0.1"}
	}
	for _, a := range all {
		n, ok := a.(*net.IPNet)
		switch {
		case !ok || n.IP.IsLinkLocalUnicast() && n.IP.To4() == nil:
		case n.IP.To4() != nil:
			list = append(list, n.IP.String())
		case six:
			list = append(list, "["+n.IP.String()+"]")
		}
	}
	return list
}
