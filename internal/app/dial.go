package app

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/bridge"
	"github.com/octothorpe/octothorpe/internal/call"
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/media"
)

// dialing is one run of Dial.
type dialing struct {
	house   *House
	c       *channel.Channel
	dialer  *call.Dialer
	flags   command.Flags
	timeout time.Duration
	began   time.Time
	rang    time.Time
	made    int // legs that were asked for
	failed  map[string]int
	digit   string // an extension that the caller chose while it rang (d)
	ended   bool   // the caller pressed * (H)
}

// dial calls devices and joins the first that answers.
func (h *House) dial(ctx context.Context, c *channel.Channel, data string) error {
	args := command.SplitArgs(data, 4)
	setVariables(c, "DIALSTATUS", "", "DIALEDPEERNUMBER", "", "DIALEDPEERNAME", "", "ANSWEREDTIME", "", "ANSWEREDTIME_MS", "",
		"DIALEDTIME", "", "DIALEDTIME_MS", "", "RINGTIME", "", "RINGTIME_MS", "", "PROGRESSTIME", "", "PROGRESSTIME_MS", "")
	if command.Arg(args, 0) == "" {
		h.Logger.Warn("Dial requires an argument (technology/resource)", "channel", c.Name())
		c.SetVariable("DIALSTATUS", "CHANUNAVAIL")
		return nil
	}
	if c.MaxForwards() <= 0 {
		h.Logger.Warn("Cannot place outbound call: max forwards exceeded", "channel", c.Name())
		c.SetVariable("DIALSTATUS", "BUSY")
		return ErrHangup
	}
	d := &dialing{house: h, c: c, flags: command.ParseFlags(command.Arg(args, 2)), began: time.Now(), failed: map[string]int{}}
	if t := command.Arg(args, 1); t != "" {
		seconds, err := strconv.ParseFloat(strings.TrimSpace(t), 64)
		if err != nil || seconds <= 0 {
			h.Logger.Warn("Dial has an invalid timeout", "channel", c.Name(), "timeout", t)
		}
		d.timeout = time.Duration(seconds * float64(time.Second))
	}
	if sub, ok := d.flags['B']; ok {
		if err := h.Dialplan.Subroutine(ctx, c, d.place(sub)); err != nil {
			return err
		}
	}
	d.dialer = h.Calls.NewDialer(c)
	for _, device := range strings.Split(args[0], "&") {
		if err := d.add(ctx, strings.TrimSpace(device)); err != nil {
			d.unpicked()
			return err
		}
	}
	return d.run(ctx)
}

// place turns the ^ that separates arguments inside an option into a comma.
func (d *dialing) place(text string) string { return strings.ReplaceAll(text, "^", ",") }

// add calls one more device. A device that can't be called counts as failed.
func (d *dialing) add(ctx context.Context, device string) error {
	if device == "" {
		return nil
	}
	technology, destination, ok := call.SplitDevice(device)
	if !ok || destination == "" {
		d.house.Logger.Warn("Dial argument takes format (technology/resource)", "channel", d.c.Name(), "device", device)
		d.c.SetVariable("DIALSTATUS", "INVALIDARGS")
		return ErrHangup
	}
	d.made++
	attempt, err := d.dialer.Add(ctx, technology, channel.Request{Destination: destination}, func(out *channel.Channel) error {
		return d.prepare(ctx, out, destination)
	})
	var refused *channel.RequestError
	switch {
	case errors.As(err, &refused):
		d.house.Logger.Log(ctx, levelNotice, "Unable to create channel", "channel", d.c.Name(), "technology", technology,
			"cause", refused.Cause, "reason", refused.Why)
		d.c.SetCause(refused.Cause)
		d.failed[statusOfRefusal(refused.Cause)]++
	case err != nil:
		return err
	default:
		d.house.pickups.register(attempt.Channel)
	}
	return nil
}

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

// prepare gives a new leg what it inherits from the caller.
func (d *dialing) prepare(ctx context.Context, out *channel.Channel, destination string) error {
	from := d.c.Snapshot()
	out.SetVariable("DIALEDPEERNUMBER", destination)
	out.InheritVariables(d.c)
	caller := from.Caller
	if number, ok := d.flags['f']; ok && number != "" {
		caller = event.Party{Number: event.Number{Valid: true, Text: number}, Name: caller.Name}
	}
	known := out.Caller()
	account := false
	out.Change(func(s *event.Channel) {
		s.Connected, s.Redirect = caller, from.Redirect
		if s.AccountCode == "" && from.AccountCode != "" {
			s.AccountCode, account = from.AccountCode, true
		}
		s.PeerAccount = from.AccountCode
		if s.MusicClass == "" {
			s.MusicClass = from.MusicClass
		}
		if !known.Number.Valid {
			s.Caller.Number = event.Number{Valid: true, Text: from.Exten}
		}
	})
	d.c.Change(func(s *event.Channel) { s.PeerAccount = out.AccountCode() })
	out.Step(channel.Location{Context: from.Context, Exten: from.Exten, Priority: 1}, "AppDial", "(Outgoing Line)")
	if !known.Number.Valid {
		out.SetCaller(out.Caller())
	}
	if account {
		out.TellAccountCode("")
	}
	if caller.Known() {
		out.SetConnected(caller)
	}
	if !known.Number.Valid {
		out.SetValue(borrowed{}, true)
	}
	if sub, ok := d.flags['b']; ok {
		return d.house.Dialplan.Subroutine(ctx, out, d.place(sub))
	}
	return nil
}

