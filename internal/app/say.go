package app

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/event"
)

// say are the applications that speak numbers, letters and times.
func (h *House) say() []Application {
	return []Application{
		{Row: row("SayDigits", builtin, "Say digits one by one", "SayDigits(digits)"), Run: h.sayPrompts(digitsOf)},
		{Row: row("SayAlpha", builtin, "Spell a text", "SayAlpha(text)"), Run: h.sayPrompts(lettersOf)},
		{Row: row("SayPhonetic", builtin, "Spell a text by the phonetic alphabet", "SayPhonetic(text)"), Run: h.sayPrompts(phoneticOf)},
		{Row: row("SayAlphaCase", builtin, "Spell a text and say which letters are capitals", "SayAlphaCase(a|l|n|u,text)"), Run: h.sayAlphaCase},
		{Row: partly(row("SayNumber", builtin, "Say a number", "SayNumber(number[,gender])"), "languages other than en and es"), Run: h.sayNumber},
		{Row: partly(row("SayOrdinal", builtin, "Say an ordinal number", "SayOrdinal(number[,gender])"), "languages other than en; es takes the order of en, as on the reference"), Run: h.sayOrdinal},
		{Row: row("SayMoney", builtin, "Say an amount in dollars", "SayMoney(dollars)"), Run: h.sayMoney},
		{Row: partly(row("SayUnixTime", "app_sayunixtime", "Say a date and time", "SayUnixTime([unixtime[,timezone[,format[,options]]]])"), "languages other than en and es"), Run: h.sayTime},
		{Row: partly(row("DateTime", "app_sayunixtime", "Say a date and time", "DateTime([unixtime[,timezone[,format[,options]]]])"), "languages other than en and es"), Run: h.sayTime},
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

// digitsOf are the prompts of digits, one by one; others are passed over.
func digitsOf(text string) []string {
	var names []string
	for i := 0; i < len(text); i++ {
		switch b := text[i]; {
		case b >= '0' && b <= '9':
			names = append(names, "digits/"+string(rune(b)))
		case b == '*':
			names = append(names, "digits/star")
		case b == '#':
			names = append(names, "digits/pound")
		case b == '-':
			names = append(names, "digits/minus")
		}
	}
	return names
}

// signs are the prompts of what is neither a letter nor a digit.
var signs = map[byte]string{
	'*': "digits/star", '#': "digits/pound", ' ': "letters/space", '!': "letters/exclaimation-point", '@': "letters/at",
	'$': "letters/dollar", '+': "letters/plus", '-': "letters/dash", '.': "letters/dot", '=': "letters/equals", '/': "letters/slash",
}

// spelled gives the prompt of each character: letter is that of one in lower
// case, digit that of a digit.
func spelled(text string, letter, digit func(byte) string) []string {
	var names []string
	for i := 0; i < len(text); i++ {
		b := text[i]
		switch {
		case b >= 'A' && b <= 'Z':
			names = append(names, letter(b+'a'-'A'))
		case b >= 'a' && b <= 'z':
			names = append(names, letter(b))
		case b >= '0' && b <= '9':
			names = append(names, digit(b))
		case signs[b] != "":
			names = append(names, signs[b])
		default:
			names = append(names, "letters/ascii"+strconv.Itoa(int(b)))
		}
	}
	return names
}

func letterPrompt(b byte) string { return "letters/" + string(rune(b)) }
func digitPrompt(b byte) string  { return "digits/" + string(rune(b)) }

func lettersOf(text string) []string { return spelled(text, letterPrompt, digitPrompt) }

func phoneticOf(text string) []string {
	phonetic := func(b byte) string { return "phonetic/" + string(rune(b)) + "_p" }
	return spelled(text, phonetic, phonetic)
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
		names = append(names, lettersOf(text[i:i+1])...)
	}
	return h.speak(ctx, c, names, false)
}

func (h *House) sayNumber(ctx context.Context, c *channel.Channel, data string) error {
	args := command.SplitArgs(data, 2)
	if command.Arg(args, 0) == "" {
		h.Logger.Warn("SayNumber requires an argument (number)", "channel", c.Name())
		return ErrHangup
	}
	n, err := strconv.Atoi(strings.TrimSpace(args[0]))
	if err != nil {
		h.Logger.Warn("argument to SayNumber could not be parsed as a number", "channel", c.Name(), "argument", args[0])
		return nil
	}
	gender := strings.ToLower(command.Arg(args, 1))
	if len(gender) > 1 || gender != "" && strings.IndexByte("fmcnp", gender[0]) < 0 {
		h.Logger.Warn("SayNumber gender option is either 'f', 'm', 'c' or 'n'", "channel", c.Name(), "gender", gender)
		return ErrHangup
	}
	c.TestEvent("SAYNUM", "say.c", "say_number_full", event.Variable{Name: "Message", Value: fmt.Sprint("saying number ", n)},
		event.Variable{Name: "Number", Value: strconv.Itoa(n)}, event.Variable{Name: "Channel", Value: c.Name()})
	return h.speak(ctx, c, numberPrompts(n, c.Snapshot().Language, gender), false)
}

func (h *House) sayOrdinal(ctx context.Context, c *channel.Channel, data string) error {
	args := command.SplitArgs(data, 2)
	if command.Arg(args, 0) == "" {
		h.Logger.Warn("SayOrdinal requires an argument (number)", "channel", c.Name())
		return ErrHangup
	}
	n, err := strconv.Atoi(strings.TrimSpace(args[0]))
	if err != nil {
		h.Logger.Warn("argument to SayOrdinal could not be parsed as a number", "channel", c.Name(), "argument", args[0])
		return nil
	}
	return h.speak(ctx, c, ordinalPrompts(n), false)
}

func (h *House) sayTime(ctx context.Context, c *channel.Channel, data string) error {
	args := command.SplitArgs(data, 4)
	now := time.Now()
	at := now
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
	language := c.Snapshot().Language
	format := command.Arg(args, 2)
	if format == "" {
		format = timeFormat(language)
	}
	if err := answer(ctx, c); err != nil {
		return err
	}
	names := timePrompts(at.In(place), now.In(place), language, format)
	return h.speak(ctx, c, names, strings.Contains(command.Arg(args, 3), "j"))
}
