package exchange

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/event"
)

// reloading orders what starts and changes the parts of the exchange: its start,
// reloads and its end come one after the other. It is held while files are read
// and sockets are opened; of the calls only one that runs Reload waits for it.
type reloading struct {
	mu   sync.Mutex
	over bool
}

// errEnds says that an exchange ends and reads nothing again.
var errEnds = errors.New("the exchange ends")

// begin waits for its turn; end gives it back. After finish there is none.
func (r *reloading) begin() error {
	r.mu.Lock()
	if r.over {
		r.mu.Unlock()
		return errEnds
	}
	return nil
}

func (r *reloading) end() { r.mu.Unlock() }

// finish waits until nothing is being started or read again, and ends both.
func (r *reloading) finish() {
	r.mu.Lock()
	r.over = true
	r.mu.Unlock()
}

// Reload reads the configuration of a module again, or with "" that of all. A
// file that can't be read leaves what is in force.
func (x *Exchange) Reload(module string) error {
	if err := x.reloading.begin(); err != nil {
		return err
	}
	defer x.reloading.end()
	module = strings.TrimSuffix(module, ".so")
	parts := []struct {
		modules string
		reload  func() error
	}{
		{"logger", func() error { x.configureLog(); return nil }},
		{"pbx_config extensions", x.loadDialplan},
		{"res_pjsip chan_pjsip", func() error { return x.phones.reload(x, "PJSIP") }},
		{"chan_sip", func() error { return x.phones.reload(x, "SIP") }},
		{"manager", x.configureManager},
		{"res_indications indications res_musiconhold", func() error { x.sounds.reload(x); return nil }},
	}
	found := false
	var failed error
	for _, p := range parts {
		if module == "" || contains(strings.Fields(p.modules), module) {
			found = true
			failed = errors.Join(failed, p.reload())
		}
	}
	if !found && !x.modules.loaded(module) {
		return fmt.Errorf("no such module %s", module)
	}
	x.lastReload.Store(time.Now().UnixNano())
	name := module
	if name == "" {
		name = "All"
	}
	if x.bus.Wants(event.KindReload) {
		x.bus.Publish(&event.Reload{Module: name, Status: map[bool]int{true: 0, false: 1}[failed == nil]})
	}
	return failed
}

// reloadFromCall is Reload for the application of that name, which refuses a
// module that has nothing to read again.
func (x *Exchange) reloadFromCall(module string) error {
	switch module {
	case "", "logger", "manager", "pbx_config", "pbx_config.so", "res_pjsip", "chan_sip", "res_indications", "res_musiconhold":
		return x.Reload(module)
	}
	return fmt.Errorf("module %s does not reload", module)
}

func contains(list []string, text string) bool {
	for _, s := range list {
		if s == text {
			return true
		}
	}
	return false
}

// errorsIn reports whether there is an error among diagnostics.
func errorsIn(list []config.Diagnostic) bool {
	for _, d := range list {
		if d.Severity == config.Error {
			return true
		}
	}
	return false
}
