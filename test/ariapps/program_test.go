package ariapps

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/octothorpe/octothorpe/ari"
)

const python = "/usr/bin/python3" // Debian's own, which has Debian's libraries

// script is a program of testdata, as a command with the usual arguments.
func (x *xchange) script(t *testing.T, interpreter, name string, args ...string) *exec.Cmd {
	t.Helper()
	path, err := filepath.Abs("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return x.command(within(t), interpreter, append([]string{path, x.url, "me", "secret"}, args...)...)
}

// TestPython has programs over plain HTTP and WebSockets, with Debian's python3-requests and python3-websocket.
func TestPython(t *testing.T) {
	if out, err := exec.Command(python, "-c", "import requests, websocket").CombinedOutput(); err != nil {
		t.Skipf("needs python3-requests and python3-websocket, which test/packages.sh brings: %v\n%s", err, out)
	}
	exchanges(t, nil, func(t *testing.T, x *xchange) {
		t.Run("list and hang up", func(t *testing.T) { hangsUp(t, x) })
		t.Run("dump", func(t *testing.T) { dumps(t, x) })
		t.Run("report", func(t *testing.T) { reports(t, x) })
	})
}

func hangsUp(t *testing.T, x *xchange) {
	ctx := within(t)
	c := x.client(t, nil, "app")
	var legs []*ari.ChannelHandle
	for range 3 {
		leg, err := c.Originate(ctx, "Local/hold@test", &ari.ChannelOriginateOptions{CallerID: "Ann <555>"})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := leg.WaitStart(ctx); err != nil {
			t.Fatal(err)
		}
		legs = append(legs, leg)
	}
	out, err := x.script(t, python, "hangup_all.py").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, leg := range legs {
		if !strings.Contains(string(out), leg.ID+" Local/hold@test-") {
			t.Errorf("%s is not in\n%s", leg.ID, out)
		}
		if _, err := leg.WaitEnd(ctx); err != nil {
			t.Error(err)
		}
	}
}

// dumps has a program hear of a call that it answers, whose key it hears, and that it hangs up.
func dumps(t *testing.T, x *xchange) {
	p := x.launch(t, x.script(t, python, "dump.py", "app"))
	p.says(t, "connected app")
	c := x.client(t, nil)
	if _, err := c.Channels.Originate(within(t), "Local/app@test", &ari.ChannelOriginateOptions{Context: "test", Extension: "press", Priority: 1,
		Variables: map[string]string{"KEYS": "5"}}); err != nil {
		t.Fatal(err)
	}
	var lines []string
	for line := range p.lines {
		lines = append(lines, line)
	}
	want := []string{"came Local/app@test Ring test,app,1", "is Local/app@test Up test,app,1", "pressed 5", "went Local/app@test Up test,app,1"}
	if !slices.Equal(lines, want) {
		t.Errorf("it says\n%s\nwant\n%s", strings.Join(lines, "\n"), strings.Join(want, "\n"))
	}
	empty(t, c)
}

func reports(t *testing.T, x *xchange) {
	for _, one := range []struct {
		endpoint string
		answered bool
		cause    int
	}{{"Local/hold@test", true, 17}, {"Local/reject@test", false, 17}} {
		c := x.script(t, python, "report.py", one.endpoint, "test", "brief")
		out, err := c.Output()
		if err != nil {
			t.Fatalf("%s: %v\n%s", one.endpoint, err, err.(*exec.ExitError).Stderr)
		}
		var told struct {
			Answered bool
			Cause    int
			Text     string `json:"cause_txt"`
			Duration float64
		}
		if err := json.Unmarshal(out, &told); err != nil || told.Answered != one.answered || told.Cause != one.cause || told.Text != "User busy" ||
			told.Answered != (told.Duration > 0.8) {
			t.Errorf("%s is reported as %s, %v", one.endpoint, out, err)
		}
	}
}

// TestNode has a program by npm's ari-client take a call.
func TestNode(t *testing.T) {
	modules := nodeModules(t)
	exchanges(t, nil, func(t *testing.T, x *xchange) {
		c := x.script(t, "node", "menu.js")
		c.Env = append(os.Environ(), "NODE_PATH="+modules)
		p := x.launch(t, c)
		p.says(t, "connected")
		client := x.client(t, nil)
		if _, err := client.Channels.Originate(within(t), "Local/menu@test", &ari.ChannelOriginateOptions{Context: "test", Extension: "press", Priority: 1,
			Variables: map[string]string{"KEYS": "7"}}); err != nil {
			t.Fatal(err)
		}
		var lines []string
		for line := range p.lines {
			lines = append(lines, line)
		}
		want := []string{"came Local/menu@test ", "played sound:beep done", "pressed 7", "bridge mixing 1", "went Local/menu@test", "refused Channel not found"}
		if !slices.Equal(lines, want) {
			t.Errorf("it says\n%s\nwant\n%s", strings.Join(lines, "\n"), strings.Join(want, "\n"))
		}
		empty(t, client)
		if v, err := client.Asterisk.GetGlobalVar(within(t), "LEFT"); err != nil || v.Value != "7" {
			t.Errorf("the dialplan has %+v, %v", v, err)
		}
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
	if _, err := os.Stat(filepath.Join(modules, "ari-client")); err != nil {
		t.Skip("needs npm's ari-client, which test/packages.sh brings:", err)
	}
	return modules
}
