package app

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/app/say"
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/event"
)

// say are the applications that speak numbers, letters and times.
func (h *House) say() []Application {
	return []Application{
		{Row: row("SayDigits", builtin, "Say digits one by one", "SayDigits(digits)"), Run: h.sayPrompts(say.Digits)},
		{Row: row("SayAlpha", builtin, "Spell a text", "SayAlpha(text)"), Run: h.sayPrompts(say.Letters)},
		{Row: row("SayPhonetic", builtin, "Spell a text by the phonetic alphabet", "SayPhonetic(text)"), Run: h.sayPrompts(say.Phonetic)},
		{Row: row("SayAlphaCase", builtin, "Spell a text and say which letters are capitals", "SayAlphaCase(a|l|n|u,text)"), Run: h.sayAlphaCase},
		{Row: row("SayNumber", builtin, "Say a number", "SayNumber(number[,gender])"), Run: h.sayNumber},
		{Row: row("SayOrdinal", builtin, "Say an ordinal number", "SayOrdinal(number[,gender])"), Run: h.sayOrdinal},
		{Row: row("SayMoney", builtin, "Say an amount in dollars", "SayMoney(dollars)"), Run: h.sayMoney},
		{Row: row("SayUnixTime", "app_sayunixtime", "Say a date and time", "SayUnixTime([unixtime[,timezone[,format[,options]]]])"), Run: h.sayTime},
		{Row: row("DateTime", "app_sayunixtime", "Say a date and time", "DateTime([unixtime[,timezone[,format[,options]]]])"), Run: h.sayTime},
	}
}

// speak plays prompts one after the other. With SAY_DTMF_INTERRUPT, or where
// jump says so, a key ends it and is the first of an extension.
func (h *House) speak(ctx context.Context, c *channel.Channel, names []string, jump bool) error {
	if v, ok := c.Variable("SAY_DTMF_INTERRUPT"); ok && Truth(v) && !strings.EqualFold(v, "false") && !strings.EqualFold(v, "no") {
		jump = true
	}
	keys := ""
	if jump {
		keys = anyKey
	}
	digit, err := h.playAll(ctx, c, names, keys)
	if digit != 0 {
		h.Dialplan.Pressed(c, digit)
	}
	return err
}

// sayPrompts makes an application of what turns its argument into prompts.
func (h *House) sayPrompts(prompts func(string) []string) func(context.Context, *channel.Channel, string) error {
	return func(ctx context.Context, c *channel.Channel, data string) error {
		return h.speak(ctx, c, prompts(data), false)
	}
}

// sayAlphaCase says of which letters they are capitals: of all (a), lower (l),
// upper (u) or none (n).
func (h *House) sayAlphaCase(ctx context.Context, c *channel.Channel, data string) error {
	args := command.SplitArgs(data, 2)
	kind, text := strings.ToLower(command.Arg(args, 0)), command.Arg(args, 1)
	if text == "" {
		h.Logger.Warn("SayAlphaCase requires two arguments (options, characters)", "channel", c.Name())
		return nil
	}
	lower, upper := kind == "a" || kind == "l", kind == "a" || kind == "u"
	if !lower && !upper && kind != "n" {
		h.Logger.Warn("SayAlphaCase was given an unknown option", "channel", c.Name(), "option", kind)
		return nil
	}
	var names []string
	for i := 0; i < len(text); i++ {
		switch b := text[i]; {
		case lower && b >= 'a' && b <= 'z':
			names = append(names, "lowercase")
		case upper && b >= 'A' && b <= 'Z':
			names = append(names, "uppercase")
		}
		names = append(names, say.Letters(text[i:i+1])...)
	}
	return h.speak(ctx, c, names, false)
}

func (h *House) sayNumber(ctx context.Context, c *channel.Channel, data string) error {
	n, gender, ok, err := h.numberOf(c, "SayNumber", data)
	if !ok {
		return err
	}
	if !h.Speech.New() {
		c.TestEvent("SAYNUM", "say.c", "say_number_full", event.Variable{Name: "Message", Value: fmt.Sprint("saying number ", n)},
			event.Variable{Name: "Number", Value: strconv.Itoa(n)}, event.Variable{Name: "Channel", Value: c.Name()})
	}
	return h.speak(ctx, c, h.Speech.Number(n, c.Snapshot().Language, gender), false)
}

func (h *House) sayOrdinal(ctx context.Context, c *channel.Channel, data string) error {
	n, gender, ok, err := h.numberOf(c, "SayOrdinal", data)
	if !ok {
		return err
	}
	return h.speak(ctx, c, h.Speech.Ordinal(n, c.Snapshot().Language, gender), false)
}

// numberOf reads the arguments number[,gender]. Without ok the application ends with err.
func (h *House) numberOf(c *channel.Channel, application, data string) (n int, gender string, ok bool, err error) {
	args := command.SplitArgs(data, 2)
	if command.Arg(args, 0) == "" {
		h.Logger.Warn(application+" requires an argument (number)", "channel", c.Name())
		return 0, "", false, ErrHangup
	}
	if n, err = strconv.Atoi(strings.TrimSpace(args[0])); err != nil {
		h.Logger.Warn("argument to "+application+" could not be parsed as a number", "channel", c.Name(), "argument", args[0])
		return 0, "", false, nil
	}
	gender = strings.ToLower(command.Arg(args, 1))
	if len(gender) > 1 || gender != "" && !strings.Contains("fmcn", gender) {
		h.Logger.Warn(application+" gender option is either 'f', 'm', 'c' or 'n'", "channel", c.Name(), "gender", gender)
		return 0, "", false, ErrHangup
	}
	return n, gender, true, nil
}

func (h *House) sayTime(ctx context.Context, c *channel.Channel, data string) error {
	args := command.SplitArgs(data, 4)
	at := time.Now()
	if n, err := strconv.ParseInt(strings.TrimSpace(command.Arg(args, 0)), 10, 64); err == nil {
		at = time.Unix(n, 0)
	}
	place := time.Local
	if name := command.Arg(args, 1); name != "" {
		if zone, err := time.LoadLocation(name); err == nil {
			place = zone
		} else {
			place = time.UTC
		}
	}
	if err := answer(ctx, c); err != nil {
		return err
	}
	names := h.Speech.Moment(at.In(place), c.Snapshot().Language, command.Arg(args, 2))
	return h.speak(ctx, c, names, strings.Contains(command.Arg(args, 3), "j"))
}
