package app

import (
	"cmp"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/octothorpe/octothorpe/internal/bridge"
	"github.com/octothorpe/octothorpe/internal/call"
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/media"
)

// following is one run of FollowMe: the numbers of a profile are called one after the
// other until somebody takes the call.
type following struct {
	*dialing
	*followProfile
	name     string // file of what the caller said, without extension; "" is none
	verdicts chan verdict
	asked    int // legs that have answered and not decided yet
}

// verdict is what one who answered decides.
type verdict struct {
	leg   *channel.Channel
	place chan *bridge.Bridge // where a leg goes that has picked the call up, and has an owner; nil for one that was called
	take  bool
	gone  bool // it has hung up
}

// dismiss lets a leg go that is wanted no more.
func (v *verdict) dismiss() {
	if v.place != nil {
		close(v.place)
		return
	}
	dismiss(v.leg)
}

// How a step ends where nobody takes the call.
var (
	errDeclined = errors.New("somebody declines the call")
	errNobody   = errors.New("nobody answers")
)

// followMe finds somebody of a profile of followme.conf.
func (h *House) followMe(ctx context.Context, c *channel.Channel, data string) error {
	args := command.SplitArgs(data, 2)
	p := h.follows.Load().find(command.Arg(args, 0))
	if command.Arg(args, 0) == "" {
		h.Logger.Warn("FollowMe requires an argument (followmeid)", "channel", c.Name())
		return ErrHangup
	}
	if p == nil {
		h.Logger.Warn("Profile requested, "+args[0]+", not found in the configuration.", "channel", c.Name())
		return nil
	}
	d := &dialing{dialOptions: &dialOptions{flags: command.ParseFlags(command.Arg(args, 1))}, house: h, c: c, began: time.Now(), failed: map[string]int{}}
	f := &following{dialing: d, followProfile: p}
	if err := f.welcome(ctx); err != nil {
		return err
	}
	defer f.forgetName()
	if err := d.beforehand(ctx, c, d.flags['B']); err != nil {
		return err
	}
	winner, err := f.find(ctx)
	c.StopSource()
	switch {
	case ctx.Err() != nil:
		if winner != nil {
			winner.dismiss()
		}
		return context.Cause(ctx)
	case winner != nil:
		return f.meet(ctx, winner)
	case err != nil && !errors.Is(err, errDeclined):
		return err
	}
	if d.flags.Has('n') {
		_, _ = h.playFile(ctx, c, p.prompts["sorry_prompt"], "")
	}
	return nil
}

// welcome tells the caller what is about to happen.
func (f *following) welcome(ctx context.Context) error {
	h, c := f.house, f.c
	if !f.flags.Has('N') {
		if err := answer(ctx, c); err != nil {
			return err
		}
	}
	if f.flags.Has('s') {
		if _, err := h.playFile(ctx, c, f.prompts["status_prompt"], ""); ended(ctx, err) {
			return err
		}
	}
	if f.flags.Has('a') && f.ask && c.State() == event.Up {
		if err := f.record(ctx); err != nil {
			return err
		}
	}
	if !f.flags.Has('d') {
		if _, err := h.playFile(ctx, c, f.prompts["pls_hold_prompt"], ""); ended(ctx, err) {
			return err
		}
	}
	if c.State() != event.Up {
		_ = c.Signal(media.Ringing)
	} else if src, err := h.Sounds.Music(f.music, c); err == nil {
		c.StartSource(src)
	}
	return nil
}

// record has the caller say a name.
func (f *following) record(ctx context.Context) error {
	f.name = "followme/" + fileName(f.c.UniqueID())
	if _, err := f.house.playFile(ctx, f.c, "vm-rec-name", ""); ended(ctx, err) {
		return err
	}
	path := filepath.Join(f.house.Recordings, f.name+".sln")
	r := &recording{house: f.house, c: f.c, flags: command.ParseFlags("y"), limit: 5 * time.Second, tacit: true}
	if err := r.run(ctx, path, "sln"); err != nil {
		return err
	}
	if info, err := os.Stat(path); err != nil || info.Size() == 0 {
		f.forgetName()
	}
	return nil
}

