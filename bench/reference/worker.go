package main

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/octothorpe/octothorpe/bench/traffic"
)

// This program runs itself in other roles, which the environment tells.
const (
	roleEnv     = "OCTOTHORPE_BENCH_ROLE"
	settingsEnv = "OCTOTHORPE_BENCH_SETTINGS"
	scratchEnv  = "OCTOTHORPE_BENCH_SCRATCH"

	roleOurs      = "ours"
	roleReference = "asterisk"
	roleBare      = "bare"  // a bare relay
	roleServe     = "serve" // our exchange, profiled
	roleHub       = "hub"   // a bare hub
	roleHTTP      = "http"  // a bare handler
)

//go:embed config/*.conf
var configuration embed.FS

// Where everybody is.
var (
	serverAt  = netip.MustParseAddrPort("127.0.0.1:5060")
	callerAt  = netip.MustParseAddrPort("127.0.0.2:5061")
	waitsAt   = netip.MustParseAddrPort("127.0.0.2:5064") // calls beside those of the caller
	calleeAt  = netip.MustParseAddrPort("127.0.0.3:5062")
	phonesAt  = netip.MustParseAddrPort("127.0.0.4:5063")
	callerEar = netip.MustParseAddrPort("127.0.0.2:4000")
	calleeEar = netip.MustParseAddrPort("127.0.0.3:4000")
)

const phones = 1000 // that register

// openFiles are what the calls of a soak take, four sockets each, twice over: on a
// machine that does much else calls last longer.
const openFiles = 1 << 16

// results are measured figures by their names in the table.
type results map[string]float64

// worker measures one server, inside its network namespace.
type worker struct {
	settings
	role    string
	scratch string
	server  server
	process process
	caller  *traffic.Caller
	waits   *traffic.Caller // who calls while the calls of caller stand; or nil
	callee  *traffic.Callee
	files   int // that the server may have open
	queues  int // beside those that are measured; 0: there are none
	results results
}

func work(role string) error {
	w := &worker{role: role, scratch: os.Getenv(scratchEnv), results: results{}}
	if err := json.Unmarshal([]byte(os.Getenv(settingsEnv)), &w.settings); err != nil {
		return err
	}
	// A call is four sockets. What is set here is what the server inherits.
	var files syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &files); err != nil {
		return fmt.Errorf("open files: %w", err)
	}
	files.Cur = files.Max
	more := syscall.Rlimit{Cur: openFiles, Max: openFiles}
	w.files = openFiles
	if files.Max >= openFiles || syscall.Setrlimit(syscall.RLIMIT_NOFILE, &more) != nil { // more than is given only root may take
		if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &files); err != nil {
			return fmt.Errorf("open files: %w", err)
		}
		w.files = int(files.Max) //nolint:gosec // it is less than openFiles, or as much as anybody has
	}
	err := w.all()
	text, failed := json.Marshal(w.results)
	if failed == nil {
		failed = os.WriteFile(filepath.Join(w.scratch, "results.json"), text, 0o644)
	}
	return errors.Join(err, failed)
}

// all runs the measurements, those that would disturb the others on a server of their own.
func (w *worker) all() error {
	for _, together := range [][]operation{costs, amiCosts, ariCosts, {heldCalls}, {heldAGI}, {load}, {soak}} {
		if err := w.together(together); err != nil {
			return err
		}
	}
	for _, size := range queueSizes {
		w.queues = size
		if err := w.together(queueCosts(size)); err != nil {
			return err
		}
	}
	return nil
}

// together runs those of some measurements that are wanted, on one server.
func (w *worker) together(list []operation) error {
	wanted := slices.DeleteFunc(slices.Clone(list), func(o operation) bool { return !w.wants(o.name) })
	if len(wanted) == 0 {
		return nil
	}
	return w.withServer(func() error {
		for _, o := range wanted {
			fmt.Fprintf(os.Stderr, "%s: %s\n", w.role, o.title)
			if err := o.run(w); err != nil {
				return fmt.Errorf("%s: %w", o.name, err)
			}
		}
		return nil
	})
}

func (w *worker) wants(name string) bool {
	if name == soak.name {
		return w.Soak && w.role == roleOurs
	}
	if name == load.name {
		return w.Load && w.role == roleOurs
	}
	return slices.Contains(w.Only, name)
}

// withServer runs do beside a server that has just started, and phones.
func (w *worker) withServer(do func() error) (err error) {
	config := filepath.Join(w.scratch, "etc")
	if err := w.writeConfiguration(config); err != nil {
		return err
	}
	w.server = newServer(w.role, w.settings, w.scratch)
	if err := w.server.start(config); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.server.stop()) }()
	conn, _, err := login(bootPatience)
	ready := time.Now()
	if err != nil {
		return err
	}
	_ = conn.Close()
	if w.process, err = w.server.found(); err != nil {
		return err
	}
	age, err := w.process.age()
	if err != nil {
		return err
	}
	w.results["start"] = milliseconds(age - time.Since(ready))
	if w.caller, err = traffic.NewCaller("caller", callerAt, serverAt, callerEar); err != nil {
		return err
	}
	defer w.caller.Close()
	if w.callee, err = traffic.NewCallee("callee", calleeAt, serverAt, calleeEar); err != nil {
		return err
	}
	defer w.callee.Close()
	return do()
}

// writeConfiguration writes what both servers read.
func (w *worker) writeConfiguration(folder string) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	if w.queues > 0 {
		if err := writeQueues(folder, w.queues); err != nil {
			return err
		}
	}
	names, err := configuration.ReadDir("config")
	if err != nil {
		return err
	}
	for _, name := range names {
		text, err := configuration.ReadFile("config/" + name.Name())
		if err != nil {
			return err
		}
		switch name.Name() {
		case "extensions.conf":
			text = []byte(strings.NewReplacer("AGITURNS", strconv.Itoa(agiTurns), "QUEUETURNS", strconv.Itoa(w.queueTurns()), "QUEUES", strconv.Itoa(max(w.queues, 1)), "TURNS", strconv.Itoa(w.Turns)).Replace(string(text)))
		case "pjsip.conf":
			for _, user := range users(phones) {
				text = fmt.Appendf(text, "\n[%[1]s](phone)\nauth=%[1]s\naors=%[1]s\n[%[1]s](phone-auth)\nusername=%[1]s\n[%[1]s](phone-aor)\n", user)
			}
		}
		if err := os.WriteFile(filepath.Join(folder, name.Name()), text, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// users are the names of n registrations of the phones, in turn.
func users(n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf("phone%d", i%phones)
	}
	return list
}

// cost is the server's processor time for what do does, a short while after included,
// for the server may yet have to clean up.
func (w *worker) cost(name string, do func() error) (time.Duration, error) {
	return w.costOf(name, w.process, do)
}

// settle is that short while.
const settle = 300 * time.Millisecond

func (w *worker) costOf(name string, p process, do func() error) (time.Duration, error) {
	stop, err := w.server.profile(name)
	if err != nil {
		return 0, err
	}
	before, err := p.cpu()
	if err != nil {
		return 0, err
	}
	if err := do(); err != nil {
		return 0, err
	}
	time.Sleep(settle)
	after, err := p.cpu()
	return after - before, errors.Join(err, stop())
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
func microseconds(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }
