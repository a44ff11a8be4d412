package exchange

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/dialplan"
	"github.com/octothorpe/octothorpe/internal/state"
)

// planFile has the dialplan.
const planFile = "extensions.conf"

// plan is the executor as the packages beside and above it want to see it.
type plan struct{ *dialplan.Engine }

func (x *Exchange) plan() *plan { return &plan{x.engine} }

// Outside marks the context of what a client of AMI asks for.
func (p *plan) Outside(ctx context.Context) context.Context { return dialplan.Outside(ctx) }

// Exists tells whether a call can go on at a place; priority 0 asks for the first.
func (p *plan) Exists(l channel.Location, caller string) bool {
	if l.Priority == 0 {
		l.Priority = 1
	}
	return p.Engine.Exists(l, caller)
}

// starter is the dialplan as Local channels want to see it.
type starter struct{ x *Exchange }

func (s starter) Exists(context, exten, caller string) bool {
	return s.x.engine.Exists(channel.Location{Context: context, Exten: exten, Priority: 1}, caller)
}

func (s starter) Start(c *channel.Channel) { s.x.engine.Start(c) }

// devices are the states of devices and hints as functions want to see them.
type devices struct{ x *Exchange }

func (d devices) Device(name string) string    { return d.x.board.Device(name) }
func (d devices) SetCustom(name, state string) { d.x.board.SetCustom(name, state) }
func (d devices) Extension(exten, context string) (string, bool) {
	h, ok := d.x.hintAt(exten, context)
	return h.State.Device(), ok
}

// deviceState asks the driver of a device's technology.
func (x *Exchange) deviceState(device string) string {
	if box, ok := strings.CutPrefix(device, state.MailboxDevice); ok {
		return x.mailboxes.Device(box)
	}
	if told, ok := x.deviceOfQueue(device); ok {
		return told
	}
	if told, ok := x.deviceOfParking(device); ok {
		return told
	}
	if told, ok := x.deviceOfSharedLine(device); ok {
		return told
	}
	if told, ok := x.deviceOfAgent(device); ok {
		return told
	}
	if name, ok := strings.CutPrefix(device, "confbridge:"); ok {
		return x.rooms.DeviceState(name)
	}
	technology, destination, ok := cutDevice(device)
	if !ok {
		return state.Invalid
	}
	d, ok := x.channels.Driver(technology)
	if !ok {
		return state.Invalid
	}
	return d.DeviceState(destination)
}

func cutDevice(device string) (technology, destination string, ok bool) {
	for i := range len(device) {
		if device[i] == '/' {
			return device[:i], device[i+1:], true
		}
	}
	return "", "", false
}

// loadDialplan reads extensions.conf and swaps the plan; calls go on.
func (x *Exchange) loadDialplan() error {
	if !x.modules.wants("pbx_config") {
		return nil
	}
	f, err := x.load(planFile)
	if err != nil {
		if isMissing(err) {
			return nil
		}
		return err
	}
	p, problems := dialplan.Load(f, x.engine.Env(x.background, nil))
	if x.system.DontWarn {
		problems = slices.DeleteFunc(problems, dialplan.Discourages)
	}
	x.report(problems)
	return x.engine.Reload(p)
}

func isMissing(err error) bool { return errors.Is(err, os.ErrNotExist) }

// builtin gives the variables that belong to the exchange and no channel.
func (x *Exchange) builtin(name string) (string, bool) {
	switch name {
	case "SYSTEMNAME":
		return x.system.SystemName, true
	case "ENTITYID":
		return x.system.EntityID, true
	case "ASTCACHEDIR":
		return x.dirs.Cache, true
	case "ASTETCDIR":
		return x.dirs.Etc, true
	case "ASTMODDIR":
		return x.dirs.Modules, true
	case "ASTVARLIBDIR":
		return x.dirs.VarLib, true
	case "ASTDBDIR": // the reference gives the file's name without its ending
		return filepath.Join(x.dirs.DB, "astdb"), true
	case "ASTKEYDIR":
		return filepath.Join(x.dirs.Key, "keys"), true
	case "ASTDATADIR":
		return x.dirs.Data, true
	case "ASTAGIDIR":
		return x.dirs.AGI, true
	case "ASTSPOOLDIR":
		return x.dirs.Spool, true
	case "ASTRUNDIR":
		return x.dirs.Run, true
	case "ASTLOGDIR":
		return x.dirs.Log, true
	case "ASTSBINDIR":
		return x.dirs.Sbin, true
	}
	return "", false
}

// renewPlan reads a part of the dialplan anew, and tells what the whole is without.
func (x *Exchange) renewPlan(load func() error) error {
	err := load()
	if err == nil {
		x.strays()
	}
	return err
}

// reloadDialplan is the console's "dialplan reload": only the log tells where the
// file can't be read, and no event tells of it, as on the reference.
func (x *Exchange) reloadDialplan() error {
	if err := x.reloading.begin(); err != nil {
		return err
	}
	defer x.reloading.end()
	if err := x.renewPlan(x.loadDialplan); err != nil {
		x.log.Error("extensions.conf was not read again; the plan is as it was", "error", err)
	}
	return nil
}

// scriptEnvironment is what scripts of AGI get beside the exchange's own environment.
func (x *Exchange) scriptEnvironment() []string {
	d := x.dirs
	return []string{"AST_CONFIG_DIR=" + d.Etc, "AST_CONFIG_FILE=" + x.options.Config, "AST_MODULE_DIR=" + d.Modules, "AST_SPOOL_DIR=" + d.Spool,
		"AST_MONITOR_DIR=" + filepath.Join(d.Spool, "monitor"), "AST_VAR_DIR=" + d.VarLib, "AST_DATA_DIR=" + d.Data, "AST_LOG_DIR=" + d.Log,
		"AST_AGI_DIR=" + d.AGI, "AST_KEY_DIR=" + filepath.Join(d.Key, "keys"), "AST_RUN_DIR=" + d.Run,
		"AST_SYSTEMNAME=" + x.system.SystemName, "AST_VERSION=" + x.options.Version,
		// What `core show version` says of the build, too.
		"AST_BUILD_USER=octothorpe", "AST_BUILD_HOST=octothorpe", "AST_BUILD_MACHINE=" + runtime.GOARCH, "AST_BUILD_KERNEL=unknown",
		"AST_BUILD_OS=" + strings.ToUpper(runtime.GOOS[:1]) + runtime.GOOS[1:], "AST_BUILD_DATE=" + x.began.UTC().Format("2006-01-02 15:04:05 MST")}
}
