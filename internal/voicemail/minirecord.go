package voicemail

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
)

// take records a message. Where it lies is in variables, also for the h extension of a
// caller who hangs up at the end of it. The dialplan goes on whatever became of it, and
// the status that is set last is SUCCESS, as with the reference.
func (v *Mini) take(ctx context.Context, c *channel.Channel, data string) error {
	const status = "MVM_RECORD_STATUS"
	if data == "" {
		v.Logger.Error("MinivmRecord needs an account, username@domain", "channel", c.Name())
		return errHangup
	}
	a, _, ok := v.arguments(c, "MinivmRecord", data) // the gain of g is for telephony cards
	kept, err := false, error(nil)
	if ok {
		kept, err = v.message(ctx, c, a)
	}
	c.SetVariable(status, map[bool]string{true: "SUCCESS", false: "FAILED"}[kept])
	c.SetVariable(status, "SUCCESS")
	return err
}

// message records the message of take.
func (v *Mini) message(ctx context.Context, c *channel.Channel, a *account) (kept bool, err error) {
	if err := listenFirst(ctx, c); err != nil {
		return false, err
	}
	f := v.settings()
	base, err := v.place()
	if err != nil {
		v.Logger.Error("a message can't be recorded", "channel", c.Name(), "error", err)
		return false, nil
	}
	if _, err = v.play(ctx, c, "", "beep"); err != nil {
		_ = os.Remove(base)
		return false, err
	}
	keys := "#"
	if f.operator {
		keys = "#0"
	}
	where := c.Location() // a hang-up leads elsewhere
	r, err := v.record(ctx, c, base, []string{f.format}, limits{keys: keys, most: f.most, silence: f.silence, threshold: f.threshold})
	if (err != nil && ctx.Err() == nil) || r.length < f.least || r.key == '0' {
		if err != nil && ctx.Err() == nil {
			v.Logger.Error("a message can't be recorded", "channel", c.Name(), "error", err)
		}
		_ = os.Remove(base)
		if err := discard(base); err != nil {
			v.Logger.Error("a message is not deleted", "channel", c.Name(), "error", err)
		}
		return false, leftBy(ctx)
	}
	if err == nil {
		_, err = v.play(ctx, c, "", "auth-thankyou")
	}
	v.told(c, a, where, base, r)
	return true, err
}

// told says where a message lies: in variables, and in a line beside it.
func (v *Mini) told(c *channel.Channel, a *account, where channel.Location, base string, r recording) {
	seconds, format := strconv.Itoa(int(r.length/time.Second)), v.settings().format
	v.figures.Lock()
	v.figures.received++
	v.figures.last = time.Now()
	v.figures.Unlock()
	line := strings.Join([]string{a.user, where.Context, where.Exten, strconv.Itoa(where.Priority), c.Name(), orElse(c.Caller().Number.Text, "Unknown"),
		r.began.UTC().Format(originDate), r.began.UTC().Format("15:04:05"), seconds, "OK", a.code}, ":") + "\n"
	v.keep(base, line)
	c.SetVariable("MVM_FILENAME", base)
	c.SetVariable("MVM_DURATION", seconds)
	c.SetVariable("MVM_FORMAT", format)
}

// leftBy is why a context ended, if it did.
func leftBy(ctx context.Context) error {
	if ctx.Err() == nil {
		return nil
	}
	return context.Cause(ctx)
}

// place makes the name of a new message.
func (v *Mini) place() (base string, err error) {
	folder := filepath.Join(v.Spool, "0000_minivm_temp", "mediafiles")
	if err := os.MkdirAll(folder, 0o755); err != nil { //nolint:gosec // umask decides
		return "", fmt.Errorf("make folder: %w", err)
	}
	f, err := os.CreateTemp(folder, "")
	if err != nil {
		return "", fmt.Errorf("begin message: %w", err)
	}
	return f.Name(), f.Close()
}

// keep writes the line of a message beside it, and to the log that there may be.
func (v *Mini) keep(base, line string) {
	err := os.WriteFile(base, []byte(line), 0o600)
	if name := v.settings().log; name != "" {
		if !filepath.IsAbs(name) {
			name = filepath.Join(v.Logs, name)
		}
		f, opening := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600) //nolint:gosec // the administrator named it
		if opening == nil {
			_, writing := f.WriteString(line)
			opening = errors.Join(writing, f.Close())
		}
		err = errors.Join(err, opening)
	}
	if err != nil {
		v.Logger.Error("what is known of a message is not written", "message", base, "error", err)
	}
}

// remove deletes a message: the last one, or that of a name without its format.
func (v *Mini) remove(_ context.Context, c *channel.Channel, data string) error {
	base := command.Arg(command.SplitArgs(data, 1), 0)
	if base == "" {
		base, _ = c.Variable("MVM_FILENAME")
	}
	status := "FAILED"
	if base != "" && len(sounds(base)) > 0 {
		_ = os.Remove(base)
		if err := discard(base); err != nil {
			v.Logger.Error("a message is not deleted", "channel", c.Name(), "error", err)
		} else {
			status = "SUCCESS"
		}
	}
	c.SetVariable("MVM_DELETE_STATUS", status)
	return nil
}

// greeting records a greeting of an account, which who speaks may hear and make again.
func (v *Mini) greeting(ctx context.Context, c *channel.Channel, data string) error {
	const status = "MVM_ACCMESS_STATUS"
	a, rest, ok := v.arguments(c, "MinivmAccMess", data)
	if !ok {
		c.SetVariable(status, "FAILED")
		return errHangup
	}
	name, prompt := "", ""
	switch flags := command.ParseFlags(command.Arg(rest, 0)); {
	case flags.Has('u'):
		name, prompt = "unavail", "vm-rec-unv"
	case flags.Has('b'):
		name, prompt = "busy", "vm-rec-busy"
	case flags.Has('t'):
		name, prompt = "temp", "vm-rec-temp"
	case flags.Has('n'):
		name, prompt = "greet", "vm-rec-name"
	default:
		v.Logger.Error("MinivmAccMess needs one of the options u, b, t and n", "channel", c.Name())
		c.SetVariable(status, "FAILED")
		return errHangup
	}
	if err := listenFirst(ctx, c); err != nil {
		return err
	}
	if err := os.MkdirAll(v.home(a), 0o755); err != nil { //nolint:gosec // umask decides
		v.Logger.Error("a greeting can't be recorded", "channel", c.Name(), "error", err)
		c.SetVariable(status, "FAILED")
		return nil
	}
	made := &review{house: v.House, c: c, m: &Mailbox{Number: a.user, Context: a.domain}, base: filepath.Join(v.home(a), name), intro: prompt,
		keys: "#", most: v.settings().maxGreet}
	_, err := made.run(ctx)
	if len(sounds(made.base)) == 0 {
		c.SetVariable(status, "FAILED")
		return err
	}
	c.SetVariable(status, "SUCCESS")
	return err
}