// run waits for an answer and joins the legs.
func (d *dialing) run(ctx context.Context) error {
	defer d.unpicked()
	defer d.dialer.GiveUp("CANCEL", 0)
	if len(d.dialer.Attempts()) == 0 {
		return d.finish(d.status())
	}
	d.comfort()
	if list := d.dialer.Attempts(); len(list) == 1 {
		d.connect(list[0].Channel)
	}
	winner := d.dialer.Wait(ctx, d.timeout, call.Listener{Signal: d.signal, Caller: d.pressed})
	switch {
	case winner != nil:
		return d.join(ctx, winner)
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
	d.dialer.GiveUp("NOANSWER", 0)
	return d.finish(status)
}

// comfort gives the caller something to hear while it rings.
func (d *dialing) comfort() {
	switch {
	case d.flags.Has('m'):
		if src, err := d.house.Sounds.Music(d.flags['m'], d.c); err == nil {
			d.c.StartSource(src)
		}
	case d.flags.Has('r'), d.flags.Has('R'):
		_ = d.c.Signal(media.Ringing)
	}
}

// signal takes what a called leg tells.
func (d *dialing) signal(a *call.Attempt, f media.Frame) {
	quiet := d.flags.Has('m') || d.flags.Has('r')
	switch f.Signal {
	case media.Ringing:
		if d.rang.IsZero() {
			d.rang = time.Now()
			setDuration(d.c, "RINGTIME", d.rang.Sub(d.began))
		}
		if !quiet {
			_ = d.c.Signal(media.Ringing)
		}
	case media.Progress:
		if !quiet && len(d.dialer.Attempts()) == 1 {
			_ = d.c.Signal(media.Progress)
		}
	case media.Proceeding:
		_ = d.c.Signal(media.Proceeding)
	case media.ConnectedLine:
		if len(d.dialer.Attempts()) == 1 && !d.flags.Has('I') {
			_ = d.c.Indicate(f)
		}
	case media.Busy, media.Congestion:
		if cause := a.Channel.HangupCause(); cause != 0 {
			d.c.SetCause(cause)
		}
	}
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
	if d.flags.Has('H') && key == "*" {
		d.ended = true
		return true
	}
	return false
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
		if a.Status != "" && a.Cause != 0 {
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

// answered says who it was, before it is told that the call was answered.
func (d *dialing) answered(a *call.Attempt) {
	setVariables(d.c, "DIALSTATUS", "ANSWER", "DIALEDPEERNAME", a.Channel.Name(), "DIALEDPEERNUMBER", a.DialString)
	if len(d.dialer.Attempts()) > 1 {
		d.connect(a.Channel)
	}
}

// borrowed is the key under which a called leg keeps that its number is only
// what was dialled: nobody needs to be told of it.
type borrowed struct{}

// connect tells the caller who it talks to, or will.
func (d *dialing) connect(peer *channel.Channel) {
	p := peer.Caller()
	if !p.Number.Valid || d.flags.Has('I') || peer.Value(borrowed{}) != nil {
		return
	}
	d.c.SetConnected(p)
	_ = d.c.Indicate(media.Frame{Signal: media.ConnectedLine, Value: channel.PartyOf{Party: p}})
}

// setDuration sets NAME and NAME_MS.
func setDuration(c *channel.Channel, name string, t time.Duration) {
	setVariables(c, name, strconv.Itoa(int(t/time.Second)), name+"_MS", strconv.Itoa(int(t/time.Millisecond)))
}

// join puts the caller and who answered into one bridge until one leaves.
func (d *dialing) join(ctx context.Context, winner *call.Attempt) error {
	picked := d.house.pickups.take(winner.Channel)
	d.dialer.GiveUp("CANCEL", channel.CauseAnsweredElsewhere)
	d.answered(winner)
	d.unpicked()
	if picked != nil {
		d.dialer.TellAnswer(winner)
		d.c.StopSource()
		return d.joinPicker(ctx, winner, picked)
	}
	peer := winner.Channel
	released := false
	defer func() {
		if !released { // also where something panics before the bridge
			peer.EndLeg(channel.CauseNormalClearing)
			peer.End()
		}
	}()
	answered := time.Now()
	d.c.StopSource()
	if err := d.beforeBridge(ctx, winner); err != nil {
		return err
	}
	at := peer.Location()
	peer.SetLocation(channel.Location{Context: at.Context, Priority: 1})
	d.dialer.TellAnswer(winner)
	if err := d.c.Answer(); err != nil {
		return err
	}
	b, err := d.house.Bridges.Create(bridge.Options{Dissolve: true})
	if err != nil {
		return err
	}
	released = true
	winner.Release()
	if place, ok := d.flags['F']; ok {
		d.afterwards(peer, place)
	}
	peer.Step(channel.Location{Context: at.Context, Priority: 1}, "AppDial", "(Outgoing Line)")
	stop := d.limit(b)
	d.house.Calls.Impart(b, peer, bridge.JoinOptions{Hear: d.stars(b, 'h')})
	err = b.Join(ctx, d.c, bridge.JoinOptions{Hear: d.stars(b, 'H')})
	stop()
	if !d.c.Interrupted() { // who is sent elsewhere has not come to the end of this call
		setDuration(d.c, "ANSWEREDTIME", time.Since(answered))
		setDuration(d.c, "DIALEDTIME", time.Since(d.began))
	}
	d.c.SetVariable("DIALSTATUS", "ANSWER")
	return d.afterBridge(ctx, err, peer)
}

// afterBridge decides what becomes of the caller.
func (d *dialing) afterBridge(ctx context.Context, err error, peer *channel.Channel) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if cause := peer.HangupCause(); cause != 0 {
		d.c.SetCause(cause)
	}
	if d.flags.Has('g') || errors.Is(err, errLimit) {
		return nil
	}
	return ErrHangup
}

// errLimit says that the call reached its limit (L, S).
var errLimit = errors.New("the call reached its time limit")

// limit ends the bridge when the time of S(seconds) or L(ms…) is up.
func (d *dialing) limit(b *bridge.Bridge) (stop func()) {
	var length time.Duration
	if text, ok := d.flags['S']; ok {
		if seconds, err := strconv.Atoi(text); err == nil {
			length = time.Duration(seconds) * time.Second
		}
	}
	if text, ok := d.flags['L']; ok {
		first, _, _ := strings.Cut(text, ":")
		if ms, err := strconv.Atoi(first); err == nil {
			length = time.Duration(ms) * time.Millisecond
		}
	}
	if length <= 0 {
		return func() {}
	}
	timer := time.AfterFunc(length, b.Destroy)
	return func() { timer.Stop() }
}

// stars returns a listener that ends the call when the leg presses *, where the
// option allows it, or nil.
func (d *dialing) stars(b *bridge.Bridge, option byte) func(media.Frame) bool {
	if !d.flags.Has(option) {
		return nil
	}
	return func(f media.Frame) bool {
		if f.Digit != '*' {
			return false
		}
		if f.Kind == media.DTMFEnd {
			b.Destroy()
		}
		return true
	}
}

// beforeBridge does what is asked for between answer and bridge: an
// announcement, keys to send, a subroutine.
func (d *dialing) beforeBridge(ctx context.Context, winner *call.Attempt) error {
	peer := winner.Channel
	winner.Release()
	if name, ok := d.flags['A']; ok && name != "" {
		src, err := d.house.Sounds.Open(strings.SplitN(name, ":", 2)[0], peer.Snapshot().Language, peer)
		if err == nil {
			_ = peer.Pace(peer.Context(), src)
		}
	}
	if digits, ok := d.flags['D']; ok {
		called, calling, _ := strings.Cut(digits, ":")
		if err := sendDigits(ctx, peer, called, defaultBetween, defaultDuration); err != nil {
			return fmt.Errorf("send keys: %w", err)
		}
		if err := sendDigits(ctx, d.c, calling, defaultBetween, defaultDuration); err != nil {
			return fmt.Errorf("send keys: %w", err)
		}
	}
	if sub, ok := d.flags['U']; ok {
		return d.house.Dialplan.Subroutine(ctx, peer, screening(sub))
	}
	return nil
}

// screening turns "context^arg^…" of the option U into a place.
func screening(sub string) string {
	in, args, _ := strings.Cut(sub, "^")
	return in + ",s,1(" + strings.ReplaceAll(args, "^", ",") + ")"
}

// afterwards sets where the called leg goes when the caller hangs up (F).
func (d *dialing) afterwards(peer *channel.Channel, place string) {
	if place == "" {
		l := d.c.Location()
		l.Priority++
		call.AfterBridge(peer, l)
		return
	}
	if l, err := d.house.Dialplan.Resolve(d.c, d.place(place)); err == nil {
		call.AfterBridge(peer, l)
	}
}
