package command

import (
	"context"
	"fmt"
	"io"
)

// Row is what every command, action, application and function has.
type Row struct {
	// Name as users write it: "Dial", "core show channels", "CoreShowChannels".
	Name string
	// Synopsis says in one line what it does.
	Synopsis string
	// Syntax shows the arguments: "Dial(device[&device…][,timeout[,options]])".
	Syntax string
	// Description says the rest, in our own words. It may be empty.
	Description string
	// Module is the name of the Asterisk module in which users expect it:
	// "app_dial". What modules.conf does not load does not answer.
	Module string
	// Partial names what the reference does here and we do not yet. Empty is whole.
	Partial string
	// Idle says why there is no such thing here and is to be none: the row answers so.
	// Empty of all others.
	Idle string
}

// An Application is a dialplan application. L is the leg it runs on, and is
// *channel.Channel everywhere; this package knows no channels.
type Application[L any] struct {
	Row
	// Run runs the application with its arguments, already substituted, until it
	// is done or ctx ends: by hang-up, redirect or move. A nil error lets the
	// dialplan go on; any other ends the leg (the error of ctx included).
	Run func(ctx context.Context, leg L, data string) error
}

// A Function is a dialplan function. A nil Read or Write means that it can't be
// read or written. leg is nil where the function is used without a channel.
type Function[L any] struct {
	Row
	Read  func(ctx context.Context, leg L, args string) (string, error)
	Write func(ctx context.Context, leg L, args, value string) error
	// RiskyRead and RiskyWrite keep clients from outside (AMI) off what changes
	// the exchange or reaches the machine, unless live_dangerously says otherwise.
	RiskyRead, RiskyWrite bool
}

// A Console command is what an administrator types. Name holds the words that
// select it; alternatives are written {a|b}, "core stop {now|gracefully}".
type Console struct {
	Row
	// Run executes it. Words are what was typed, Args what followed the name.
	// A returned UsageError makes the console print the usage.
	Run func(ctx context.Context, r *ConsoleRequest) error
	// Complete offers the words that may follow; nil offers none.
	Complete func(args []string, word string) []string
}

// A ConsoleRequest is one command on its way.
type ConsoleRequest struct {
	Words []string
	Args  []string
	// Out takes the answer and does not wait for who reads it. Lines end in \n.
	Out io.Writer
	// Remote is nil where the command was not typed on a console (AMI's Command).
	Remote Remote
}

// EndColours ends a text that the reference writes in colours: who reads it by AMI gets an
// empty line more.
func (r *ConsoleRequest) EndColours() {
	if r.Remote == nil {
		fmt.Fprintln(r.Out)
	}
}

// Remote is the console on which a command was typed.
type Remote interface {
	// SetVerbose sets how much of the log this console shows.
	SetVerbose(level int)
	Verbose() int
	// Mute stops or resumes the log on this console.
	Mute(bool)
	Muted() bool
	// SetLevel shows or hides lines of a level of the log on this console.
	SetLevel(name string, on bool)
}

// UsageError makes the console print the command's usage.
type UsageError struct{ Why string }

func (e *UsageError) Error() string {
	if e.Why == "" {
		return "wrong usage"
	}
	return e.Why
}

// A Refusal is an answer that clients and scripts know word for word, as the
// error of a command or action: "No such channel".
type Refusal string

func (r Refusal) Error() string { return string(r) }
