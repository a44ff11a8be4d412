package app

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/media"
)

// trunking are the applications of signalling by tones within the voice, as trunks
// had it.
func (h *House) trunking() []Application {
	return []Application{
		{Row: row("SendMF", "app_mf", "Send MF digits", "SendMF(digits[,timeout_ms[,duration_ms[,duration_ms_kp[,duration_ms_st[,channel]]]]])"), Run: h.sendMF},
		{Row: row("SendSF", "app_sf", "Send digits as pulses of one frequency", "SendSF(digits[,frequency[,channel]])"), Run: h.sendSF},
		{Row: row("ReceiveMF", "app_mf", "Read MF digits", "ReceiveMF(variable[,timeout[,options]])"), Run: h.receiveMF},
		{Row: row("ReceiveSF", "app_sf", "Read digits that are pulses of one frequency", "ReceiveSF(variable[,digits[,timeout[,frequency[,options]]]])"), Run: h.receiveSF},
	}
}

// The timing of MF digits, as Asterisk has it where none is given.
const (
	mfPause = 50 * time.Millisecond
	mfDigit = 55 * time.Millisecond
	mfKP    = 120 * time.Millisecond
	mfST    = 65 * time.Millisecond
)

// mfTiming is how long digits and the pauses behind them are.
type mfTiming struct{ pause, digit, kp, st time.Duration }

func defaultMF() mfTiming { return mfTiming{mfPause, mfDigit, mfKP, mfST} }

// tone is what is sent for a character of SendMF; nil for one that is none.
func (m mfTiming) tone(b byte) *media.Tone {
	length := m.digit
	switch b {
	case '*':
		length = m.kp
	case '#', 'A', 'B', 'C', 'a', 'b', 'c':
		length = m.st
	case 'w':
		return media.PitchTone(0, 500*time.Millisecond, 0)
	case 'h', 'H':
		return media.PitchTone(2600, 250*time.Millisecond, 0)
	}
	t, err := media.MFTone(upper(b), length, m.pause)
	if err != nil {
		return nil
	}
	return t
}

// sendMF sends digits to the leg, or to another that is named.
func (h *House) sendMF(ctx context.Context, c *channel.Channel, data string) error {
	args := command.SplitArgs(data, 6)
	digits := command.Arg(args, 0)
	if digits == "" {
		h.Logger.Warn("SendMF requires an argument", "channel", c.Name())
		return nil
	}
	m := defaultMF()
	for i, at := range []*time.Duration{&m.pause, &m.digit, &m.kp, &m.st} {
		*at = milliseconds(command.Arg(args, i+1), *at)
	}
	return h.sendTones(ctx, c, command.Arg(args, 5), digits, m.tone)
}

// sendTones plays the tone of each character, and a flash for f, to a leg: the
// one at hand, which is read meanwhile, or another by name.
func (h *House) sendTones(ctx context.Context, c *channel.Channel, other, digits string, tone func(byte) *media.Tone) error {
	to := c
	if other != "" {
		if to = h.findChannel(other); to == nil {
			h.Logger.Warn("there is no such channel to send digits to", "channel", c.Name(), "wanted", other)
			return nil
		}
	}
	to.StopSource()
	return during(ctx, c, func(ctx context.Context) error { return playTones(ctx, to, digits, tone) }, nil)
}

func playTones(ctx context.Context, c *channel.Channel, digits string, tone func(byte) *media.Tone) error {
	for i := range len(digits) {
		if digits[i] == 'f' || digits[i] == 'F' {
			_ = c.Signal(media.Flash) // where the technology knows none, there is none
			continue
		}
		if t := tone(digits[i]); t != nil {
			if err := c.Pace(ctx, t.Play()); err != nil {
				return err
			}
		}
	}
	return nil
}

// The timing of digits as pulses, as SendSF has it.
const (
	sfPitch = 2600
	sfPulse = 67 * time.Millisecond
	sfPause = 33 * time.Millisecond
	sfDigit = 300 * time.Millisecond // between digits
)

