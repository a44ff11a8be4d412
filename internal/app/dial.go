package app

import (
	"cmp"
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"time"

	"github.com/octothorpe/octothorpe/internal/call"
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/media"
)

// dialing is one run of Dial.
type dialing struct {
	*dialOptions
	house    *House
	c        *channel.Channel
	dialer   *call.Dialer
	began    time.Time
	rang     time.Time
	progress time.Time
	made     int // legs that were asked for
	uncalled int // of them those that were made, but could not be called
	failed   map[string]int
	group    string      // of the legs: OUTBOUND_GROUP
	digit    string      // an extension that the caller chose while it rang (d)
	ended    bool        // the caller ended it by keys (H)
	code     string      // of those keys as far as they were pressed
	ringing  atomic.Bool // a leg rings
	handing  handing
	privacy  *privacy
	single   bool // one device is called
}

// dial calls devices and joins the first that answers.
func (h *House) dial(ctx context.Context, c *channel.Channel, data string) error {
	d, devices, err := h.newDialing(ctx, c, data)
	if d == nil {
		return err
	}
	defer d.forget()
	if done, err := d.private(ctx); done || err != nil {
		return err
	}
	if done, err := d.call(ctx, devices); done || err != nil {
		return err
	}
	return d.run(ctx)
}

// newDialing returns what Dial is to do and the devices to call. It is nil where Dial ends, with the
// error or nil that it ends with. It and call are apart from dial, which is on the stack while the
// call lasts and so should be small there.
func (h *House) newDialing(ctx context.Context, c *channel.Channel, data string) (*dialing, []string, error) {
	args := command.SplitArgs(data, 4)
	setVariables(c, "DIALSTATUS", "", "DIALEDPEERNUMBER", "", "DIALEDPEERNAME", "", "ANSWEREDTIME", "", "ANSWEREDTIME_MS", "",
		"DIALEDTIME", "", "DIALEDTIME_MS", "", "RINGTIME", "", "RINGTIME_MS", "", "PROGRESSTIME", "", "PROGRESSTIME_MS", "")
	if command.Arg(args, 0) == "" {
		h.Logger.Warn("Dial requires an argument (technology/resource)", "channel", c.Name())
		c.SetVariable("DIALSTATUS", "CHANUNAVAIL")
		return nil, nil, nil
	}
	if c.MaxForwards() <= 0 {
		h.Logger.Warn("Cannot place outbound call: max forwards exceeded", "channel", c.Name())
		c.SetVariable("DIALSTATUS", "BUSY")
		return nil, nil, ErrHangup
	}
	options, err := h.dialOptions(c, command.Arg(args, 1), command.Arg(args, 2))
	if err != nil {
		var limit *limitError
		if errors.As(err, &limit) && limit.status != "" {
			c.SetVariable("DIALSTATUS", limit.status)
		}
		return nil, nil, ErrHangup
	}
	if options.flags.Has('C') && h.ResetRecord != nil {
		h.ResetRecord(c)
	}
	d := &dialing{dialOptions: options, house: h, c: c, began: time.Now(), failed: map[string]int{}}
	if err := d.beforehand(ctx, c, d.flags['B']); err != nil {
		return nil, nil, err
	}
	return d, strings.Split(args[0], "&"), nil
}

// call calls the devices. done says that there is nothing to wait for.
func (d *dialing) call(ctx context.Context, devices []string) (done bool, err error) {
	d.group = outboundGroup(d.c)
	d.dialer, d.single = d.house.Calls.NewDialer(d.c), len(devices) == 1
	for _, device := range devices {
		err := d.add(ctx, strings.TrimSpace(device))
		if err == nil {
			continue
		}
		d.house.pickups.withdraw(d.dialer)
		d.dialer.GiveUp("CANCEL", 0)
		if errors.Is(err, errInvalid) {
			err = nil
		}
		return true, err
	}
	return false, nil
}

// place turns the ^ that separates arguments inside an option into a comma.
func (d *dialing) place(text string) string { return strings.ReplaceAll(text, "^", ",") }

