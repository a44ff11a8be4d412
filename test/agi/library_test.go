package agi

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// menu is what a menu script has to be told, whichever library it is written with.
var menu = map[string]string{"Status": "SUCCESS", "CALLER": "555 Ann Onymous", "ANSWER": "0", "STREAM": "0", "KEY": "5", "DIGITS": "555",
	"COLOUR": `dark blue`, "FULL": "blue 3", "STORED": "some value", "GONE": "10", "SAY": "0", "EXEC": "0", "STATE": "6", "DONE": "yes"}

func compare(t *testing.T, got map[string]string, want ...map[string]string) {
	t.Helper()
	all := map[string]string{}
	for _, m := range want {
		for key, value := range m {
			all[key] = value
		}
	}
	for key, value := range all {
		if got[key] != value {
			t.Errorf("%s is %q, want %q", key, got[key], value)
		}
	}
}

// TestPerl has a script with Debian's libasterisk-agi-perl answer a call.
func TestPerl(t *testing.T) {
	const library = "/usr/share/perl5/Asterisk"
	script := read(t, "testdata/menu.pl")
	files := map[string]string{"menu.pl": script}
	for to, from := range map[string]string{"Asterisk.pm": library + ".pm", "Asterisk/AGI.pm": library + "/AGI.pm"} {
		text, err := os.ReadFile(from)
		if err != nil {
			t.Skip("needs libasterisk-agi-perl:", err)
		}
		files[to] = string(text)
	}
	exchanges(t, files, func(t *testing.T, x *exchange) {
		got := x.place(t, call{x.etc + "/menu.pl", "hold", "5"})
		compare(t, got, menu, map[string]string{"ARGUMENT": "one/one", "GONE": "1"})
	})
}

// TestPython has a FastAGI server by Debian's python3-panoramisk answer a call.
func TestPython(t *testing.T) {
	const python = "/usr/bin/python3" // Debian's own, which has Debian's libraries
	if out, err := exec.Command(python, "-c", "import panoramisk.fast_agi").CombinedOutput(); err != nil {
		t.Skipf("needs python3-panoramisk: %v\n%s", err, out)
	}
	exchanges(t, nil, func(t *testing.T, x *exchange) {
		port := x.serve(t, python, absolute(t, "testdata/menu.py"), "PORT")
		got := x.place(t, call{"agi://127.0.0.1:" + port + "/menu", "hold", "5"})
		compare(t, got, menu, map[string]string{"ARGUMENT": "one/menu"})
	})
}

// TestNode has a FastAGI server by npm's ding-dong answer a call.
func TestNode(t *testing.T) {
	modules := nodeModules(t)
	exchanges(t, nil, func(t *testing.T, x *exchange) {
		t.Setenv("NODE_PATH", modules)
		port := x.serve(t, "node", absolute(t, "testdata/menu.js"), "PORT")
		got := x.place(t, call{"agi://127.0.0.1:" + port + "/menu", "hold", "5"})
		compare(t, got, menu, map[string]string{"ARGUMENT": "one/menu", "FULL": "blue3", "STORED": "value", "GONE": "1"})
	})
}

// nodeModules is where test/packages.sh puts what comes from npm.
func nodeModules(t *testing.T) string {
	t.Helper()
	if _, err := exec.LookPath("node"); err != nil {
		t.Skip("needs node:", err)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Skip(err)
	}
	modules := filepath.Join(cache, "octothorpe-node", "node_modules")
	if _, err := os.Stat(filepath.Join(modules, "ding-dong")); err != nil {
		t.Skip("needs npm's ding-dong, which test/packages.sh brings:", err)
	}
	return modules
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func absolute(t *testing.T, path string) string {
	t.Helper()
	path, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	return path
}
