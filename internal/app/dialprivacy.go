package app

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/call"
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
)

// introductions is the folder, below that of sounds, of what callers said who they are.
const introductions = "priv-callerintros"

const (
	introductionLength = 4 * time.Second
	verdictWait        = 6 * time.Second // for a key after the choices were read out
	verdictRounds      = 3
)

// privacy is what Dial's options P and p do: the caller says a name, and the
// called party hears it and decides, with P also for the calls that follow.
type privacy struct {
	family       string // of the database, where P keeps decisions; "" keeps none
	caller       string // the number, or what stands for who has none
	choices      string // the prompt that reads them out
	keys         string
	introduction string // the sound
	forget       bool   // n: the introduction is not kept
}

// decisions are what P keeps by the key that was pressed.
var decisions = map[byte]string{'1': "allow", '2': "deny", '3': "torture", '4': "kill", '5': "allow"}

// refusals is DIALSTATUS by what was decided, now or before.
var refusals = map[string]string{"deny": "NOANSWER", "torture": "TORTURE", "kill": "DONTCALL"}

// private begins with the caller what P and p ask for. done says that the called
// party is not to be bothered: DIALSTATUS tells why.
func (d *dialing) private(ctx context.Context) (done bool, err error) {
	number := d.c.Caller().Number
	known := number.Valid && number.Text != ""
	if !d.flags.Has('P') && !d.flags.Has('p') || d.flags.Has('N') && known {
		return false, nil
	}
	p := &privacy{caller: number.Text, choices: "screen-callee-options", keys: "1234", forget: d.flags.Has('n') || !known}
	if !known {
		p.caller = "NOCALLERID_" + d.c.Location().Exten + strings.ReplaceAll(d.c.Name(), "/", "=")
	}
	p.introduction = introductions + "/" + fileName(p.caller)
	if d.flags.Has('P') {
		p.choices, p.keys = "priv-callee-options", "12345"
	}
	if d.flags.Has('P') && known {
		if p.family = d.flags['P']; p.family == "" {
			p.family = d.c.Location().Exten
		}
		p.family = "privacy/" + p.family
		decided, _ := d.house.Database.Get(p.family, p.caller)
		if decided == "allow" {
			return false, nil
		}
		if status := refusals[decided]; status != "" {
			d.c.SetVariable("DIALSTATUS", status)
			return true, nil
		}
	}
	d.privacy = p
	return d.introduce(ctx, p)
}

// fileName makes the name of a file of what may hold a path.
func fileName(text string) string { return strings.NewReplacer("/", "=", "..", "=").Replace(text) }

// introduce has the caller say a name, where it is not known from before.
func (d *dialing) introduce(ctx context.Context, p *privacy) (done bool, err error) {
	path := filepath.Join(d.house.Recordings, p.introduction+".sln")
	if _, err := os.Stat(path); err == nil {
		return false, nil
	}
	if err := d.c.Answer(); err != nil {
		return true, err
	}
	if _, err := d.house.playFile(ctx, d.c, "priv-recordintro", ""); ended(ctx, err) {
		return true, err
	}
	r := &recording{house: d.house, c: d.c, flags: command.ParseFlags("y"), limit: introductionLength, tacit: true}
	if err := r.run(ctx, path, "sln"); err != nil {
		return true, err
	}
	if info, err := os.Stat(path); err != nil || info.Size() == 0 {
		_ = os.Remove(path)
		d.house.Logger.Warn("the caller did not say a name", "channel", d.c.Name())
		d.c.SetVariable("DIALSTATUS", "INVALIDARGS")
		return true, ErrHangup
	}
	for _, name := range []string{"auth-thankyou", "vm-dialout"} {
		if _, err := d.house.playFile(ctx, d.c, name, ""); ended(ctx, err) {
			return true, err
		}
	}
	return false, nil
}

// forget removes what the caller said, where it is not kept for the next call.
func (d *dialing) forget() {
	if d.privacy != nil && d.privacy.forget {
		_ = os.Remove(filepath.Join(d.house.Recordings, d.privacy.introduction+".sln"))
	}
}

// decide asks the called party. It reports whether the call is over, with
// DIALSTATUS set.
func (d *dialing) decide(ctx context.Context, winner *call.Attempt) (refused bool, err error) {
	p := d.privacy
	within, cancel := both(ctx, winner.Channel)
	key := d.verdict(within, winner.Channel, p)
	cancel()
	if ctx.Err() != nil {
		return true, context.Cause(ctx)
	}
	decision := decisions[key]
	if p.family != "" && decision != "" {
		if err := d.house.Database.Put(p.family, p.caller, decision); err != nil {
			d.house.Logger.Warn("the decision about a caller is not kept", "channel", d.c.Name(), "error", err)
		}
	}
	status := refusals[decision]
	switch key {
	case '1':
		return false, nil
	case '5':
		status = "NOANSWER"
	case 0:
		status = "ANSWER" // it was, though nothing came of it
	}
	winner.Status = status
	stepAside(winner.Channel)
	d.dialer.TellAnswer(winner)
	dismiss(winner.Channel)
	d.c.SetCause(channel.CauseNormalClearing)
	d.c.SetVariable("DIALSTATUS", status)
	return true, nil
}

// verdict plays who calls and the choices until one of them is made. 0 is none.
func (d *dialing) verdict(ctx context.Context, peer *channel.Channel, p *privacy) byte {
	for range verdictRounds {
		key, err := d.house.playAll(ctx, peer, []string{"priv-callpending", p.introduction, p.choices}, anyKey)
		if err == nil && key == 0 {
			key, err = waitKey(ctx, peer, anyKey, verdictWait)
		}
		switch {
		case err != nil:
			return 0
		case key != 0 && strings.IndexByte(p.keys, key) >= 0:
			return key
		}
		if _, err := d.house.playFile(ctx, peer, "vm-sorry", ""); ended(ctx, err) {
			return 0
		}
	}
	return 0
}