// beforehand runs a subroutine of B or b on a leg before it dials or is dialled.
// What goes wrong in it does not matter, unless the leg or the call ends by it.
func (d *dialing) beforehand(ctx context.Context, c *channel.Channel, sub string) error {
	if sub == "" {
		return nil
	}
	err := d.house.Dialplan.Subroutine(ctx, c, call.Routine(d.c.Location(), sub))
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case err != nil && c.HungUp():
		return err
	case err != nil:
		d.house.Logger.Error("the subroutine of Dial did not come to its end", "channel", c.Name(), "place", sub, "error", err)
	}
	return nil
}

// outboundGroup returns the group of the legs that are called, and forgets it
// where it is for one Dial only.
func outboundGroup(c *channel.Channel) string {
	if once, ok := c.Variable("OUTBOUND_GROUP_ONCE"); ok && once != "" {
		c.DropVariable("OUTBOUND_GROUP_ONCE")
		return once
	}
	group, _ := c.Variable("OUTBOUND_GROUP")
	return group
}

// add calls one more device. A device that can't be called counts as failed.
func (d *dialing) add(ctx context.Context, device string) error {
	if device == "" {
		return nil
	}
	technology, destination, ok := call.SplitDevice(device)
	if !ok || destination == "" {
		d.house.Logger.Warn("Dial argument takes format (technology/resource)", "channel", d.c.Name(), "device", device)
		d.c.SetVariable("DIALSTATUS", "INVALIDARGS")
		if d.flags.Has('g') {
			return errInvalid
		}
		return ErrHangup
	}
	d.made++
	attempt, err := d.dialer.Add(ctx, technology, channel.Request{Destination: destination}, func(out *channel.Channel) error {
		return d.prepare(ctx, out, destination)
	})
	var refused *channel.RequestError
	switch {
	case errors.As(err, &refused):
		d.tellRefused(ctx, refused, technology, destination)
		d.c.SetCause(refused.Cause)
		d.failed[statusOfRefusal(refused.Cause)]++
	case err != nil:
		return err
	default:
		d.house.pickups.register(attempt.Channel)
	}
	return nil
}

// errInvalid says that a device is none, which does not end the caller (g).
var errInvalid = errors.New("a device is TECHNOLOGY/resource")

// levelNotice is package logging's level between warning and info.
const levelNotice = 2

func statusOfRefusal(cause int) string {
	switch cause {
	case channel.CauseUserBusy:
		return "BUSY"
	case channel.CauseCongestion, channel.CauseSwitchCongestion:
		return "CONGESTION"
	}
	return "CHANUNAVAIL"
}

// inheritAccounts has a leg that is called charged to the account that the caller
// has for its peers, or to the caller's own, and reports whether that is another.
func inheritAccounts(s, from *event.Channel) (changed bool) {
	was := s.AccountCode
	s.AccountCode = cmp.Or(from.PeerAccount, from.AccountCode, was)
	s.PeerAccount = from.AccountCode
	return s.AccountCode != was
}

// prepare gives a new leg what it inherits from the caller.
func (d *dialing) prepare(ctx context.Context, out *channel.Channel, destination string) error {
	from := d.c.Snapshot()
	out.SetVariable("DIALEDPEERNUMBER", destination)
	out.InheritVariables(d.c)
	if d.single && d.meets(false) {
		out.Meet(d.c)
	}
	if d.house.Features != nil {
		d.house.Features.Inherit(d.c, out)
	}
	caller := d.told(from)
	known := out.Caller()
	account, before := false, out.AccountCode()
	out.Change(func(s *event.Channel) {
		s.Connected, s.Redirect = caller, from.Redirect
		account = inheritAccounts(s, from)
		if s.MusicClass == "" {
			s.MusicClass = from.MusicClass
		}
		switch {
		case d.flags.Has('o'):
			s.Caller = d.stored
		case !known.Number.Valid:
			s.Caller.Number = event.Number{Valid: true, Text: from.Exten}
			if d.privacy != nil {
				s.Caller.Name = from.Caller.Name
			}
		}
	})
	out.Step(channel.Location{Context: out.Location().Context, Exten: from.Exten, Priority: 1}, "AppDial", "(Outgoing Line)")
	if !known.Number.Valid {
		out.SetCaller(out.Caller())
	}
	if account {
		out.TellAccountCode(before)
	}
	if caller.Known() {
		out.SetConnected(caller)
	}
	if !known.Number.Valid {
		out.SetValue(borrowed{}, true)
	}
	if d.group != "" {
		if err := d.house.Dialplan.Assign(ctx, out, "GROUP()", d.group); err != nil {
			d.house.Logger.Warn("the group of a called leg", "channel", out.Name(), "group", d.group, "error", err)
		}
	}
	return d.beforehand(ctx, out, d.flags['b'])
}

