package exchange

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"sort"
	"strings"
	"sync"

	"github.com/octothorpe/octothorpe/internal/config"
)

// modules knows which of Asterisk's modules the built-in parts stand for, and
// which of them modules.conf loads.
type modules struct {
	mu       sync.Mutex // a leaf
	names    map[string]string
	autoload bool
	load     map[string]bool
	noload   map[string]bool
	require  []string
}

func newModules() *modules {
	m := &modules{names: map[string]string{}, autoload: true, load: map[string]bool{}, noload: map[string]bool{}}
	for name, what := range parts {
		m.names[name] = what
	}
	return m
}

// add makes a module known by the rows that belong to it.
func (m *modules) add(name, what string) {
	if name == "" || name == builtin {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.names[name] == "" {
		m.names[name] = what
	}
}

// always makes a module known that is in use whatever modules.conf says.
func (m *modules) always(name, what string) {
	m.add(name, what)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.load[name] = true
	delete(m.noload, name)
}

// moduleOptions are the options of [modules].
var moduleOptions = []string{"autoload", "load", "preload", "noload", "require", "preload-require"}

// configure reads modules.conf; nil loads everything.
func (m *modules) configure(f *config.File) []config.Diagnostic {
	m.mu.Lock()
	defer m.mu.Unlock()
	if f == nil {
		return nil
	}
	r := config.NewReader(nil)
	strayed(r, f, "modules", "global")
	m.autoload = r.Section(f.Section("modules")).Bool("autoload", false)
	for _, e := range f.Section("modules").Lines() {
		name := strings.TrimSuffix(e.Value, ".so")
		switch strings.ToLower(e.Key) {
		case "load", "preload":
			m.load[name] = true
		case "noload":
			m.noload[name] = true
		case "require", "preload-require":
			m.load[name] = true
			m.require = append(m.require, name)
		case "autoload":
		default:
			r.Report(config.Error, e, config.Suggest(e.Key, slices.Values(moduleOptions)), "unknown option %s: Asterisk would not start", e.Key)
		}
	}
	return r.Diagnostics()
}

// strangers tells of modules that modules.conf names and that are none here. Of
// those that are not to be loaded only what can be no module's name is told: what
// is not here is not loaded. It is asked once all modules are known.
func (m *modules) strangers(f *config.File) []config.Diagnostic {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := config.NewReader(nil)
	for _, e := range f.Section("modules").Lines() {
		name := strings.TrimSuffix(e.Value, ".so")
		if _, known := m.names[name]; known {
			if strings.EqualFold(e.Key, "noload") && staysIn(name) {
				r.Report(config.Warning, e, "", "module %s is part of the program: it stays", name)
			}
			continue
		}
		near := config.Suggest(name, maps.Keys(m.names))
		switch strings.ToLower(e.Key) {
		case "load", "preload":
			r.Report(config.Warning, e, near, "module %s is not here: Asterisk may have it, or nobody", name)
		case "require", "preload-require":
			r.Report(config.Error, e, near, "module %s is not here: the exchange would not start", name)
		case "noload":
			if family, _, ok := strings.Cut(name, "_"); !ok || !slices.Contains(families, family) {
				r.Report(config.Warning, e, near, "module %s is not here: nothing is left out", name)
			}
		}
	}
	return r.Diagnostics()
}

// families are what names of Asterisk's modules begin with.
var families = []string{"app", "bridge", "cdr", "cel", "chan", "codec", "format", "func", "pbx", "res", "test"}

// loaded reports whether a module is in use. A name that is no module of ours is not.
func (m *modules) loaded(name string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	_, known := m.names[name]
	return known && m.wanted(name)
}

// known reports whether there is such a module, by its name or that of its file.
func (m *modules) known(file string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	_, known := m.names[strings.TrimSuffix(file, ".so")]
	return known
}

// builtin is the module of rows that belong to the dialplan itself.
const builtin = "builtin"

// wants reports whether a row that belongs to the module is in use; rows of no
// module, and those that are built in, always are.
func (m *modules) wants(name string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return name == "" || name == builtin || m.wanted(name)
}

func (m *modules) wanted(name string) bool {
	if m.noload[name] {
		return false
	}
	return m.autoload || m.load[name]
}

// turn makes a module one that is loaded, or not.
func (m *modules) turn(name string, on bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.noload, name)
	delete(m.load, name)
	if on {
		m.load[name] = true
	} else {
		m.noload[name] = true
	}
}

// missing returns the required modules that are not here.
func (m *modules) missing() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var list []string
	for _, name := range m.require {
		if _, ok := m.names[name]; !ok {
			list = append(list, name)
		}
	}
	return list
}

// show prints `module show [like X]`; uses is how often each module is in use.
func (m *modules) show(out io.Writer, like string, uses map[string]int) {
	fmt.Fprintf(out, "%-30s %-40.40s %-10s %-11s %13s\n", "Module", "Description", "Use Count", "Status", "Support Level")
	n := 0
	for _, name := range m.running() {
		if strings.Contains(strings.ToLower(name), strings.ToLower(like)) {
			fmt.Fprintf(out, "%-30s %-40.40s %-10d %-11s %13s\n", name, m.about(name), uses[strings.TrimSuffix(name, ".so")], "Running", levelOf(name))
			n++
		}
	}
	fmt.Fprintf(out, "%d modules loaded\n", n)
}

// about returns what the module of a file is.
func (m *modules) about(file string) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.names[strings.TrimSuffix(file, ".so")]
}

// running returns the names of the modules that are in use, as files.
func (m *modules) running() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var list []string
	for name := range m.names {
		if m.wanted(name) {
			list = append(list, name+".so")
		}
	}
	sort.Strings(list)
	return list
}
