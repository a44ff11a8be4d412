package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTheConsoleLooksWhereTheExchangeIs(t *testing.T) {
	state := t.TempDir()
	t.Setenv("OCTOTHORPE_STATE", state)
	own := filepath.Join(state, "asterisk.ctl")
	if err := os.WriteFile(own, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	conf := filepath.Join(t.TempDir(), "asterisk.conf")
	if err := os.WriteFile(conf, []byte("[directories]\nastrundir => /run/here\n[files]\nastctl = ctl\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		f    flags
		want string
	}{
		{"the state folder", flags{}, own},
		{"a configuration", flags{config: conf}, "/run/here/ctl"},
		{"one that is not there", flags{config: filepath.Join(state, "nosuch.conf")}, "/var/run/asterisk/asterisk.ctl"},
		{"-s", flags{config: conf, socket: "/run/that"}, "/run/that"},
	} {
		if got, err := controlSocket(c.f); err != nil || got != c.want {
			t.Errorf("%s: %q, %v, want %q", c.name, got, err, c.want)
		}
	}
}

func TestAMissingConfigurationIsToldOf(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "nosuch.conf")
	var out, errOut bytes.Buffer
	code := run([]string{"octothorpe", "-C", missing, "-s", missing, "-rx", "core show version"}, nil, &out, &errOut)
	want := "Unable to open specified master config file '" + missing + "', using built-in defaults\n" +
		"Unable to connect to remote asterisk (does " + missing + " exist?)\n"
	if code != 1 || errOut.String() != want || out.Len() > 0 {
		t.Errorf("code %d, %q, and on stderr\n%swant\n%s", code, out.String(), errOut.String(), want)
	}
	errOut.Reset()
	if code := check([]string{"-C", missing}, &out, &errOut); code != 1 || !strings.Contains(errOut.String(), missing) {
		t.Errorf("check of it: code %d, %q", code, errOut.String())
	}
}

func TestSurplusWords(t *testing.T) {
	var out, errOut bytes.Buffer
	if code := run([]string{"octothorpe", "start"}, nil, &out, &errOut); code != 1 || !strings.Contains(errOut.String(), `"start" is no option`) {
		t.Errorf("octothorpe start: code %d, %q", code, errOut.String())
	}
	errOut.Reset()
	if code := run([]string{"/usr/sbin/asterisk", "-V", "extra"}, nil, &out, &errOut); code != 0 || !strings.HasPrefix(out.String(), "Asterisk ") {
		t.Errorf("asterisk -V extra: code %d, %q %q", code, out.String(), errOut.String())
	}
	if code := run([]string{"asterisk", "-Z"}, nil, &out, &errOut); code != 1 || errOut.String() != "asterisk: invalid option -- 'Z'\n" {
		t.Errorf("asterisk -Z: code %d, %q", code, errOut.String())
	}
}
