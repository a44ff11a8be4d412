package app

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/octothorpe/octothorpe/internal/app/say"
	"github.com/octothorpe/octothorpe/internal/bridge"
	"github.com/octothorpe/octothorpe/internal/call"
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/dialplan"
	"github.com/octothorpe/octothorpe/internal/speech"
)

// Application is a row of this package's table.
type Application = command.Application[*channel.Channel]

// ErrHangup is returned by an application after which the leg is hung up.
var ErrHangup = errors.New("the application ends the call")

// A Dialplan is what applications need of the executor.
type Dialplan interface {
	// Expand substitutes variables, functions and expressions in a text.
	Expand(ctx context.Context, c *channel.Channel, text string) string
	// Goto makes the dialplan go on at [[context,]exten,]priority.
	Goto(c *channel.Channel, place string) error
	// Resolve reads [[context,]exten,]priority relative to where c is; the
	// priority may be a label.
	Resolve(c *channel.Channel, place string) (channel.Location, error)
	// Subroutine runs place(arg,…) on c like Gosub, and returns when it has returned.
	Subroutine(ctx context.Context, c *channel.Channel, place string) error
	// Exists tells whether a place exists for a call from caller.
	Exists(l channel.Location, caller string) bool
	// Execute runs an application.
	Execute(ctx context.Context, c *channel.Channel, application, data string) error
	// Assign sets a variable, a function or, with the name GLOBAL(x), a global.
	Assign(ctx context.Context, c *channel.Channel, name, value string) error
	// SetGlobal sets a global variable.
	SetGlobal(name, value string)
	// CanMatch tells whether digits are an extension of a context, or the
	// beginning of one; MatchMore whether they are the beginning of a longer one.
	CanMatch(context, digits, caller string) bool
	MatchMore(context, digits, caller string) bool
	// Pressed says that the application that runs returns because of a key: the
	// dialplan then collects the rest of an extension that begins with it.
	Pressed(c *channel.Channel, digit byte)
	// WaitExten waits for the first key of an extension, at most for d, or for the
	// response timeout if d is 0. Without one the dialplan goes on with the next
	// priority, else at t or e; the error says that there is none of them.
	WaitExten(ctx context.Context, c *channel.Channel, d time.Duration) error
	// Plan returns the dialplan of now.
	Plan() *dialplan.Plan
	// Timeouts returns how long to wait for a first digit and between digits:
	// TIMEOUT(response) and TIMEOUT(digit).
	Timeouts(c *channel.Channel) (response, digit time.Duration)
}

// House is what the applications of one exchange share.
type House struct {
	Calls    *call.Calls
	Channels *channel.Registry
	Bridges  *bridge.Registry
	Dialplan Dialplan
	Sounds   Sounds
	Database Database
	Features Features // may be nil
	// Confer is where Page has legs meet.
	Confer Conference
	// Extend makes a context of the dialplan: the steps of its extensions, application(arguments), by name.
	Extend func(context, registrar string, extensions map[string][]string) error
	// ReloadModule reads the configuration of a module again, of all with "".
	ReloadModule func(name string) error
	Logger       *slog.Logger
	// Waiting reports whether there are new messages in a mailbox, number[@context], for DISA's tone;
	// nil where there are no mailboxes.
	Waiting func(mailbox string) bool
	// ResetRecord begins the call record of a leg anew, for Dial's option C; nil where there are none.
	ResetRecord func(c *channel.Channel)
	// Recordings is where Record puts files that have no path: astspooldir's
	// folder of sounds.
	Recordings string
	// Spool is astspooldir, where Dictate puts files that have no folder.
	Spool string
	// Speech is how numbers and times are said.
	Speech say.Speech
	// Engines are those of speech.
	Engines speech.Engines

	signals signals
	pickups pickups
	rooms   rooms
	names   fileNames
	amds    amdSettings
	follows atomic.Pointer[followProfiles]
	alarms  currentAlarms
	stats   statistics
	hooks   atomic.Uint64 // of PERIODIC_HOOK that were made
}

// Sounds finds what is to be played.
type Sounds interface {
	// Open returns the sound of a name in a language ("demo-thanks", or a path),
	// best for a leg that sends the format. It fails if there is none.
	Open(name, language string, c *channel.Channel) (channel.Source, error)
	// Exists tells whether there is such a sound.
	Exists(name, language string) bool
	// Tone returns a tone of indications.conf ("busy"), or a tone list itself.
	Tone(name string, c *channel.Channel) (channel.Source, error)
	// Music returns the music of a class.
	Music(class string, c *channel.Channel) (channel.Source, error)
}

// setVariables sets several variables in order.
func setVariables(c *channel.Channel, pairs ...string) {
	for i := 0; i+1 < len(pairs); i += 2 {
		c.SetVariable(pairs[i], pairs[i+1])
	}
}

// UnknownApplication is the error of Dialplan.Execute for a name nobody knows.
type UnknownApplication interface{ UnknownApplication() string }

func isUnknown(err error) bool {
	var u UnknownApplication
	return errors.As(err, &u)
}