func (h *House) sendSF(ctx context.Context, c *channel.Channel, data string) error {
	args := command.SplitArgs(data, 3)
	digits, hz := command.Arg(args, 0), float64(sfPitch)
	if digits == "" {
		h.Logger.Warn("SendSF requires an argument", "channel", c.Name())
		return nil
	}
	if n := atoi(command.Arg(args, 1)); n > 0 {
		hz = float64(n)
	}
	return h.sendTones(ctx, c, command.Arg(args, 2), digits, func(b byte) *media.Tone { return pulses(b, hz) })
}

// pulses are those of a digit, ten for a 0, and the pause behind them.
func pulses(b byte, hz float64) *media.Tone {
	switch {
	case b == 'w':
		return media.PitchTone(0, 500*time.Millisecond, 0)
	case b == 'h' || b == 'H':
		return media.PitchTone(2600, 250*time.Millisecond, 0)
	case b < '0' || b > '9':
		return nil
	}
	n := int(b - '0')
	if n == 0 {
		n = 10
	}
	script := ""
	for i := range n {
		pause := sfPause
		if i == n-1 {
			pause = sfDigit
		}
		script += ",!" + strconv.Itoa(int(hz)) + "/" + ms(sfPulse) + ",!0/" + ms(pause)
	}
	t, err := media.ParseTone(script)
	if err != nil {
		return nil
	}
	return t
}

func ms(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }

// A toneReader reads digits out of a leg's voice.
type toneReader struct {
	digits string
	status string
	idle   func(digits string) time.Duration // without anything after which it ends; 0 for none
	hear   func(samples []int16) (done bool)
}

// receive reads until the reader is done, the time is up, or the leg ends, and
// sets the variables.
func (h *House) receive(ctx context.Context, c *channel.Channel, variable, prefix, timeout string, r *toneReader) error {
	within, cancel := ctx, context.CancelFunc(func() {})
	if d, err := seconds(timeout); err == nil && d > 0 {
		within, cancel = context.WithTimeoutCause(ctx, d, errTime)
	}
	defer cancel()
	old := c.ReadFormat()
	c.SetReadFormat(media.SLin)
	defer c.SetReadFormat(old)
	var samples []int16
	r.status = "TIMEOUT"
	last, quietSince := "", time.Now()
	for within.Err() == nil {
		f, came, err := readFor(within, c, 20*time.Millisecond)
		if came && err == nil && f.Kind == media.Voice {
			samples = media.AppendSamples(samples[:0], f.Data)
			if r.hear(samples) {
				break
			}
		}
		if r.digits != last {
			last, quietSince = r.digits, time.Now()
		}
		if r.idle != nil {
			if d := r.idle(r.digits); d > 0 && time.Since(quietSince) >= d {
				break
			}
		}
	}
	if ctx.Err() != nil {
		r.status = "HANGUP"
	}
	c.SetVariable(variable, r.digits)
	c.SetVariable(prefix+"STATUS", r.status)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return nil
}

func (h *House) receiveMF(ctx context.Context, c *channel.Channel, data string) error {
	args := command.SplitArgs(data, 3)
	if command.Arg(args, 0) == "" {
		h.Logger.Warn("ReceiveMF requires an argument (variable)", "channel", c.Name())
		c.SetVariable("RECEIVEMFSTATUS", "ERROR")
		return nil
	}
	flags := command.ParseFlags(command.Arg(args, 2))
	r := &toneReader{}
	var ear media.MFDetector
	begun, most := flags.Has('l'), atoi(flags['n'])
	r.hear = func(samples []int16) (done bool) {
		ear.Process(samples, func(digit byte) {
			switch {
			case done:
			case digit == '*':
				if begun && !flags.Has('l') && flags.Has('o') {
					r.digits = ""
				}
				begun = true
				if !flags.Has('k') {
					r.digits += "*"
				}
			case !begun:
			case strings.IndexByte("#ABC", digit) >= 0:
				if !flags.Has('s') {
					r.digits += string(rune(digit))
				}
				r.status, done = "START", true
			default:
				r.digits += string(rune(digit))
			}
			if !done && most > 0 && len(r.digits) >= most {
				r.status, done = "MAXDIGITS", true
			}
		})
		return done
	}
	return h.receive(ctx, c, args[0], "RECEIVEMF", command.Arg(args, 1), r)
}

