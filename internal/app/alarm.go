package app

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/media"
)

const (
	mostEvents = 1000 // of one call, that wait to be written

	handshakeLow  = "1400/100"
	handshakeHigh = "2300/100"
	kissOff       = "1400/900"
)

// An alarmCall is a call of an alarm panel.
type alarmCall struct {
	*alarmSettings
	house  *House
	c      *channel.Channel
	format *alarmFormat
	events []string
	until  time.Time // the call's limit; zero for none
	noisy  bool      // the first event was preceded by something incomplete
	failed bool      // nothing could be written
}

// alarmReceiver takes the events of an alarm panel until it hangs up.
func (h *House) alarmReceiver(ctx context.Context, c *channel.Channel, _ string) error {
	a := &alarmCall{alarmSettings: h.alarms.Load(), house: h, c: c, format: &unknownAlarm}
	if a.alarmSettings == nil {
		h.Logger.Error("AlarmReceiver needs alarmreceiver.conf", "channel", c.Name())
		return ErrHangup
	}
	if err := answer(ctx, c); err != nil {
		return err
	}
	err := sleepReading(ctx, c, a.settle)
	a.count("calls-received")
	if ms := a.limit("ALARMRECEIVER_CALL_LIMIT"); ms > 0 {
		a.until = time.Now().Add(time.Duration(ms) * time.Millisecond)
	}
	if err == nil {
		err = a.receive(ctx, a.limit("ALARMRECEIVER_RETRIES_LIMIT"))
	}
	a.finish(c.CallContext())
	return err
}

// limit is a number in a variable of the leg's; 0 is none.
func (a *alarmCall) limit(name string) int {
	text, _ := a.c.Variable(name)
	return atoi(text)
}

// sleepReading lets time pass and drops what the leg sends.
func sleepReading(ctx context.Context, c *channel.Channel, d time.Duration) error {
	_, err := waitKey(ctx, c, "", d)
	return err
}

// receive shakes hands and takes messages.
func (a *alarmCall) receive(ctx context.Context, attempts int) error {
	if err := a.tones(ctx, handshakeLow, handshakeHigh); err != nil {
		return err
	}
	for tries := 0; attempts <= 0 || tries < attempts; tries++ {
		if !a.until.IsZero() && !time.Now().Before(a.until) {
			return nil
		}
		message, err := a.digits(ctx)
		switch {
		case err != nil:
			return err
		case !a.acceptable(message):
			continue
		case len(a.events) >= mostEvents:
			return fmt.Errorf("an alarm panel sent more than %d events in one call: %w", mostEvents, ErrHangup)
		}
		a.events = append(a.events, message)
		if a.single {
			a.write(a.c.CallContext(), []string{message})
		}
		if a.failed {
			continue // without the kiss-off the panel sends it again
		}
		if err := a.tones(ctx, kissOff); err != nil {
			return err
		}
	}
	return nil
}

// tones plays tones one after the other, with 100 ms before each.
func (a *alarmCall) tones(ctx context.Context, scripts ...string) error {
	for _, script := range scripts {
		if err := sleepReading(ctx, a.c, 100*time.Millisecond); err != nil {
			return err
		}
		tone, err := media.ParseTone("!" + script)
		if err != nil {
			return err
		}
		if err := play(ctx, a.c, &quieter{Source: tone.Play(), loudness: a.loudness}, nil); ended(ctx, err) {
			return err
		}
	}
	return nil
}

// acceptable tells whether a message is whole and right. What is not is not acknowledged,
// so that the panel sends it again.
func (a *alarmCall) acceptable(message string) bool {
	refuse := func(why, counter string) bool {
		a.house.Logger.Info("an alarm message is refused", "channel", a.c.Name(), "message", message, "format", a.format.name, "reason", why)
		a.count(counter)
		return false
	}
	switch {
	case len(message) < a.format.digits:
		refuse("it is incomplete", "")
		if len(a.events) == 0 { // its digits may have been noise
			a.format, a.noisy = &unknownAlarm, true
		}
		return false
	case a.format.summed && !alarmSum(message):
		return refuse("its checksum is wrong", "checksum-errors")
	case !slices.Contains(a.format.types, message[4:6]):
		return refuse("its type is not one of the format's", "format-errors")
	}
	return true
}

