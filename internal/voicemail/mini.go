package voicemail

import (
	"context"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/state"
)

// Mini is MiniVM: the parts of a voicemail as applications, for accounts that are
// addresses, user@domain, in minivm.conf or not. Messages are mailed and not kept.
type Mini struct {
	*House        // what records, plays and mails; its settings are minivm.conf's
	Logs   string // the folder of a log file that is named without one
	// Reload reads minivm.conf again.
	Reload func() error
	conf   atomic.Pointer[MiniFile]

	counting [64]sync.Mutex // of the files of counters, by their names

	figures struct { // for minivm show stats
		sync.Mutex
		received    int
		last, reset time.Time
	}
}

// NewMini makes MiniVM of what voicemail has.
func NewMini(h *House) *Mini {
	return &Mini{House: &House{Channels: h.Channels, Dialplan: h.Dialplan, Voice: h.Voice, Counts: h.Counts, Logger: h.Logger, Spool: h.Spool, Go: h.Go}}
}

// Configure puts minivm.conf in force, for calls from now on.
func (v *Mini) Configure(f *MiniFile) {
	v.conf.Store(f)
	v.figures.Lock()
	v.figures.received, v.figures.last, v.figures.reset = 0, time.Time{}, time.Now()
	v.figures.Unlock()
	v.file.Store(&File{general: general{formats: []string{f.format}, maxSilence: f.silence, threshold: f.threshold, charset: f.usual.charset}, zones: f.zones})
}

func miniRow(name, synopsis, syntax string) command.Row {
	return command.Row{Name: name, Module: "app_minivm", Synopsis: synopsis, Syntax: syntax}
}

// Applications returns the dialplan applications.
func (v *Mini) Applications() []command.Application[*channel.Channel] {
	return []command.Application[*channel.Channel]{
		{Row: miniRow("MinivmRecord", "Record a message for an address", "MinivmRecord(username@domain[,options])"), Run: v.take},
		{Row: miniRow("MinivmGreet", "Play the greeting of an address", "MinivmGreet(username@domain[,options])"), Run: v.greet},
		{Row: miniRow("MinivmNotify", "Mail and page a message of MiniVM", "MinivmNotify(username@domain[,template])"), Run: v.notify},
		{Row: miniRow("MinivmDelete", "Delete a message of MiniVM", "MinivmDelete([filename])"), Run: v.remove},
		{Row: miniRow("MinivmAccMess", "Record a greeting of an address", "MinivmAccMess(username@domain,option)"), Run: v.greeting},
		{Row: miniRow("MinivmMWI", "Say how many messages wait for an address", "MinivmMWI(username@domain,urgent,new,old)"), Run: v.indicate},
	}
}

// Functions returns the dialplan functions.
func (v *Mini) Functions() []command.Function[*channel.Channel] {
	return []command.Function[*channel.Channel]{
		{Row: miniRow("MINIVMACCOUNT", "Tell of an account of MiniVM", "MINIVMACCOUNT(account:item)"), Read: v.readAccount},
		{Row: miniRow("MINIVMCOUNTER", "Count for an account or domain of MiniVM", "MINIVMCOUNTER(account:name[:operand])"),
			Read: v.readCounter, Write: v.writeCounter},
	}
}

// account finds an account by its address; one that minivm.conf has not is made of the
// address alone.
func (v *Mini) account(address string) (*account, error) {
	user, domain, ok := strings.Cut(address, "@")
	if !ok || !safe(user) || !safe(domain) {
		return nil, fmt.Errorf("%q is no account of MiniVM, which is username@domain", address)
	}
	if a := v.settings().accounts[strings.ToLower(address)]; a != nil {
		return a, nil
	}
	return &account{user: user, domain: domain, email: address}, nil
}

// safe tells whether a text may be the name of a folder.
func safe(name string) bool {
	return name != "" && name != "." && name != ".." && !strings.ContainsAny(name, "/\x00")
}

var noMini, _ = ReadMini(nil)

func (v *Mini) settings() *MiniFile {
	if f := v.conf.Load(); f != nil {
		return f
	}
	return noMini
}

func (v *Mini) home(a *account) string { return filepath.Join(v.Spool, a.domain, a.user) }

// arguments reads the account and the rest of an application's data.
func (v *Mini) arguments(c *channel.Channel, application, data string) (a *account, rest []string, ok bool) {
	rest = command.SplitArgs(data, 4)
	a, err := v.account(command.Arg(rest, 0))
	if err != nil {
		v.Logger.Error(application, "channel", c.Name(), "error", err)
		return nil, nil, false
	}
	return a, rest[1:], true
}

// exits are the keys by which a caller leaves for an extension of the context: 0 for o
// where operator=yes, * for a, as far as they are there.
func (v *Mini) exits(c *channel.Channel) (keys string, to map[byte]string) {
	to = map[byte]string{}
	for key, exten := range map[byte]string{'0': "o", '*': "a"} {
		if (key == '*' || v.settings().operator) && v.exists(c, c.Location().Context, exten) {
			keys += string(rune(key))
			to[key] = exten
		}
	}
	return keys, to
}

// greet plays the temporary greeting, else the one that is asked for, and tells how to
// leave a message.
func (v *Mini) greet(ctx context.Context, c *channel.Channel, data string) error {
	const status = "MVM_GREET_STATUS"
	a, rest, ok := v.arguments(c, "MinivmGreet", data)
	if !ok {
		return errHangup
	}
	flags := command.ParseFlags(command.Arg(rest, 0))
	if err := listenFirst(ctx, c); err != nil {
		return err
	}
	names := []string{"temp"}
	if flags.Has('b') {
		names = append(names, "busy")
	} else if flags.Has('u') {
		names = append(names, "unavail")
	}
	var prompts []string
	for _, name := range names {
		if path := filepath.Join(v.home(a), name); len(sounds(path)) > 0 {
			prompts = append(prompts, path)
			break
		}
	}
	if !flags.Has('s') {
		prompts = append(prompts, "vm-intro")
	}
	keys, to := v.exits(c)
	key, err := v.play(ctx, c, keys+"#", prompts...)
	switch {
	case err != nil:
		c.SetVariable(status, "FAILED")
		return err
	case to[key] != "":
		c.SetVariable(status, "USEREXIT")
		return v.Dialplan.Goto(c, to[key]+",1")
	}
	c.SetVariable(status, "SUCCESS")
	return nil
}

// indicate tells phones how many messages wait. What is no number is 0.
func (v *Mini) indicate(_ context.Context, c *channel.Channel, data string) error {
	args := command.SplitArgs(data, 4)
	if len(args) < 4 || !strings.Contains(args[0], "@") {
		v.Logger.Error("MinivmMWI needs an account, user@domain, and the numbers of urgent, new and old messages", "channel", c.Name())
		return errHangup
	}
	var n [3]int
	for i, text := range args[1:] {
		var err error
		if n[i], err = strconv.Atoi(strings.TrimSpace(text)); err != nil || n[i] < 0 {
			v.Logger.Warn("MinivmMWI was given no number of messages", "channel", c.Name(), "number", text)
			n[i] = 0
		}
	}
	v.Counts.SetElsewhere(args[0], state.Counts{New: n[0] + n[1], Old: n[2]}, c.Snapshot())
	return nil
}
