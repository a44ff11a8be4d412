package main

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/octothorpe/octothorpe/internal/cli"
	"github.com/octothorpe/octothorpe/internal/exchange"
	"github.com/octothorpe/octothorpe/test/blackbox"
)

// within is an exchange in this process, at an address of the loopback of its own,
// which stands for 127.0.0.1 in all that it is told and says.
type within struct {
	host string
	x    *exchange.Exchange
}

func (w *within) Name() string { return "exchange" }

func (w *within) Manager() string { return w.host + ":5038" }

func (w *within) Start(configDir string) error {
	if _, err := furnish(configDir); err != nil {
		return err
	}
	err := filepath.WalkDir(configDir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(path, bytes.ReplaceAll(data, []byte("127.0.0.1"), []byte(w.host)), 0o600)
	})
	if err != nil {
		return err
	}
	w.x, err = exchange.New(exchange.Options{Config: filepath.Join(configDir, "asterisk.conf"), Version: "test", Strict: true})
	if err != nil {
		return err
	}
	return w.x.Start()
}

func (w *within) Console(command string) (string, error) {
	c, err := cli.Dial(filepath.Join(w.x.Dirs().Run, "asterisk.ctl"), io.Discard)
	if err != nil {
		return "", err
	}
	defer c.Close()
	var out bytes.Buffer
	_, err = c.Execute(command, &out)
	return out.String(), err
}

func (w *within) Stop() error {
	w.x.Stop(exchange.Now, false)
	w.x.Wait()
	return nil
}

// TestMain lets many scenarios run at once: they wait most of the time.
func TestMain(m *testing.M) {
	flag.Parse()
	if flag.Lookup("test.parallel").Value.String() == strconv.Itoa(runtime.GOMAXPROCS(0)) { // nobody has said so
		_ = flag.Set("test.parallel", "8")
	}
	os.Exit(m.Run())
}

// freeHost is an address at which nobody has the ports of SIP and of AMI.
func freeHost(t *testing.T) string {
	t.Helper()
	return blackbox.Host(t, func(host string) bool {
		l, err := net.Listen("tcp", host+":5038")
		if err != nil {
			return false
		}
		_ = l.Close()
		c, err := net.ListenPacket("udp", host+":5060")
		if err != nil {
			return false
		}
		return c.Close() == nil
	})
}

func differences(t *testing.T) []known {
	t.Helper()
	all, err := readKnown("testdata/differences.tsv")
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestTranscripts plays the scenarios that need no phones on exchanges in this process.
func TestTranscripts(t *testing.T) {
	known := differences(t)
	for _, scenario := range recorded(t, false) {
		t.Run(scenario.name(), func(t *testing.T) {
			t.Parallel()
			playHere(t, scenario, func() string { return freeHost(t) }, known)
		})
	}
}

// TestTranscriptsWithPhones plays those with phones, each in a network namespace of its
// own, where this test runs again: the phones have ports that are the same everywhere.
func TestTranscriptsWithPhones(t *testing.T) {
	if os.Getenv(insideEnv) != "" {
		known := differences(t)
		for _, scenario := range recorded(t, true) {
			t.Run(scenario.name(), func(t *testing.T) { playHere(t, scenario, func() string { return "127.0.0.1" }, known) })
		}
		return
	}
	if testing.Short() {
		t.Skip("a minute and more")
	}
	for _, program := range []string{"sipp", "ip"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("without %s: %v", program, err)
		}
	}
	if os.Geteuid() != 0 {
		t.Skip("network namespaces are root's")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for i, scenario := range recorded(t, true) {
		t.Run(scenario.name(), func(t *testing.T) {
			t.Parallel()
			namespace := fmt.Sprintf("octothorpe-transcript-%d-%d", os.Getpid(), i)
			for _, args := range [][]string{{"netns", "add", namespace}, {"-n", namespace, "link", "set", "lo", "up"}} {
				if out, err := exec.Command("ip", args...).CombinedOutput(); err != nil {
					t.Skipf("ip %s: %v: %s", strings.Join(args, " "), err, out) // a container that may not
				}
			}
			t.Cleanup(func() { _ = exec.Command("ip", "netns", "delete", namespace).Run() })
			again := exec.Command("ip", "netns", "exec", namespace, self, "-test.run", "^TestTranscriptsWithPhones$/^"+scenario.name()+"$")
			again.Env = append(os.Environ(), insideEnv+"=1")
			if out, err := again.CombinedOutput(); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}

// recorded are the scenarios with phones, or those without.
func recorded(t *testing.T, phones bool) []*Scenario {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("../..", scenarios, "*.txtar"))
	if err != nil || len(files) == 0 {
		t.Fatal("no transcripts", err)
	}
	var list []*Scenario
	for _, file := range files {
		scenario, err := readScenario(file)
		if err != nil {
			t.Fatal(err)
		}
		if scenario.hasPhones() == phones {
			list = append(list, scenario)
		}
	}
	return list
}

// patience is how often a scenario is played that went otherwise: what two threads of the
// reference race for, a busy machine lets ours race for too. What differs each time fails.
const patience = 3

func playHere(t *testing.T, scenario *Scenario, host func() string, known []known) {
	if len(scenario.Received) == 0 {
		t.Fatal("there is no record of it")
	}
	var differences []string
	for range patience {
		if differences = playOnce(scenario, host(), known); len(differences) == 0 {
			return
		}
		t.Logf("went otherwise once: %s", strings.Join(differences, "\n\t"))
	}
	for _, difference := range differences {
		t.Error(difference)
	}
}

// playOnce plays a scenario and tells what is not as recorded, nor known to be so.
func playOnce(scenario *Scenario, host string, known []known) (differences []string) {
	received, console, err := play(&within{host: host}, scenario)
	if err != nil {
		differences = append(differences, err.Error())
	}
	received = bytes.ReplaceAll(received, []byte(host), []byte("127.0.0.1"))
	for command, printed := range console {
		console[command] = strings.ReplaceAll(printed, host, "127.0.0.1")
	}
	return append(differences, unknown(scenario, differ(scenario, received, console), known)...)
}
