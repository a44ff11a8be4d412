package function

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"strings"
	"sync"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/state"
	"github.com/octothorpe/octothorpe/sip"
)

// Function is a row of this package's table.
type Function = command.Function[*channel.Channel]

// House is what the functions of one exchange share.
type House struct {
	Channels  *channel.Registry
	Dialplan  Dialplan
	Database  Database
	Devices   Devices
	Presences *state.Presences
	Logger    *slog.Logger
	// Loaded tells whether a module is loaded: IFMODULE.
	Loaded func(module string) bool
	// Version is the release that VERSION() tells.
	Version string
	// Names asks name servers; nil is the machine's own.
	Names *net.Resolver
	// Pointers asks for the NAPTR records of a domain: ENUMLOOKUP. It may be nil.
	Pointers func(ctx context.Context, domain string) ([]sip.NAPTR, error)
	// Load reads a configuration file: AST_CONFIG.
	Load func(name string) (*config.File, error)
	// SetZone gives a leg the tones of a country. It may be nil.
	SetZone func(c *channel.Channel, country string) error

	// ManagerSessions counts the sessions of an account of AMI, if there is one: AMI_CLIENT.
	ManagerSessions func(account string) (n int, ok bool)

	// SetLogGroup puts a leg's call into a group by which the log is filtered.
	SetLogGroup func(c *channel.Channel, group string)

	locks  locks
	dialed dialGroups
	curl   curlOptions
	groups sync.Mutex // orders changes of groups, so that counts add up
}

// A Dialplan is what functions need of the executor.
type Dialplan interface {
	// Variable reads a variable of the channel (which may be nil), or a global.
	Variable(c *channel.Channel, name string) (string, bool)
	// Assign sets a variable, or a function written NAME(args).
	Assign(ctx context.Context, c *channel.Channel, name, value string) error
	// Expand substitutes variables, functions and expressions in a text.
	Expand(ctx context.Context, c *channel.Channel, text string) string
	// Global and SetGlobal reach global variables.
	Global(name string) (string, bool)
	SetGlobal(name, value string)
	DropGlobal(name string)
	// Exists tells whether a place exists for a call from caller.
	Exists(l channel.Location, caller string) bool
	// Priority reads a priority that is a number or a label of an extension.
	Priority(context, exten, text, caller string) (int, bool)
	// Resolve reads a place as Goto takes it, from where a leg is.
	Resolve(c *channel.Channel, place string) (channel.Location, error)
	// HasContext tells whether there is a context of the name.
	HasContext(name string) bool
	// Hint returns the hint of an extension.
	Hint(exten, context string) (devices, name string, ok bool)
	// InTime tells whether now is within "times,weekdays,days,months[,timezone]".
	InTime(spec string) (bool, error)
}

// Database is AstDB.
type Database interface {
	Get(family, key string) (string, bool)
	Put(family, key, value string) error
	Del(family, key string) (existed bool, err error)
	// Keys returns the names directly below a prefix.
	Keys(prefix string) []string
}

// Devices tells and sets the states of devices and extensions.
type Devices interface {
	Device(name string) string
	SetCustom(name, state string)
	// Extension returns the state of a hint in the words of devices.
	Extension(exten, context string) (state string, ok bool)
}

var (
	errNoChannel = errors.New("the function needs a channel")
	errArgs      = errors.New("the function needs an argument")
)

// Functions returns the table.
func (h *House) Functions() []Function {
	var list []Function
	for _, family := range [][]Function{h.text(), h.lists(), h.encodings(), h.math(), h.logic(), h.times(), h.databases(),
		h.variables(), h.hashes(), h.callers(), h.channels(), h.groupFunctions(), h.system(), h.lockFunctions(), h.json(), {h.presence()},
		h.textFiles(), h.programs(), h.crypts(), h.dialGroups(), h.curls(), h.sounds(), h.refines(), h.frames(), h.nameFunctions(), h.enums(), h.trial(),
		{full("TALK_DETECT", "func_talkdetect", "Tell when a leg's far end talks", "action", nil, talkDetect)}} {
		list = append(list, family...)
	}
	return list
}

// read makes a row for a function that can only be read and needs no channel.
func read(name, module, synopsis, syntax string, f func(args string) (string, error)) Function {
	return Function{Row: command.Row{Name: name, Module: module, Synopsis: synopsis, Syntax: name + "(" + syntax + ")"},
		Read: func(_ context.Context, _ *channel.Channel, args string) (string, error) { return f(args) }}
}

// full makes a row of any kind.
func full(name, module, synopsis, syntax string, r func(context.Context, *channel.Channel, string) (string, error),
	w func(context.Context, *channel.Channel, string, string) error) Function {
	return Function{Row: command.Row{Name: name, Module: module, Synopsis: synopsis, Syntax: name + "(" + syntax + ")"}, Read: r, Write: w}
}

// risky is a row that clients from outside may not write to, nor read where the
// reference keeps them from that, too.
func risky(f Function, read bool) Function {
	f.RiskyRead, f.RiskyWrite = read, true
	return f
}

// riskyRead is a row that clients from outside may not read.
func riskyRead(f Function) Function {
	f.RiskyRead = true
	return f
}

// riskyWrite is a row that clients from outside may not write to.
func riskyWrite(f Function) Function {
	f.RiskyWrite = true
	return f
}

// partly is a row for a function of which something is left to do.
func partly(f Function, left string) Function {
	f.Partial = left
	return f
}

// variable reads a variable by name, "" if it is not set.
func (h *House) variable(c *channel.Channel, name string) string {
	v, _ := h.Dialplan.Variable(c, name)
	return v
}

// value reads a variable, or a function written NAME(args), by what stands
// between ${ and }.
func (h *House) value(ctx context.Context, c *channel.Channel, name string) string {
	if c == nil || strings.IndexByte(name, '(') >= 0 { // without a channel a context may have variables
		return h.Dialplan.Expand(ctx, c, "${"+name+"}")
	}
	return h.variable(c, name)
}

// set writes a variable of the channel, or without one a global.
func (h *House) set(c *channel.Channel, name, value string) {
	if c == nil {
		h.Dialplan.SetGlobal(name, value)
		return
	}
	c.SetVariable(name, value)
}

func truth(yes bool) string {
	if yes {
		return "1"
	}
	return "0"
}