// run waits for an answer and joins the legs. What comes of it may have become the
// business of another leg.
func (d *dialing) run(ctx context.Context) error {
	err := d.await(ctx)
	if to := d.handed(); to != nil && !d.c.Yielded() {
		return d.goOnHanded(to, err)
	}
	return err
}

func (d *dialing) await(ctx context.Context) error {
	defer call.OfferHandover(d.c, nil)
	defer d.house.pickups.withdraw(d.dialer)
	defer d.dialer.GiveUp("CANCEL", 0)
	if len(d.dialer.Attempts()) == 0 {
		status := d.status()
		d.tellUnanswered()
		return d.finish(status)
	}
	d.comfort()
	if list := d.dialer.Attempts(); len(list) == 1 {
		d.handing.only = list[0].Channel
		d.connect(list[0].Channel)
	}
	call.OfferHandover(d.c, d.handOver)
	winner := d.dialer.Wait(ctx, d.timeout, call.Listener{Silence: d.silence, Caller: d.pressed,
		Signal:  func(a *call.Attempt, f media.Frame) { d.signal(ctx, a, f) },
		Forward: func(a *call.Attempt, to string) { d.forward(ctx, a, to) }})
	if winner != nil {
		return d.join(ctx, winner)
	}
	d.meet(nil)
	switch {
	case ctx.Err() != nil:
		d.dialer.GiveUp("CANCEL", d.c.HangupCause())
		d.c.SetVariable("DIALSTATUS", "CANCEL")
		return context.Cause(ctx)
	case d.digit != "":
		d.dialer.GiveUp("CANCEL", 0)
		c := d.c
		c.SetVariable("DIALSTATUS", "ANSWER")
		return d.house.Dialplan.Goto(c, d.exitContext()+","+d.digit+",1")
	case d.ended:
		d.dialer.GiveUp("CANCEL", 0)
		d.c.SetVariable("DIALSTATUS", "CANCEL")
		return nil
	}
	status := d.status()
	if d.dialer.Silent() {
		status = "CHANUNAVAIL"
	}
	d.tellUnanswered()
	d.dialer.GiveUp("NOANSWER", d.late)
	return d.finish(status)
}

// comfort gives the caller something to hear while it rings.
func (d *dialing) comfort() {
	switch {
	case d.flags.Has('m'):
		if src, err := d.house.Sounds.Music(d.flags['m'], d.c); err == nil {
			d.c.StartSource(src)
		}
	case d.flags['r'] != "":
		src, err := d.house.Sounds.Tone(d.flags['r'], d.c)
		if err != nil {
			d.house.Logger.Warn("Unable to start playtone '"+d.flags['r']+"'", "channel", d.c.Name())
			return
		}
		d.c.StartSource(src)
	case d.flags.Has('r'), d.flags.Has('R'):
		_ = d.c.Signal(media.Ringing)
	}
}

// signal takes what a called leg tells.
func (d *dialing) signal(ctx context.Context, a *call.Attempt, f media.Frame) {
	quiet := d.flags.Has('m') || d.flags.Has('r')
	switch f.Signal {
	case media.Ringing:
		d.ringing.Store(true)
		if d.rang.IsZero() {
			d.rang = time.Now()
			setDuration(d.c, "RINGTIME", d.rang.Sub(d.began))
		}
		d.meetOnly(a)
		if !quiet {
			_ = d.hears().Signal(media.Ringing)
		}
	case media.Progress:
		d.progressed(ctx, a)
		d.meetOnly(a)
		if !quiet && len(d.dialer.Attempts()) == 1 {
			_ = d.hears().Signal(media.Progress)
		}
	case media.Proceeding:
		_ = d.hears().Signal(media.Proceeding)
	case media.ConnectedLine:
		a.Channel.SetValue(borrowed{}, nil) // it has a name of its own
		if v, ok := f.Value.(channel.PartyOf); ok && len(d.dialer.Attempts()) == 1 && !d.flags.Has('I') && d.hears().Connected() != v.Party {
			d.tellConnected(v.Party)
		}
	case media.Redirecting:
		if v, ok := f.Value.(channel.PartyOf); ok {
			d.c.Change(func(c *event.Channel) { c.Redirect = v.Redirect })
			d.house.intercept(ctx, d.c, redirectingSub)
			v.Redirect = d.c.Snapshot().Redirect
			f.Value = v
		}
		_ = d.c.Indicate(f)
	case media.Busy, media.Congestion:
		if cause := a.Channel.HangupCause(); cause != 0 {
			d.c.SetCause(cause)
		}
	}
}

