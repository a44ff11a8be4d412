package voicemail

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/state"
)

// A Voice plays to legs, and takes keys of them, on the goroutine that owns them.
type Voice interface {
	// Prompt plays a sound until its end or one of the keys, which it returns.
	Prompt(ctx context.Context, c *channel.Channel, name, keys string) (byte, error)
	// WaitKey waits for a key among keys, at most for d; 0 is none in time.
	WaitKey(ctx context.Context, c *channel.Channel, keys string, d time.Duration) (byte, error)
	// Control plays a sound in which keys move, and returns the key that stopped it.
	Control(ctx context.Context, c *channel.Channel, name string, k Keys) (byte, error)
	// Digits, Number, Letters and Moment are the prompts of what they say.
	Digits(text string) []string
	Letters(text string) []string
	Number(n int, language string) []string
	Moment(at time.Time, zone *time.Location, language, format string) []string
	// Exists tells whether there is a sound.
	Exists(name, language string) bool
}

// Keys move in a sound that is played: by Step to and fro, to its beginning, and hold it.
type Keys struct {
	Stop, Forward, Rewind, Pause, Restart string
	Step                                  time.Duration
}

// A Dialplan is what voicemail needs of the executor.
type Dialplan interface {
	// Exists tells whether a place exists for a call from caller.
	Exists(l channel.Location, caller string) bool
	// CanMatch tells whether digits are an extension of a context, or the beginning of one.
	CanMatch(context, digits, caller string) bool
	// MatchMore tells whether digits are the beginning of a longer extension.
	MatchMore(context, digits, caller string) bool
	// Goto makes the dialplan go on at [[context,]exten,]priority.
	Goto(c *channel.Channel, place string) error
	// Pressed says that the application returns because of a key.
	Pressed(c *channel.Channel, digit byte)
	// Expand substitutes variables, functions and expressions in a text.
	Expand(ctx context.Context, c *channel.Channel, text string) string
}

// A House has the mailboxes of one exchange. Its fields are set before the first call.
type House struct {
	Channels *channel.Registry
	Dialplan Dialplan
	Voice    Voice
	Counts   *state.Mailboxes
	Logger   *slog.Logger
	Spool    string // the folder of all messages
	// Open reads a file of the configuration folder, for Directory's option c; nil has none.
	Open func(name string) (*config.File, error)
	// Watched tells whether somebody wants to know of a mailbox: only those are polled.
	Watched func(name string) bool
	// Rewrite changes the password of a mailbox in voicemail.conf.
	Rewrite func(context, mailbox, password string) error
	// Refresh has a mailbox be looked at again where it lies, before it is looked for;
	// nil: all are in the file.
	Refresh func(context, mailbox string)
	// Reload reads voicemail.conf again.
	Reload func() error
	// Go runs what outlives a call and is waited for when the exchange stops.
	Go func(func())
	// Outbox keeps the mails for a server of SMTP; nil: there is no such server.
	Outbox *Outbox

	file atomic.Pointer[File]
	ids  atomic.Uint32

	mu        sync.Mutex // a leaf
	locks     map[string]*sync.Mutex
	passwords map[string]string // changed since voicemail.conf was read
}

var noFile, _ = Read(nil, nil, nil)

func (h *House) settings() *File {
	if f := h.file.Load(); f != nil {
		return f
	}
	return noFile
}

// Server is the one that takes mails, by voicemail.conf; nil: mailcmd sends them.
func (h *House) Server() *SMTP { return h.settings().general.smtp }

// Configure puts voicemail.conf in force and tells how many messages wait where.
func (h *House) Configure(f *File) {
	h.mu.Lock()
	h.passwords = map[string]string{}
	h.mu.Unlock()
	h.file.Store(f)
	for _, m := range f.mailboxes {
		if m.Alias == "" {
			h.sweep(m)
			h.refresh(m)
		}
	}
}

// refresh has counts say what the folders have, without telling what nobody asked about.
func (h *House) refresh(m *Mailbox) {
	c := h.counts(m)
	for _, name := range h.names(m) {
		if known, ok := h.Counts.Of(name); !ok && c == (state.Counts{}) {
			h.Counts.Restore(name, c)
		} else if !ok || known != c {
			h.Counts.Set(name, c)
		}
	}
}

// lock holds the folders of a mailbox until unlock.
func (h *House) lock(m *Mailbox) (unlock func()) {
	h.mu.Lock()
	if h.locks == nil {
		h.locks = map[string]*sync.Mutex{}
	}
	l := h.locks[m.ID()]
	if l == nil {
		l = &sync.Mutex{}
		h.locks[m.ID()] = l
	}
	h.mu.Unlock()
	l.Lock()
	return l.Unlock
}

// find returns a mailbox by its number and context, which may be "": default is meant, or
// with searchcontexts the first that has it.
func (h *House) find(number, context string) *Mailbox {
	if h.Refresh != nil && number != "" {
		h.Refresh(context, number)
	}
	f := h.settings()
	if context == "" && f.general.searchContexts {
		for _, m := range f.mailboxes {
			if m.Number == number && m.Alias == "" {
				return m
			}
		}
		return nil
	}
	if context == "" {
		context = "default"
	}
	id := number + "@" + context
	if m := f.index[id]; m != nil {
		return m
	}
	for _, a := range f.aliases {
		if a[0] == id {
			return f.index[a[1]]
		}
	}
	return nil
}

// named is find for number[@context].
func (h *House) named(text string) *Mailbox {
	number, context, _ := strings.Cut(strings.TrimSpace(text), "@")
	return h.find(number, context)
}

// names are those under which the counts of a mailbox are told.
func (h *House) names(m *Mailbox) []string {
	list := []string{m.ID()}
	for _, a := range h.settings().aliases {
		if a[1] == m.ID() {
			list = append(list, a[0])
		}
	}
	return list
}

// counts counts: what is urgent is new.
func (h *House) counts(m *Mailbox) state.Counts {
	return state.Counts{New: h.count(m, "INBOX") + h.count(m, "Urgent"), Old: h.count(m, "Old")}
}

// Urgent returns how many urgent messages wait in a mailbox.
func (h *House) Urgent(name string) int {
	if m := h.named(name); m != nil {
		return h.count(m, "Urgent")
	}
	return 0
}

// tell says how many messages a mailbox has now.
func (h *House) tell(m *Mailbox, c *channel.Channel) {
	counts := h.counts(m)
	var who *event.Channel
	if c != nil {
		who = c.Snapshot()
	}
	for _, name := range h.names(m) {
		h.Counts.SetBy(name, counts, who)
	}
}

// errHangup ends the leg once the application is done.
var errHangup = errors.New("the application ends the call")

// play plays prompts one after the other until one of the keys. A prompt that there is
// not is left out; the error is the end of the step.
func (h *House) play(ctx context.Context, c *channel.Channel, keys string, names ...string) (byte, error) {
	for _, name := range names {
		key, _ := h.Voice.Prompt(ctx, c, name, keys)
		switch {
		case ctx.Err() != nil:
			return 0, context.Cause(ctx)
		case key != 0:
			return key, nil
		}
	}
	return 0, nil
}

// exists tells whether a place exists for a leg.
func (h *House) exists(c *channel.Channel, context, exten string) bool {
	return h.Dialplan.Exists(channel.Location{Context: context, Exten: exten, Priority: 1}, c.Caller().Number.Text)
}