// digits takes the digits of a message: those that came until one is late. The first message
// of a call says in which format they are.
func (a *alarmCall) digits(ctx context.Context) (string, error) {
	got, wait := "", a.first
	for len(got) < a.format.digits {
		digit, err := waitKey(ctx, a.c, anyKey, wait)
		if err != nil {
			return got, err
		}
		if digit == 0 {
			break
		}
		got += string(rune(digit))
		wait = a.next
		if len(got) == 6 && a.format == &unknownAlarm {
			a.format = alarmFormatOf(got[4:6])
		}
	}
	return got, nil
}

// count adds one to a counter in the database, if there is to be one.
func (a *alarmCall) count(key string) {
	if a.family == "" || key == "" {
		return
	}
	text, _ := a.house.Database.Get(a.family, key)
	if err := a.house.Database.Put(a.family, key, strconv.Itoa(atoi(text)+1)); err != nil {
		a.house.Logger.Error("an alarm counter is not kept", "key", key, "error", err)
	}
}

// finish writes what is not written yet and runs the command. ctx is the call's: the
// panel has hung up.
func (a *alarmCall) finish(ctx context.Context) {
	if !a.single || len(a.events) == 0 {
		a.write(ctx, a.events)
	}
	if len(a.events) == 0 {
		a.count("no-events-received")
		a.house.Logger.Info("No events received!", "channel", a.c.Name())
		return
	}
	if a.noisy {
		a.count("ack-retries")
	}
	if a.command != "" {
		if status, _ := a.house.shell(ctx, a.c, a.command); status != "SUCCESS" {
			a.house.Logger.Error("the command of alarmreceiver.conf failed", "channel", a.c.Name(), "command", a.command)
		}
	}
}

// write writes events to a file of their own.
func (a *alarmCall) write(ctx context.Context, events []string) {
	if a.folder == "" {
		return
	}
	name := filepath.Join(a.folder, "event-"+rand.Text()[:6])
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err == nil {
		_, err = f.WriteString(a.text(ctx, events))
		err = errors.Join(err, f.Close())
	}
	if a.failed = err != nil; a.failed {
		a.house.Logger.Error("alarm events are not written", "channel", a.c.Name(), "events", strings.Join(events, " "), "error", err)
	}
}

// text is what a file says of events.
func (a *alarmCall) text(ctx context.Context, events []string) string {
	caller, sum := a.c.Snapshot().Caller, "no"
	if a.format.summed {
		sum = "yes"
	}
	metadata := fmt.Sprintf("PROTOCOL=%s\nCHECKSUM=%s\nCALLINGFROM=%s\nCALLERNAME=%s\nTIMESTAMP=%s\n\n", a.format.name, sum,
		orUnknown(caller.Number.Text), orUnknown(caller.Name.Text), a.house.Dialplan.Expand(ctx, a.c, "${STRFTIME(,,"+a.stamp+")}"))
	prefix := "event="
	if !a.flat {
		metadata, prefix = "\n\n[metadata]\n\n"+metadata+"[events]\n\n", ""
	}
	var b strings.Builder
	b.WriteString(metadata)
	for _, e := range events {
		b.WriteString(prefix + e + "\n")
	}
	return b.String()
}

func orUnknown(text string) string {
	if text == "" {
		return "<unknown>"
	}
	return text
}

// alarm is the row of AlarmReceiver.
func (h *House) alarm() Application {
	return Application{Row: command.Row{Name: "AlarmReceiver", Module: "app_alarmreceiver", Synopsis: "Take the events of an alarm panel",
		Syntax: "AlarmReceiver()"}, Run: h.alarmReceiver}
}