// progressed notes the first sign of progress, and sends what D asks for then. What it has for
// winks is never sent: no technology here knows them.
func (d *dialing) progressed(ctx context.Context, a *call.Attempt) {
	if !d.progress.IsZero() {
		return
	}
	d.progress = time.Now()
	setDuration(d.c, "PROGRESSTIME", d.progress.Sub(d.began))
	if parts := strings.Split(d.flags['D'], ":"); len(parts) > 2 {
		within, cancel := both(ctx, a.Channel)
		defer cancel()
		_ = sendDigits(within, a.Channel, parts[2], defaultBetween, defaultDuration)
		d.signalling(within, a.Channel, command.Arg(parts, 3), defaultMF().tone)
		d.signalling(within, a.Channel, command.Arg(parts, 5), func(b byte) *media.Tone { return pulses(b, sfPitch) })
	}
}

// signalling sends digits as tones to a called leg; with E the caller hears them, too.
func (d *dialing) signalling(ctx context.Context, to *channel.Channel, digits string, tone func(byte) *media.Tone) {
	if digits == "" {
		return
	}
	done := make(chan struct{})
	if d.flags.Has('E') {
		hears := d.hears()
		hears.Registry().Go(hears.Name(), func() {
			defer close(done)
			_ = playTones(ctx, hears, digits, tone)
		})
	} else {
		close(done)
	}
	_ = playTones(ctx, to, digits, tone)
	<-done
}

// pressed takes the caller's keys while it rings.
func (d *dialing) pressed(f media.Frame) (stop bool) {
	if f.Kind != media.DTMFEnd {
		return false
	}
	key := string(rune(f.Digit))
	if d.flags.Has('d') && d.house.Dialplan.Exists(channel.Location{Context: d.exitContext(), Exten: key, Priority: 1}, "") {
		d.digit = key
		return true
	}
	if d.ended = d.flags.Has('H') && d.disconnects(key); d.ended {
		return true
	}
	return false
}

// disconnects adds a key to those that the caller has pressed while it rings, and
// reports whether they end the call.
func (d *dialing) disconnects(key string) bool {
	code := "*"
	if d.house.Features != nil {
		code = d.house.Features.Disconnect(d.c)
	}
	if d.code += key; !strings.HasPrefix(code, d.code) {
		d.code = key
	}
	return code != "" && d.code == code
}

func (d *dialing) exitContext() string {
	if exit, ok := d.c.Variable("EXITCONTEXT"); ok && exit != "" {
		return exit
	}
	return d.c.Location().Context
}

// status is DIALSTATUS for a call that nobody answered.
func (d *dialing) status() string {
	attempted := d.dialer.Attempts()
	count := map[string]int{}
	for status, n := range d.failed {
		count[status] += n
	}
	for _, a := range attempted {
		count[a.Outcome()]++
	}
	for _, a := range d.dialer.Failed() { // the last word counts
		if a.Cause != 0 {
			d.c.SetCause(a.Cause)
		}
	}
	if count["BUSY"]+count["CONGESTION"]+count["CHANUNAVAIL"] < d.made {
		return "NOANSWER"
	}
	for _, status := range []string{"BUSY", "CONGESTION"} {
		if count[status] > 0 {
			return status
		}
	}
	return "CHANUNAVAIL"
}

// finish goes on in the dialplan with a status.
func (d *dialing) finish(status string) error {
	_ = d.c.Signal(media.StopTone)
	d.c.SetVariable("DIALSTATUS", status)
	return nil
}