func (f *following) forgetName() {
	if f.name != "" {
		_ = os.Remove(filepath.Join(f.house.Recordings, f.name+".sln"))
		f.name = ""
	}
}

// find calls the steps of the profile until somebody takes the call.
func (f *following) find(ctx context.Context) (*verdict, error) {
	for _, step := range f.steps {
		f.dialer = f.house.Calls.NewDialer(f.c)
		winner, err := f.try(ctx, step)
		f.dialer.GiveUp("CANCEL", 0)
		if winner != nil || ctx.Err() != nil || errors.Is(err, errDeclined) {
			return winner, err
		}
	}
	return nil, nil
}

// try calls the numbers of one step at once.
func (f *following) try(ctx context.Context, step followStep) (*verdict, error) {
	defer f.house.pickups.withdraw(f.dialer)
	f.asked, f.verdicts = 0, make(chan verdict) // who is asked by a step before may still decide
	option := "/m"
	if f.flags.Has('l') {
		option = "/n"
	}
	for _, number := range step.numbers {
		destination := number + "@" + f.context + option
		a, err := f.dialer.Add(ctx, "Local", channel.Request{Destination: destination}, func(out *channel.Channel) error {
			return f.prepare(ctx, out)
		})
		if err != nil {
			f.house.Logger.Warn("FollowMe can't call a number", "channel", f.c.Name(), "number", number, "error", err)
			continue
		}
		f.house.pickups.register(a.Channel)
	}
	within, cancel := context.WithTimeout(ctx, step.timeout)
	defer cancel()
	asking, stop := context.WithCancel(f.c.LegContext())
	defer stop()
	for {
		taker, err := f.next(within, asking)
		if taker != nil || err != nil {
			f.asked = 0 // stop ends the others who are asked
			f.dialer.GiveUp("CANCEL", channel.CauseAnsweredElsewhere)
			return taker, err
		}
	}
}

// prepare gives a new leg what it inherits from the caller. Unlike one of Dial it has no
// number, and is at the extension that is called.
func (f *following) prepare(ctx context.Context, out *channel.Channel) error {
	from := f.c.Snapshot()
	out.InheritVariables(f.c)
	if f.house.Features != nil {
		f.house.Features.Inherit(f.c, out)
	}
	account, before := false, out.AccountCode()
	out.Change(func(s *event.Channel) {
		s.Connected, s.Redirect = from.Caller, from.Redirect
		account = inheritAccounts(s, from)
		s.MusicClass = cmp.Or(s.MusicClass, from.MusicClass)
	})
	if account {
		out.TellAccountCode(before)
	}
	if from.Caller.Known() {
		out.SetConnected(from.Caller)
	}
	return f.beforehand(ctx, out, f.flags['b'])
}

// next waits for the next who answers or decides. Neither who takes the call nor an error
// is to go on waiting.
func (f *following) next(within, asking context.Context) (*verdict, error) {
	waiting, enough := context.WithCancel(within)
	defer enough()
	decided := make(chan verdict, 1)
	watched := make(chan struct{})
	f.c.Registry().Go(f.c.Name(), func() { // ends with waiting
		defer close(watched)
		select {
		case v := <-f.verdicts:
			decided <- v
			enough()
		case <-waiting.Done():
		}
	})
	winner := f.dialer.Wait(waiting, 0, call.Listener{})
	if winner == nil && f.asked > 0 && waiting.Err() == nil { // all others have failed
		<-watched
	}
	enough()
	<-watched
	if winner != nil {
		o := f.house.pickups.take(winner.Channel)
		f.dialer.TellAnswer(winner)
		if rang := winner.Release(); o != nil {
			replaced(rang)
			f.questionPicker(asking, o)
		} else {
			f.question(asking, rang)
		}
	}
	select {
	case v := <-decided:
		f.asked--
		return f.heed(v)
	default:
	}
	switch {
	case winner != nil:
		return nil, nil
	case within.Err() != nil:
		return nil, within.Err()
	case f.asked == 0:
		return nil, errNobody
	}
	return nil, nil
}

