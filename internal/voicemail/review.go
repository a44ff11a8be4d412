package voicemail

import (
	"context"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
)

// A review is a recording that who speaks may hear, make again, and accept.
type review struct {
	house     *House
	c         *channel.Channel
	m         *Mailbox
	base      string
	intro     string // a prompt before the recording
	outside   bool   // a caller speaks, not the owner
	flag      string
	keys      string // that end the recording
	most      int    // seconds; 0 is no limit
	least     int
	beep      string // instead of beep
	noBeep    bool
	noThanks  bool
	taken     recording
	discarded bool
}

// reviewWait is how long a key is waited for after the choices were told, and
// reviewTurns how often they are.
const (
	reviewWait  = 6 * time.Second
	reviewTurns = 3
)

// run records until what is recorded is accepted or thrown away. It returns 0 if the
// recorded party wants the operator as '0'.
func (v *review) run(ctx context.Context) (byte, error) {
	reviewed := v.m.options.review || !v.outside
	for {
		key, err := v.once(ctx)
		if err != nil {
			return 0, err
		}
		if key == '0' {
			return v.operator(ctx)
		}
		if !reviewed {
			return 0, nil
		}
		if int(v.taken.length/time.Second) < v.least {
			if _, err := v.house.play(ctx, v.c, "", "vm-tooshort"); err != nil {
				return 0, err
			}
			continue
		}
		again, key, err := v.choose(ctx)
		if !again {
			return key, err
		}
	}
}

// once makes a recording.
func (v *review) once(ctx context.Context) (byte, error) {
	h, c := v.house, v.c
	if v.intro != "" {
		if _, err := h.play(ctx, c, "#", v.intro); err != nil {
			return 0, err
		}
	}
	if !v.noBeep {
		beep := "beep"
		if v.beep != "" {
			beep = v.beep
		}
		if _, err := h.play(ctx, c, "", beep); err != nil {
			return 0, err
		}
	}
	g := &h.settings().general
	var err error
	v.taken, err = h.record(ctx, c, v.base, g.formats, limits{keys: v.keys, most: time.Duration(v.most) * time.Second, silence: g.maxSilence, threshold: g.threshold})
	if err != nil || v.taken.key == '0' || v.noThanks {
		return v.taken.key, err
	}
	_, err = h.play(ctx, c, "", "auth-thankyou")
	return v.taken.key, err
}

// choose asks what to do with a recording. again says that it is to be made again.
func (v *review) choose(ctx context.Context) (again bool, key byte, err error) {
	h, c := v.house, v.c
	for turn := 0; turn < reviewTurns; {
		key, err := v.ask(ctx)
		if err != nil {
			return false, 0, err
		}
		switch key {
		case 0:
			turn++
			continue
		case '1':
			_, err := h.play(ctx, c, "", "vm-msgsaved")
			return false, '1', err
		case '2':
			if _, err := h.play(ctx, c, anyKey, v.base); err != nil {
				return false, 0, err
			}
		case '3':
			return true, 0, nil
		case '4':
			if err := v.mark(ctx); err != nil {
				return false, 0, err
			}
		case '0':
			if !v.outside || !v.m.options.operator {
				if _, err := h.play(ctx, c, "", "vm-sorry"); err != nil {
					return false, 0, err
				}
				continue
			}
			key, err := v.operator(ctx)
			return false, key, err
		case '*':
			if v.outside {
				v.discarded = true
				_, err := h.play(ctx, c, "", "vm-deleted")
				return false, '*', err
			}
			return true, 0, nil
		default:
			turn++
			if _, err := h.play(ctx, c, "", "vm-sorry"); err != nil {
				return false, 0, err
			}
		}
		turn = max(turn, 0)
	}
	return false, 't', nil
}

func (v *review) ask(ctx context.Context) (byte, error) {
	names := []string{"vm-review"}
	if v.outside && v.m.options.leaveUrgent {
		if v.flag == "Urgent" {
			names = append(names, "vm-review-nonurgent")
		} else {
			names = append(names, "vm-review-urgent")
		}
	}
	if v.outside && v.m.options.operator {
		names = append(names, "vm-reachoper")
	}
	key, err := v.house.play(ctx, v.c, anyKey, names...)
	if key != 0 || err != nil {
		return key, err
	}
	return v.house.Voice.WaitKey(ctx, v.c, anyKey, reviewWait)
}

// mark makes a message urgent, or not so any more.
func (v *review) mark(ctx context.Context) error {
	prompt := "vm-sorry"
	if v.outside && v.m.options.leaveUrgent {
		if v.flag == "Urgent" {
			v.flag, prompt = "", "vm-marked-nonurgent"
		} else {
			v.flag, prompt = "Urgent", "vm-marked-urgent"
		}
	}
	_, err := v.house.play(ctx, v.c, "", prompt)
	return err
}

// operator asks whether to keep what is recorded before the leg goes to the operator.
func (v *review) operator(ctx context.Context) (byte, error) {
	h, c := v.house, v.c
	key, err := h.play(ctx, c, anyKey, "vm-saveoper")
	if key == 0 && err == nil {
		key, err = h.Voice.WaitKey(ctx, c, anyKey, reviewWait)
	}
	if err != nil {
		return 0, err
	}
	prompt := "vm-msgsaved"
	if key != '1' {
		v.discarded, prompt = true, "vm-deleted"
	}
	_, err = h.play(ctx, c, "", prompt)
	return '0', err
}

// anyKey are all keys.
const anyKey = "0123456789*#ABCD"
