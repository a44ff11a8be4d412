package exchange

import (
	"errors"
	"slices"
	"strings"
	"sync"

	"github.com/octothorpe/octothorpe/internal/dialplan"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/rest"
)

// Some modules are nothing but applications and functions of the dialplan. They can be
// loaded and unloaded while the exchange runs; all others come and stay with it.

// plugs are the applications and functions of such modules, by their modules.
type plugs struct {
	mu           sync.Mutex // held while one is loaded or unloaded; above the dialplan's tables and modules.mu
	applications map[string][]dialplan.Application
	functions    map[string][]dialplan.Function
}

// plug makes applications and functions known, and keeps those whose modules can be unloaded.
func (x *Exchange) plug(functions []dialplan.Function, applications []dialplan.Application) {
	p := &x.plugs
	p.applications, p.functions = map[string][]dialplan.Application{}, map[string][]dialplan.Function{}
	for _, a := range applications {
		p.applications[a.Module] = append(p.applications[a.Module], a)
	}
	for _, f := range functions {
		p.functions[f.Module] = append(p.functions[f.Module], f)
	}
	x.offer(functions, applications)
}

// offer makes applications and functions known, and has the dialplan know those whose
// modules are wanted.
func (x *Exchange) offer(functions []dialplan.Function, applications []dialplan.Application) {
	for _, a := range applications {
		x.modules.add(a.Module, a.Synopsis)
		if x.modules.wants(a.Module) {
			x.engine.AddApplication(a)
		}
	}
	for _, f := range functions {
		x.modules.add(f.Module, f.Synopsis)
		if x.modules.wants(f.Module) {
			x.engine.AddFunction(f)
		}
	}
}

// pluggable reports whether a module is nothing but what plug has taken.
func (x *Exchange) pluggable(name string) bool {
	if name == "" || name == builtin || parts[name] != "" || x.rereads(name) && name != "app_playback" { // whose say.conf others read, too
		return false
	}
	return len(x.plugs.applications[name])+len(x.plugs.functions[name]) > 0
}

var (
	errNotPluggable = errors.New("the module is there from the start to the end")
	errInUse        = errors.New("the module is in use")
)

// loadModule loads a module while the exchange runs, and has it told. The errors are rest.ErrLoaded, errNoModule and errNotPluggable.
func (x *Exchange) loadModule(file string) error {
	err := x.plugIn(strings.TrimSuffix(file, ".so"))
	x.tellModule(file, err, false)
	return err
}

func (x *Exchange) plugIn(name string) error {
	x.plugs.mu.Lock()
	defer x.plugs.mu.Unlock()
	switch {
	case x.modules.loaded(name):
		return rest.ErrLoaded
	case !x.modules.known(name):
		return errNoModule
	case !x.pluggable(name):
		return errNotPluggable
	}
	for _, a := range x.plugs.applications[name] {
		x.engine.AddApplication(a)
	}
	for _, f := range x.plugs.functions[name] {
		x.engine.AddFunction(f)
	}
	x.modules.turn(name, true)
	return nil
}

// unloadModule unloads one, unless a leg runs an application of it, and has it told. The errors are rest.ErrNoModule,
// errNotPluggable and errInUse.
func (x *Exchange) unloadModule(file string) error {
	err := x.plugOut(strings.TrimSuffix(file, ".so"))
	x.tellModule(file, err, true)
	return err
}

func (x *Exchange) plugOut(name string) error {
	x.plugs.mu.Lock()
	defer x.plugs.mu.Unlock()
	switch {
	case !x.modules.loaded(name):
		return rest.ErrNoModule
	case !x.pluggable(name):
		return errNotPluggable
	}
	for _, c := range x.channels.All() {
		running := c.Snapshot().Application
		if slices.ContainsFunc(x.plugs.applications[name], func(a dialplan.Application) bool { return strings.EqualFold(a.Name, running) }) {
			return errInUse
		}
	}
	x.modules.turn(name, false)
	for _, a := range x.plugs.applications[name] {
		x.engine.RemoveApplication(a.Name)
	}
	for _, f := range x.plugs.functions[name] {
		x.engine.RemoveFunction(f.Name)
	}
	return nil
}

// LoadModule implements rest.Exchange.
func (o *outlook) LoadModule(name string) error { return (*Exchange)(o).loadModule(name) }

// UnloadModule implements rest.Exchange.
func (o *outlook) UnloadModule(name string) error { return (*Exchange)(o).unloadModule(name) }

// tellModule tells managers of a module that was loaded or unloaded. Of one that was not
// nobody is told, as on the reference.
func (x *Exchange) tellModule(file string, err error, unload bool) {
	if err == nil && x.bus.Wants(event.KindModuleLoad) {
		x.bus.Publish(&event.ModuleLoad{Module: file, Status: "Success", Unload: unload})
	}
}