// heed does what somebody decided.
func (f *following) heed(v verdict) (*verdict, error) {
	if v.take {
		return &v, nil
	}
	v.dismiss()
	if v.gone {
		return nil, nil
	}
	return nil, errDeclined
}

// question asks one who has answered, on a goroutine that owns that leg meanwhile.
func (f *following) question(ctx context.Context, leg *channel.Channel) {
	f.asked++
	verdicts := f.verdicts
	f.c.Registry().Go(leg.Name(), func() { f.consider(ctx, leg.LegContext(), verdict{leg: leg}, verdicts) })
}

// questionPicker asks one who has picked the call up, who then waits for where to go.
func (f *following) questionPicker(ctx context.Context, o *offer) {
	f.asked++
	verdicts, place := f.verdicts, make(chan *bridge.Bridge, 1)
	o.goOn <- func(own context.Context, c *channel.Channel) error {
		call.Connect(c, f.c)
		f.consider(ctx, own, verdict{leg: c, place: place}, verdicts)
		select {
		case b := <-place:
			if b == nil {
				return nil
			}
			return f.house.stayPicked(own, c, b)
		case <-own.Done():
			c.Registry().Go(c.Name(), func() { // nobody is to wait there for who is gone
				if b := <-place; b != nil {
					b.Destroy()
				}
			})
			return context.Cause(own)
		}
	}
}

// consider has a leg take the call or not, as long as both contexts last.
func (f *following) consider(ctx, own context.Context, v verdict, verdicts chan<- verdict) {
	within, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(own, cancel)()
	v.take = !f.ask
	if f.ask {
		v.take, v.gone = f.decides(within, v.leg)
	}
	select {
	case verdicts <- v:
	case <-ctx.Done():
		v.dismiss()
	}
}

// decides plays who calls and what can be done about it.
func (f *following) decides(ctx context.Context, leg *channel.Channel) (take, gone bool) {
	names := []string{f.prompts["norecording_prompt"]}
	if f.name != "" {
		names = []string{f.prompts["call_from_prompt"], f.name}
	}
	key, _ := f.house.playAll(ctx, leg, append(names, f.prompts["options_prompt"]), anyKey)
	pressed := ""
	for ctx.Err() == nil {
		if key == 0 {
			if key, _ = waitKey(ctx, leg, anyKey, f.wait); key == 0 {
				break
			}
		}
		pressed += string(rune(key))
		switch pressed {
		case f.take:
			return true, false
		case f.decline:
			return false, false
		}
		if len(pressed) >= max(len(f.take), len(f.decline)) {
			pressed = ""
		}
		key = 0
	}
	return false, true
}

// meet lets the caller talk to who took the call.
func (f *following) meet(ctx context.Context, taker *verdict) error {
	peer := taker.leg
	if prompt := f.prompts["connecting_prompt"]; prompt != "" {
		within, cancel := both(ctx, peer)
		_, _ = f.house.playFile(within, peer, prompt, "")
		cancel()
	}
	if err := f.c.Answer(); err != nil {
		taker.dismiss()
		return err
	}
	f.connect(peer)
	b, err := f.house.Bridges.Create(bridge.Options{Dissolve: true})
	if err != nil {
		taker.dismiss()
		return err
	}
	if taker.place != nil {
		taker.place <- b
	} else {
		f.house.Calls.Impart(b, peer, bridge.JoinOptions{Features: f.features(peer)})
	}
	answered := time.Now()
	err = b.Join(ctx, f.c, bridge.JoinOptions{Features: f.features(f.c)})
	setVariables(f.c, "ANSWEREDTIME", wholeSeconds(answered), "DIALEDTIME", wholeSeconds(f.began))
	if ctx.Err() != nil {
		return cmp.Or(context.Cause(ctx), err)
	}
	return ErrHangup
}

// wholeSeconds is how long ago a time is, in seconds.
func wholeSeconds(since time.Time) string { return strconv.Itoa(int(time.Since(since) / time.Second)) }
