package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestProxyCheck(t *testing.T) {
	path := filepath.Join(t.TempDir(), "proxy.yaml")
	for _, c := range []struct {
		text, says string
		code       int
	}{
		{"listen: [{address: 127.0.0.1}]\nupstreams: [{name: a, address: b}]\nusers: {u: {secret: s}}\n", path + " is in order", 0},
		{"listen: [{address: 127.0.0.1}]\nusers: {u: {secret: s, read: cals}}\n", "no upstreams\nuser u: read: no class is called cals", 1},
		{"listen: {}\n", "line 1", 1},
	} {
		if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		code := run([]string{"octothorpe", "proxy", "-c", path, "-check"}, strings.NewReader(""), &out, &out)
		if code != c.code || !strings.Contains(out.String(), c.says) {
			t.Errorf("%q: %d, %q, want %d, %q", c.text, code, out.String(), c.code, c.says)
		}
	}
	var out bytes.Buffer
	if code := run([]string{"octothorpe", "proxy", "-c", path + ".none"}, strings.NewReader(""), &out, &out); code != 1 || !strings.Contains(out.String(), "no such file") {
		t.Errorf("no file: %d, %q", code, out.String())
	}
}