// The limits of pulses, for which a block of 10 ms is judged at a time.
const (
	sfBlock    = 80 // samples
	sfShare    = 0.75
	sfSilence  = 175 // amplitude below which there is none
	sfGap      = 20  // blocks without a pulse that end a digit: 200 ms
	sfSettled  = 800 * time.Millisecond
	sfShortest = 3 // blocks of a pulse
)

// A pulseEar counts pulses of a frequency and tells digits.
type pulseEar struct {
	hz     float64
	extra  bool // eleven and more are digits, too
	block  []float64
	on     int // blocks of the present pulse
	off    int // blocks since the last one
	pulses int
}

func (p *pulseEar) process(samples []int16, tell func(digit byte)) {
	for _, v := range samples {
		if p.block = append(p.block, float64(v)); len(p.block) < sfBlock {
			continue
		}
		p.judge(tell)
		p.block = p.block[:0]
	}
}

func (p *pulseEar) judge(tell func(byte)) {
	energy := 0.0
	for _, v := range p.block {
		energy += v * v
	}
	if energy > sfSilence*sfSilence*sfBlock/2 && media.PitchPower(p.block, p.hz, 8000) > sfShare*energy*sfBlock/2 {
		p.on++
		if p.on == sfShortest {
			p.pulses++
		}
		p.off = 0
		return
	}
	p.on = 0
	if p.off++; p.off < sfGap || p.pulses == 0 {
		return
	}
	n := p.pulses
	p.pulses = 0
	switch {
	case n == 10:
		tell('0')
	case n < 10:
		tell(byte('0' + n))
	case p.extra && n <= 16:
		tell("DABC*#"[n-11])
	}
}

func (h *House) receiveSF(ctx context.Context, c *channel.Channel, data string) error {
	args := command.SplitArgs(data, 5)
	if command.Arg(args, 0) == "" {
		h.Logger.Warn("ReceiveSF requires an argument (variable)", "channel", c.Name())
		c.SetVariable("RECEIVESFSTATUS", "ERROR")
		return nil
	}
	flags := command.ParseFlags(command.Arg(args, 4))
	ear := &pulseEar{hz: sfPitch, extra: flags.Has('e')}
	if n := atoi(command.Arg(args, 3)); n > 0 {
		ear.hz = float64(n)
	}
	most := atoi(command.Arg(args, 1))
	settled := time.Duration(0)
	if flags.Has('t') {
		settled = sfSettled
		if d, err := seconds(flags['t']); err == nil && d > 0 {
			if d < 600*time.Millisecond {
				h.Logger.Warn("ReceiveSF needs at least 0.6 seconds between digits", "channel", c.Name())
				c.SetVariable("RECEIVESFSTATUS", "ERROR")
				return nil
			}
			settled = d
		}
	}
	r := &toneReader{idle: func(digits string) time.Duration {
		if digits == "" || ear.pulses > 0 {
			return 0
		}
		return settled
	}}
	r.hear = func(samples []int16) (done bool) {
		ear.process(samples, func(digit byte) {
			if done {
				return
			}
			if r.digits += string(rune(digit)); most > 0 && len(r.digits) >= most {
				r.status, done = "MAXDIGITS", true
			}
		})
		return done
	}
	return h.receive(ctx, c, args[0], "RECEIVESF", command.Arg(args, 2), r)
}
